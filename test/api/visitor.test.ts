// Who may see releases: every route for everybody, and how long a verdict is believed.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { liveAnswers } from '../../api/live.ts'
import { prometheusMetrics } from '../../api/metrics.ts'
import { releasePages } from '../../api/release-pages.ts'
import { seenReleases } from '../../api/releases.ts'
import { routes } from '../../api/routes.ts'
import { server } from '../../api/server.ts'
import { admission, clusterJudge, type Wish } from '../../api/visitor.ts'
import { kinds } from '../../platform/kinds.ts'
import { type KubeServer, kubeServer } from './kube-server.ts'
import { memoryCluster, silent } from './support.ts'

let kube: KubeServer
const cluster = memoryCluster()
let now = 0
const people = [
  ['viewer', ['list default', 'get default/shop-1', 'get default/shop-9']],
  ['getter', ['get default/shop-1']],
  ['stranger', []],
] as const

beforeAll(async () => {
  kube = await kubeServer()
  for (const [user, may] of people) kube.people.set(`${user}-token`, { user, may })
  const status = { phase: 'done', outcome: 'promoted' }
  const spec = { app: 'shop', seq: 1, sha: 'a'.repeat(40) }
  cluster.put(kinds.Release, { metadata: { namespace: 'default', name: 'shop-1' }, spec, status })
  cluster.put(kinds.Release, { metadata: { namespace: 'other', name: 'shop-1' }, spec, status })
})
afterAll(() => kube.close())

function api() {
  const metrics = prometheusMetrics()
  const pages = releasePages({
    releases: seenReleases(cluster.kubernetes, kinds.Release, cluster.watched(kinds.Release)),
    admit: admission({ judge: clusterJudge(kube.config), now: () => now }),
    namespace: 'default',
    ready: () => true,
    live: liveAnswers(),
  })
  const answer = async () => new Response('ok')
  const page = { shell: answer, asset: answer }
  const parts = { alive: answer, ready: answer, webhook: answer, events: answer, git: answer, page }
  return server({ routes: routes({ ...parts, metrics, pages }), metrics, log: silent })
}

const ask = async (path: string, token?: string, app = api()) =>
  app.request(path, { headers: token ? { authorization: `Bearer ${token}` } : {} })

// [path, nobody, viewer, getter, stranger, made-up token]
test.each([
  ['/api/releases', 401, 200, 403, 403, 401],
  ['/api/releases?namespace=default', 401, 200, 403, 403, 401],
  ['/api/releases?namespace=other', 401, 403, 403, 403, 401],
  ['/api/releases/shop-1', 401, 200, 200, 403, 401],
  ['/api/releases/shop-1?namespace=other', 401, 403, 403, 403, 401],
  ['/api/releases/shop-9', 401, 404, 403, 403, 401],
  ['/healthz', 200, 200, 200, 200, 200],
  ['/readyz', 200, 200, 200, 200, 200],
  ['/metrics', 200, 200, 200, 200, 200],
  ['/api', 404, 404, 404, 404, 404],
  ['/api/apps', 404, 404, 404, 404, 404],
  ['/api/releases/Shop_1', 404, 404, 404, 404, 404],
  ['/api/releases/..%2fshop-1/events', 404, 404, 404, 404, 404],
  ['/api/releases/shop-1/events', 401, 200, 200, 403, 401],
  ['/api/releases/shop-1/events?namespace=other', 401, 403, 403, 403, 401],
  ['/api/releases/shop-9/events', 401, 404, 403, 403, 401],
  ['/', 200, 200, 200, 200, 200],
  ['/releases/default/shop-1', 200, 200, 200, 200, 200],
  ['/releases/shop-1', 404, 404, 404, 404, 404],
])('%s', async (path, ...expected) => {
  const app = api()
  const tokens = [undefined, 'viewer-token', 'getter-token', 'stranger-token', 'made-up']
  const got = await Promise.all(tokens.map((token) => ask(path, token, app).then(({ status }) => status)))
  expect(got).toEqual(expected)
})

test('every route says how it knows its caller, and those of the cluster ask it', async () => {
  const answer = async () => new Response()
  const pages = { list: answer, one: answer, live: answer }
  const page = { shell: answer, asset: answer }
  const metrics = prometheusMetrics()
  const parts = { alive: answer, ready: answer, webhook: answer, events: answer, git: answer, page }
  const table = routes({ ...parts, pages, metrics })
  const open = table.filter(({ access }) => access !== 'kubernetes-token').map(({ path }) => path)
  const shell = ['/', '/releases/:namespace/:name', '/assets/:file']
  expect(open).toEqual(['/healthz', '/readyz', '/metrics', '/webhooks/github', '/events', ...shell, '/git/*'])
})

describe('what comes back', () => {
  test('a list is of one namespace', async () => {
    const { items } = (await (await ask('/api/releases', 'viewer-token')).json()) as { items: object[] }
    expect(items).toMatchObject([
      { namespace: 'default', name: 'shop-1', spec: { app: 'shop' }, status: { outcome: 'promoted' } },
    ])
  })
  test.each(['/api/releases?namespace=../x', '/api/releases?namespace=%00', '/api/releases?namespace='])(
    '%s is refused',
    async (path) => {
      const reply = await ask(path, 'viewer-token')
      expect(reply.status).toBe(400)
      expect(reply.headers.get('content-type')).toBe('application/problem+json')
    },
  )
  test.each(['Basic abc', 'Bearer', 'Bearer a b', `Bearer ${'x'.repeat(10_000)}`])(
    '%.12s is no token',
    async (authorization) => {
      const reply = await api().request('/api/releases', { headers: { authorization } })
      expect(reply.status).toBe(401)
      expect(reply.headers.get('www-authenticate')).toContain('Bearer')
    },
  )
  test('no page of any kind may run, be framed or be kept', async () => {
    const { headers } = await ask('/api/releases', 'viewer-token')
    expect(Object.fromEntries(headers)).toMatchObject({
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'cache-control': 'no-store',
    })
  })
})

describe('a verdict', () => {
  const wish: Wish = { verb: 'list', namespace: 'default' }
  const request = (token = 'one') =>
    new Request('http://api/', { headers: { authorization: `Bearer ${token}` } })
  const judging = (may: () => boolean | Promise<boolean>) => {
    const asked: string[] = []
    const judge = {
      who: async (token: string) => {
        asked.push(token)
        return { username: token }
      },
      may: async () => may(),
    }
    return { judge, asked }
  }

  test('is believed for ten seconds, for this token and this wish alone', async () => {
    let allowed = true
    const { judge, asked } = judging(() => allowed)
    const admit = admission({ judge, now: () => now })
    await admit(request(), wish)
    allowed = false
    now += 9_999
    await admit(request(), wish)
    expect(asked).toEqual(['one'])
    await expect(admit(request(), { ...wish, namespace: 'other' })).rejects.toMatchObject({ status: 403 })
    await expect(admit(request('two'), wish)).rejects.toMatchObject({ status: 403 })
    now += 2
    await expect(admit(request(), wish)).rejects.toMatchObject({ status: 403 })
  })

  test('is none when the cluster does not answer, and is asked for again', async () => {
    let broken = true
    const { judge } = judging(() => (broken ? Promise.reject(new Error('away')) : true))
    const admit = admission({ judge })
    await expect(admit(request(), wish)).rejects.toMatchObject({ status: 503, code: 'cluster-away' })
    broken = false
    await expect(admit(request(), wish)).resolves.toBeUndefined()
  })

  test('is not waited for without end, and few are asked for at once', async () => {
    const { judge, asked } = judging(() => new Promise<boolean>(() => undefined))
    const admit = admission({ judge, within: 50, atOnce: 4 })
    const all = await Promise.allSettled(Array.from({ length: 20 }, (_, n) => admit(request(`t${n}`), wish)))
    const statuses = all.map((one) => (one.status === 'rejected' ? one.reason.status : 200))
    expect(statuses.filter((status) => status === 503)).toHaveLength(4)
    expect(statuses.filter((status) => status === 429)).toHaveLength(16)
    expect(asked).toHaveLength(4)
  })
})
