// The one door for commands, on a real API server: who may ask what, in whose name, and that nothing asked is ever changed.
import { AuthorizationV1Api, CoreV1Api, RbacAuthorizationV1Api } from '@kubernetes/client-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { appVerbs, releaseVerbs } from '../../../domain/command.ts'
import { readState } from '../../../local/state.ts'
import { retireFinalizer } from '../../../platform/deploy/listed.ts'
import { kinds } from '../../../platform/kinds.ts'
import { type Kubernetes, kubernetes } from '../../../platform/kubernetes.ts'
import { eventually } from '../eventually.ts'
import { type Cluster, cluster } from './cluster.ts'

let here: Cluster
/** A namespace in which nobody of these may do anything. */
let elsewhere: string
const slipwayApi = 'system:serviceaccount:slipway-system:slipway-api'
const roles = ['viewer', 'developer', 'approver', 'admin'] as const
type Role = (typeof roles)[number]

beforeAll(async () => {
  here = await cluster()
  elsewhere = `${here.namespace}-other`
  await core().createNamespace({ body: { metadata: { name: elsewhere } } })
  for (const role of roles) await bind(role, { kind: 'ClusterRole', name: `slipway-${role}` })
  await bind('ana', { kind: 'ClusterRole', name: 'slipway-developer' })
  // Bo may create Commands, but no verb of any release.
  await grant('bo', [
    { apiGroups: ['slipway.dev'], resources: ['commands'], verbs: ['create', 'update', 'patch'] },
  ])
  await grant(slipwayApi, [
    { apiGroups: ['slipway.dev'], resources: ['commands'], verbs: ['create'] },
    { apiGroups: ['slipway.dev'], resources: ['releases'], verbs: ['approve'] },
  ])
  // Rights that were just given are not known everywhere at once.
  for (const role of roles) await known(role)
})
afterAll(async () => {
  await core().deleteNamespace({ name: elsewhere })
  await here.close()
})

const core = () => here.admin.config.makeApiClient(CoreV1Api)
const rbac = () => here.admin.config.makeApiClient(RbacAuthorizationV1Api)

async function known(user: string): Promise<void> {
  const list = () => as(user).list(kinds.Command, here.namespace)
  await eventually(
    () => list().catch((refused: unknown) => refused),
    (seen) => expect(seen).toEqual([]),
    { within: 10_000 },
  )
}

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
const ask = (user: string, spec: Readonly<Record<string, string>>, namespace = here.namespace, more = {}) => {
  commands += 1
  const metadata = { namespace, name: `command-${commands}` }
  return as(user).create(kinds.Command, { metadata, spec, ...more })
}

/** Who may ask what: the whole of it. */
const everyone: readonly Role[] = ['developer', 'approver', 'admin']
const table: readonly (readonly ['release' | 'app', string, readonly Role[]])[] = [
  ['release', 'abort', everyone],
  ['release', 'pause', everyone],
  ['release', 'resume', everyone],
  ['release', 'rollback', everyone],
  ['release', 'retry', everyone],
  ['release', 'approve', ['approver', 'admin']],
  ['release', 'promote', ['admin']],
  ['app', 'rollback', everyone],
  ['app', 'retry', everyone],
  ['app', 'freeze', ['admin']],
  ['app', 'unfreeze', ['admin']],
]
const cases = table.flatMap(([kind, verb, may]) =>
  roles.map((role) => ({ kind, verb, role, may: may.includes(role) })),
)
const named = { release: 'shop-7', app: 'shop' }

describe('who may ask what', () => {
  it('the table speaks of every verb', () => {
    const verbs = (kind: string) => table.flatMap(([of, verb]) => (of === kind ? [verb] : [])).sort()
    expect(verbs('release')).toEqual([...releaseVerbs].sort())
    expect(verbs('app')).toEqual([...appVerbs].sort())
  })

  it.each(cases)('$role: $verb of a $kind: $may', async ({ kind, verb, role, may }) => {
    const asked = ask(role, { [kind]: named[kind], verb, by: role })
    if (may) return expect((await asked)?.spec).toMatchObject({ verb, by: role })
    // A viewer creates no Commands at all; who creates them is told which verb is missing.
    const why = role === 'viewer' ? 'cannot create resource "commands"' : `you may not ${verb} ${kind}`
    await expect(asked).rejects.toThrow(why)
  })

  it.each(cases)('$role: $verb of a $kind in another namespace: never', async ({ kind, verb, role }) => {
    const asked = ask(role, { [kind]: named[kind], verb, by: role }, elsewhere)
    await expect(asked).rejects.toThrow('cannot create resource "commands"')
  })

  it('creating Commands in another namespace gives none of its verbs', async () => {
    const rules = [{ apiGroups: ['slipway.dev'], resources: ['commands'], verbs: ['create'] }]
    await rbac().createNamespacedRole({ namespace: elsewhere, body: { metadata: { name: 'create' }, rules } })
    const subjects = [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'admin' }]
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'create' }
    const body = { metadata: { name: 'create' }, roleRef, subjects }
    await rbac().createNamespacedRoleBinding({ namespace: elsewhere, body })
    const refused = async () => {
      const asked = ask('admin', { release: 'shop-7', verb: 'abort', by: 'admin' }, elsewhere)
      return asked.then(String, (error: Error) => error.message)
    }
    const says = (said: string) => expect(said).toContain('you may not abort release shop-7')
    await eventually(refused, says, { within: 10_000 })
  })

  it.each(roles)('%s speaks for nobody else', async (role) => {
    const abort = { release: 'shop-7', verb: 'abort' }
    const forged = ask(role, { ...abort, by: 'kim' })
    await expect(forged).rejects.toThrow(
      role === 'viewer' ? 'cannot create' : `by must be your own name, ${role}`,
    )
    // Only now: a refusal that nobody waits for yet would end the run.
    const behalf = ask(role, { ...abort, by: role, onBehalfOf: 'github:kim' })
    await expect(behalf).rejects.toThrow(role === 'viewer' ? 'cannot create' : 'only Slipway itself')
  })

  it.each(roles)('%s changes no Command, and no answer', async (role) => {
    const made = await ask('ana', { release: 'shop-7', verb: 'abort', by: 'ana' })
    if (!made) throw new Error('not created')
    const edited = { ...made, spec: { ...made.spec, reason: 'another' } }
    await expect(as(role).replace(kinds.Command, edited)).rejects.toThrow('cannot update')
    const answer = { ...made, status: { state: 'accepted', message: 'forged' } }
    await expect(as(role).replace(kinds.Command, answer, 'status')).rejects.toThrow('cannot update')
    const { namespace, name } = made.metadata
    const removed = as(role).remove(kinds.Command, namespace, name)
    if (role === 'admin') return expect(await removed).toBe(true)
    await expect(removed).rejects.toThrow('cannot delete')
  })

  it.each(roles)('%s reads what Slipway says', async (role) => {
    for (const kind of [kinds.App, kinds.Release, kinds.Command])
      expect(await as(role).list(kind, here.namespace)).toBeInstanceOf(Array)
    await expect(as(role).list(kinds.Command, elsewhere)).rejects.toThrow('cannot list')
  })
})

describe('a Command', () => {
  it('is accepted from whoever may do what it asks', async () => {
    const made = await ask('ana', { release: 'shop-7', verb: 'abort', reason: 'prices are wrong', by: 'ana' })
    expect(made?.spec).toEqual({ release: 'shop-7', verb: 'abort', reason: 'prices are wrong', by: 'ana' })
  })

  it('is refused to whoever may create Commands, but not do this', async () => {
    await expect(ask('bo', { release: 'shop-7', verb: 'abort', by: 'bo' })).rejects.toThrow(
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
    await grant('kim', [shop8, create])
    await expect(ask('kim', { release: 'shop-7', verb: 'abort', by: 'kim' })).rejects.toThrow(
      'you may not abort',
    )
    await expect(ask('kim', { release: 'shop-8', verb: 'abort', by: 'kim' })).resolves.toBeDefined()
  })

  it('is refused to whoever may not create any', async () => {
    await expect(ask('nobody', { release: 'shop-7', verb: 'abort', by: 'nobody' })).rejects.toThrow(
      'forbidden',
    )
  })

  it('carries the name of its author', async () => {
    await expect(ask('ana', { release: 'shop-7', verb: 'abort', by: 'bo' })).rejects.toThrow(
      'by must be your own name, ana',
    )
  })

  it('is on behalf of somebody only from Slipway itself', async () => {
    const approval = { release: 'shop-7', verb: 'approve', onBehalfOf: 'github:ana' }
    await expect(ask('ana', { ...approval, verb: 'abort', by: 'ana' })).rejects.toThrow('only Slipway itself')
    await expect(ask(slipwayApi, { ...approval, by: slipwayApi })).resolves.toBeDefined()
  })

  it('has no answer before it is asked', async () => {
    const forged = { status: { state: 'accepted', message: 'forged' } }
    const made = await ask('ana', { release: 'shop-7', verb: 'abort', by: 'ana' }, here.namespace, forged)
    expect(made).not.toHaveProperty('status')
  })

  it.each([
    [{ release: 'shop-7', verb: 'freeze' }, 'a release answers approve, pause'],
    [{ app: 'shop', verb: 'abort' }, 'an app answers rollback, freeze'],
    [{ release: 'shop-7', app: 'shop', verb: 'retry' }, 'it must name a release or an app, and not both'],
    [{ verb: 'retry' }, 'it must name a release or an app'],
    [{ release: 'shop-7', verb: 'abort', step: 'before-50' }, 'only approve has one'],
    [{ release: 'shop-7', verb: 'rollback', to: 'shop-3' }, 'name the app, not a release'],
    [{ app: 'shop', verb: 'retry', to: 'shop-3' }, 'to says where the rollback of an app returns to'],
    [{ app: 'shop', verb: 'rollback', to: '' }, 'spec.to'],
    [{ release: 'shop-7', verb: 'explode' }, 'Unsupported value: "explode"'],
  ])('that makes no sense is refused: %j', async (spec, why) => {
    await expect(ask('admin', { ...spec, by: 'admin' } as Record<string, string>)).rejects.toThrow(why)
  })

  it('says which gate, and where to', async () => {
    const gate = { release: 'shop-7', verb: 'approve', step: 'before-50', by: 'approver' }
    expect((await ask('approver', gate))?.spec).toEqual(gate)
    const back = { app: 'shop', verb: 'rollback', to: 'shop-3', by: 'ana' }
    expect((await ask('ana', back))?.spec).toEqual(back)
  })

  it('is never changed', async () => {
    const made = await ask('ana', { release: 'shop-7', verb: 'abort', by: 'ana' })
    if (!made) throw new Error('not created')
    const edited = { ...made, spec: { ...made.spec, by: 'bo' } }
    await expect(as('bo').replace(kinds.Command, edited)).rejects.toThrow('a Command is never changed')
    await expect(here.admin.replace(kinds.Command, edited)).rejects.toThrow('a Command is never changed')
  })
})

describe('Slipway’s own accounts', () => {
  it('hold an App by a finalizer, and never change what it says', async () => {
    const metadata = { namespace: here.namespace, name: 'kept' }
    const source = { repository: 'https://git.shop.invalid/shop.git', branch: 'main' }
    await here.admin.create(kinds.App, { metadata, spec: { source } })
    const finalizers = [retireFinalizer]
    const held = await here.kube.apply(kinds.App, { metadata: { ...metadata, finalizers } })
    expect(held).toMatchObject({ metadata: { finalizers }, spec: { source } })
    const changed = here.kube.apply(kinds.App, {
      metadata,
      spec: { source, policy: { hosts: ['*.example.net'] } },
    })
    await expect(changed).rejects.toThrow('Slipway never changes what an App says')
    const freed = await here.kube.apply(kinds.App, { metadata })
    expect(freed.metadata).not.toHaveProperty('finalizers')
    expect(await here.admin.get(kinds.App, metadata.namespace, metadata.name)).toMatchObject({
      spec: { source },
    })
  })

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
    ['slipway-worker', 'create', 'jobs.batch', 'default', true],
    ['slipway-worker', 'get', 'pods/log', 'default', false],
    ['slipway-worker', 'delete', 'deployments.apps', 'kube-system', false],
    ['slipway-worker', 'list', 'secrets', 'default', false],
    ['slipway-worker', 'get', 'secrets', 'slipway-builds', false],
    ['slipway-worker', 'delete', 'httproutes.gateway.networking.k8s.io', 'default', true],
    ['slipway-worker', 'create', 'commands.slipway.dev', 'default', false],
    ['slipway-worker', 'patch', 'apps.slipway.dev', 'kube-system', true],
    ['slipway-worker', 'delete', 'apps.slipway.dev', 'default', false],
    ['slipway-worker', 'list', 'httproutes.gateway.networking.k8s.io', 'kube-system', false],
    ['slipway-api', 'watch', 'commands.slipway.dev', '', true],
    ['slipway-api', 'create', 'apps.slipway.dev', 'default', true],
    ['slipway-api', 'patch', 'commands/status.slipway.dev', 'default', true],
    ['slipway-api', 'delete', 'commands.slipway.dev', 'default', true],
    ['slipway-api', 'delete', 'commands.slipway.dev', 'kube-system', false],
    ['slipway-api', 'delete', 'apps.slipway.dev', 'default', false],
    ['slipway-api', 'update', 'apps.slipway.dev', 'default', false],
    ['slipway-api', 'create', 'commands.slipway.dev', 'default', true],
    ['slipway-api', 'create', 'commands.slipway.dev', 'kube-system', false],
    ['slipway-api', 'approve', 'releases.slipway.dev', 'default', true],
    ['slipway-api', 'promote', 'releases.slipway.dev', 'default', false],
    ['slipway-api', 'pause', 'releases.slipway.dev', 'default', false],
    ['slipway-api', 'freeze', 'apps.slipway.dev', 'default', false],
    ['slipway-api', 'create', 'deployments.apps', 'default', false],
    ['slipway-api', 'list', 'secrets', 'default', false],
  ])('%s: %s %s in %j is %s', async (account, verb, resource, namespace, allowed) => {
    expect(await can(account, verb, resource, namespace)).toBe(allowed)
  })
})
