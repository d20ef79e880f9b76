// The one door for commands, on a real API server: who may ask what, in whose name, and that nothing asked is ever changed.
import { AuthorizationV1Api, RbacAuthorizationV1Api } from '@kubernetes/client-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readState } from '../../../local/state.ts'
import { kinds } from '../../../platform/kinds.ts'
import { type Kubernetes, kubernetes } from '../../../platform/kubernetes.ts'
import { type Cluster, cluster } from './cluster.ts'

let here: Cluster
const slipwayApi = 'system:serviceaccount:slipway-system:slipway-api'

beforeAll(async () => {
  here = await cluster()
  await bind('ana', { kind: 'ClusterRole', name: 'slipway-developer' })
  // Ben may create Commands, but no verb of any release.
  await grant('ben', [
    { apiGroups: ['slipway.dev'], resources: ['commands'], verbs: ['create', 'update', 'patch'] },
  ])
  await grant(slipwayApi, [
    { apiGroups: ['slipway.dev'], resources: ['commands'], verbs: ['create'] },
    { apiGroups: ['slipway.dev'], resources: ['releases'], verbs: ['approve'] },
  ])
})
afterAll(() => here?.close())

const rbac = () => here.admin.config.makeApiClient(RbacAuthorizationV1Api)

async function bind(user: string, role: { kind: string; name: string }): Promise<void> {
  const name = `${user.split(':').at(-1)}-${role.name}`
  const subjects = [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: user }]
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', ...role }
  const { namespace } = here
  await rbac().createNamespacedRoleBinding({ namespace, body: { metadata: { name }, roleRef, subjects } })
}

interface Rule {
  apiGroups: string[]
  resources: string[]
  verbs: string[]
}

async function grant(user: string, rules: Rule[]): Promise<void> {
  const name = `role-of-${user.split(':').at(-1)}`
  await rbac().createNamespacedRole({ namespace: here.namespace, body: { metadata: { name }, rules } })
  await bind(user, { kind: 'Role', name })
}

/** The administrator's kubeconfig, acting as somebody else. */
function as(user: string): Kubernetes {
  const kube = kubernetes({ kubeconfig: readState().kubeconfig })
  const current = kube.config.getCurrentUser()
  if (!current) throw new Error('the kubeconfig names no user')
  Object.assign(current, { impersonateUser: user })
  return kube
}

let commands = 0
const ask = (user: string, spec: Readonly<Record<string, string>>) => {
  commands += 1
  const metadata = { namespace: here.namespace, name: `command-${commands}` }
  return as(user).create(kinds.Command, { metadata, spec })
}

describe('a Command', () => {
  it('is accepted from whoever may do what it asks', async () => {
    const made = await ask('ana', { release: 'shop-7', verb: 'abort', reason: 'prices are wrong', by: 'ana' })
    expect(made?.spec).toEqual({ release: 'shop-7', verb: 'abort', reason: 'prices are wrong', by: 'ana' })
  })

  it('is refused to whoever may create Commands, but not do this', async () => {
    await expect(ask('ben', { release: 'shop-7', verb: 'abort', by: 'ben' })).rejects.toThrow(
      'you may not abort release shop-7',
    )
    await expect(ask('ana', { release: 'shop-7', verb: 'promote', by: 'ana' })).rejects.toThrow(
      'you may not promote release shop-7',
    )
    await expect(ask('ana', { app: 'shop', verb: 'freeze', by: 'ana' })).rejects.toThrow(
      'you may not freeze app shop',
    )
  })

  it('is allowed for one release only, when the Role says so', async () => {
    const shop8 = {
      apiGroups: ['slipway.dev'],
      resources: ['releases'],
      resourceNames: ['shop-8'],
      verbs: ['abort'],
    }
    const create = { apiGroups: ['slipway.dev'], resources: ['commands'], verbs: ['create'] }
    await grant('eve', [shop8, create])
    await expect(ask('eve', { release: 'shop-7', verb: 'abort', by: 'eve' })).rejects.toThrow(
      'you may not abort',
    )
    await expect(ask('eve', { release: 'shop-8', verb: 'abort', by: 'eve' })).resolves.toBeDefined()
  })

  it('is refused to whoever may not create any', async () => {
    await expect(ask('nobody', { release: 'shop-7', verb: 'abort', by: 'nobody' })).rejects.toThrow(
      'forbidden',
    )
  })

  it('carries the name of its author', async () => {
    await expect(ask('ana', { release: 'shop-7', verb: 'abort', by: 'ben' })).rejects.toThrow(
      'by must be your own name, ana',
    )
  })

  it('is on behalf of somebody only from Slipway itself', async () => {
    const approval = { release: 'shop-7', verb: 'approve', onBehalfOf: 'github:ana' }
    await expect(ask('ana', { ...approval, verb: 'abort', by: 'ana' })).rejects.toThrow('only Slipway itself')
    await expect(ask(slipwayApi, { ...approval, by: slipwayApi })).resolves.toBeDefined()
  })

  it('is never changed', async () => {
    const made = await ask('ana', { release: 'shop-7', verb: 'abort', by: 'ana' })
    if (!made) throw new Error('not created')
    const edited = { ...made, spec: { ...made.spec, by: 'ben' } }
    await expect(as('ben').replace(kinds.Command, edited)).rejects.toThrow('a Command is never changed')
    await expect(here.admin.replace(kinds.Command, edited)).rejects.toThrow('a Command is never changed')
  })
})

describe('Slipway’s own accounts', () => {
  const can = async (account: string, verb: string, resource: string, namespace: string) => {
    const [plural, group = ''] = resource.split(/\.(.*)/)
    const [name, subresource] = (plural ?? '').split('/')
    const resourceAttributes = {
      verb,
      group,
      namespace,
      resource: name ?? '',
      ...(subresource && { subresource }),
    }
    const user = `system:serviceaccount:slipway-system:${account}`
    const { status } = await here.admin.config.makeApiClient(AuthorizationV1Api).createSubjectAccessReview({
      body: {
        spec: { user, groups: ['system:serviceaccounts', 'system:authenticated'], resourceAttributes },
      },
    })
    return status?.allowed
  }

  it.each([
    ['slipway-worker', 'update', 'httproutes.gateway.networking.k8s.io', 'default', true],
    ['slipway-worker', 'delete', 'deployments.apps', 'default', true],
    ['slipway-worker', 'create', 'jobs.batch', 'slipway-builds', true],
    ['slipway-worker', 'get', 'pods/log', 'slipway-builds', true],
    ['slipway-worker', 'create', 'jobs.batch', 'default', false],
    ['slipway-worker', 'delete', 'deployments.apps', 'kube-system', false],
    ['slipway-worker', 'list', 'secrets', 'default', false],
    ['slipway-worker', 'get', 'secrets', 'slipway-builds', false],
    ['slipway-worker', 'delete', 'httproutes.gateway.networking.k8s.io', 'default', false],
    ['slipway-worker', 'create', 'commands.slipway.dev', 'default', false],
    ['slipway-api', 'watch', 'commands.slipway.dev', '', true],
    ['slipway-api', 'create', 'apps.slipway.dev', 'default', true],
    ['slipway-api', 'patch', 'commands/status.slipway.dev', 'default', true],
    ['slipway-api', 'update', 'apps.slipway.dev', 'default', false],
    ['slipway-api', 'create', 'commands.slipway.dev', 'default', false],
    ['slipway-api', 'create', 'deployments.apps', 'default', false],
    ['slipway-api', 'list', 'secrets', 'default', false],
  ])('%s: %s %s in %j is %s', async (account, verb, resource, namespace, allowed) => {
    expect(await can(account, verb, resource, namespace)).toBe(allowed)
  })
})
