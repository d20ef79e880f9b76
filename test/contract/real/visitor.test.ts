// The API's own rights on a real API server: it watches its kinds, and asks who a visitor is and what they may see.
import { randomBytes } from 'node:crypto'
import { CoreV1Api, RbacAuthorizationV1Api } from '@kubernetes/client-node'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type Admit, admission, clusterJudge } from '../../../api/visitor.ts'
import { informerOf, watch } from '../../../api/watch.ts'
import { kubeconfigOf } from '../../../local/paths.ts'
import { readState } from '../../../local/state.ts'
import { kinds } from '../../../platform/kinds.ts'
import { kubernetes } from '../../../platform/kubernetes.ts'
import { silent } from '../../api/support.ts'

const admin = kubernetes({ kubeconfig: readState().kubeconfig })
const own = kubernetes({ kubeconfig: kubeconfigOf('slipway-api') })
const core = admin.config.makeApiClient(CoreV1Api)
const namespace = `contract-${randomBytes(3).toString('hex')}`
let admit: Admit
let token: string

beforeAll(async () => {
  await core.createNamespace({ body: { metadata: { name: namespace } } })
  await core.createNamespacedServiceAccount({ namespace, body: { metadata: { name: 'ana' } } })
  await admin.config.makeApiClient(RbacAuthorizationV1Api).createNamespacedRoleBinding({
    namespace,
    body: {
      metadata: { name: 'ana' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'slipway-viewer' },
      subjects: [{ kind: 'ServiceAccount', name: 'ana', namespace }],
    },
  })
  const body = { spec: { audiences: [], expirationSeconds: 600 } }
  const made = await core.createNamespacedServiceAccountToken({ name: 'ana', namespace, body })
  token = made.status?.token ?? ''
  const judge = clusterJudge(own.config)
  // Rights that were just given are not known everywhere at once.
  const user = { username: `system:serviceaccount:${namespace}:ana` }
  const known = async () => expect(await judge.may(user, { verb: 'list', namespace })).toBe(true)
  await vi.waitFor(known, { timeout: 10_000, interval: 100 })
  admit = admission({ judge })
})
afterAll(() => core.deleteNamespace({ name: namespace }))

const request = (bearer: string) =>
  new Request('http://api/', { headers: { authorization: `Bearer ${bearer}` } })

test('a viewer of one namespace may see its releases and no other’s', async () => {
  await expect(admit(request(token), { verb: 'list', namespace })).resolves.toBeUndefined()
  await expect(admit(request(token), { verb: 'get', namespace, name: 'shop-1' })).resolves.toBeUndefined()
  const elsewhere = admit(request(token), { verb: 'list', namespace: 'default' })
  await expect(elsewhere).rejects.toMatchObject({ status: 403 })
})

test('a token that is nobody’s, or was changed, is not known', async () => {
  for (const other of ['nonsense', `${token.slice(0, -4)}AAAA`]) {
    await expect(admit(request(other), { verb: 'list', namespace })).rejects.toMatchObject({ status: 401 })
  }
})

test('an App that is declared, changed and deleted is seen', async () => {
  const watched = watch({ kind: 'apps', informer: informerOf(own.config, kinds.App), log: silent })
  const soon = { timeout: 20_000, interval: 50 }
  try {
    await vi.waitFor(() => expect(watched.synced()).toBe(true), soon)
    const metadata = { namespace, name: 'shop' }
    const source = { repository: 'https://github.com/acme/shop', branch: 'main' }
    await admin.create(kinds.App, { metadata, spec: { source } })
    await vi.waitFor(() => expect(watched.get(namespace, 'shop')?.spec).toMatchObject({ source }), soon)
    await admin.apply(kinds.App, { metadata, spec: { source: { ...source, branch: 'next' } } })
    const changed = { source: { branch: 'next' } }
    await vi.waitFor(() => expect(watched.get(namespace, 'shop')?.spec).toMatchObject(changed), soon)
    await admin.remove(kinds.App, namespace, 'shop')
    await vi.waitFor(() => expect(watched.get(namespace, 'shop')).toBeUndefined(), soon)
  } finally {
    await watched.stop()
  }
})
