import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { kinds, type Resource } from '../../platform/kinds.ts'
import { type Call, kubernetes } from '../../platform/kubernetes.ts'
import { type Answering, httpServer, sendJson } from './http-server.ts'

const opened: { close: () => Promise<void> }[] = []
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close()
})

async function against(answering: Answering, timeout?: number) {
  const server = await httpServer(answering)
  opened.push(server)
  const file = join(mkdtempSync(join(tmpdir(), 'kube-')), 'kubeconfig')
  const kubeconfig = {
    clusters: [{ name: 'c', cluster: { server: server.url, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'u', user: { token: 't0ken' } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  }
  writeFileSync(file, JSON.stringify(kubeconfig))
  const calls: Call[] = []
  const options = { kubeconfig: file, observe: (call: Call) => void calls.push(call) }
  return {
    kube: kubernetes(timeout === undefined ? options : { ...options, timeout }),
    calls,
    asked: server.asked,
  }
}
const status =
  (code: number, message: string): Answering =>
  (_, response) =>
    sendJson(response, code, { message })
const shop = { metadata: { namespace: 'default', name: 'shop' } }

test('applies whole objects, unknown fields too, as its own field manager', async () => {
  const { kube, asked, calls } = await against((_, response) => sendJson(response, 200, shop))
  const spec = { replicas: 2, aFieldOfNextYear: { deep: true } }
  await kube.apply(kinds.Deployment, { ...shop, spec })
  expect(asked[0]).toMatchObject({
    method: 'PATCH',
    url: '/apis/apps/v1/namespaces/default/deployments/shop?fieldManager=slipway&force=true',
    headers: { 'content-type': 'application/apply-patch+yaml', authorization: 'Bearer t0ken' },
  })
  expect(JSON.parse(asked[0]?.body ?? '')).toEqual({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    ...shop,
    spec,
  })
  expect(calls).toEqual([{ verb: 'apply', resource: 'deployments', status: 200 }])
})

test.each([
  [kinds.Deployment, 'Foreground'],
  [kinds.Job, 'Foreground'],
  [kinds.Secret, 'Background'],
  [kinds.HTTPRoute, 'Background'],
] as const)(
  'who owns pods waits for them when it is deleted, anything else is gone at once',
  async (kind, policy) => {
    const { kube, asked } = await against((_, response) => sendJson(response, 200, shop))
    await kube.remove<Resource>(kind, 'default', 'shop', { uid: 'one' })
    expect(JSON.parse(asked[0]?.body ?? '')).toEqual({
      propagationPolicy: policy,
      preconditions: { uid: 'one' },
    })
  },
)

test('what is absent is a value', async () => {
  const { kube } = await against(status(404, 'not found'))
  expect(await kube.get(kinds.Service, 'default', 'shop')).toBeUndefined()
  expect(await kube.remove(kinds.Service, 'default', 'shop')).toBe(false)
})

test('a version that has changed is a value: read again, decide again', async () => {
  const { kube, asked } = await against(status(409, 'the object has been modified'))
  const there = { metadata: { ...shop.metadata, uid: 'u', resourceVersion: '7' } }
  expect(await kube.replace(kinds.App, there)).toBeUndefined()
  expect(JSON.parse(asked[0]?.body ?? '').metadata.resourceVersion).toBe('7')
  expect(await kube.create(kinds.App, shop)).toBeUndefined()
  expect(await kube.remove(kinds.App, 'default', 'shop', { uid: 'another' })).toBe(false)
})

test.for([
  [403, 'Forbidden', 'cannot apply services default/shop: no'],
  [404, 'NotFound', 'cannot apply services default/shop: no'],
  [422, 'Invalid', 'cannot apply services default/shop: no'],
] as const)('HTTP %i is permanent: %s', async ([code, reason, message]) => {
  const { kube } = await against(status(code, 'no'))
  const refused = expect.objectContaining({ reason, message: expect.stringContaining(message) })
  await expect(kube.apply(kinds.Service, { ...shop, spec: {} })).rejects.toEqual(refused)
})

test.for([429, 500, 503] as const)('HTTP %i is tried again', async (code) => {
  const { kube } = await against(status(code, 'busy'))
  const error = await kube.get(kinds.Pod, 'default', 'shop').catch((refused: unknown) => refused)
  expect(error).toMatchObject({ name: 'Error', message: `cannot get pods default/shop: busy (HTTP ${code})` })
})

test('a server that does not answer in time is an error that says so, with its cause', async () => {
  const { kube, calls } = await against(() => undefined, 50)
  const error = await kube.get(kinds.Pod, 'default', 'shop').catch((refused: unknown) => refused)
  expect(error).toMatchObject({
    name: 'Error',
    message: expect.stringContaining('no answer from the API server'),
  })
  expect((error as Error).cause).toBeInstanceOf(Error)
  expect(calls).toEqual([{ verb: 'get', resource: 'pods', status: 0 }])
})

test('lists page by page', async () => {
  const { kube, asked } = await against(({ url }, response) => {
    const first = !url.includes('continue=more')
    sendJson(response, 200, { items: [{ ...shop, first }], metadata: first ? { continue: 'more' } : {} })
  })
  const found = await kube.list(kinds.Pod, 'default', { labels: { a: 'b', c: 'd' } })
  expect(found).toHaveLength(2)
  expect(asked[0]?.url).toContain('labelSelector=a%3Db%2Cc%3Dd')
})

test('a kind that the API server does not know is no absent object: it may be installed in a moment', async () => {
  const { kube } = await against((_, response) => void response.writeHead(404).end('404 page not found\n'))
  const unknown = 'the API server does not know such objects'
  const attempts = [
    () => kube.get(kinds.App, 'default', 'shop'),
    () => kube.remove(kinds.App, 'default', 'shop'),
    () => kube.create(kinds.App, shop),
  ]
  for (const attempt of attempts) {
    const error = await attempt().catch((refused: unknown) => refused)
    expect(error).toMatchObject({ name: 'Error', message: expect.stringContaining(unknown) })
  }
})
