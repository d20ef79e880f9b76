// The watch against an API server that breaks off in every way one can.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { informerOf, type Watched, watch } from '../../api/watch.ts'
import { type Custom, kinds } from '../../platform/kinds.ts'
import { type KubeServer, kubeServer } from './kube-server.ts'
import { silent } from './support.ts'

vi.setConfig({ testTimeout: 30_000 })
let api: KubeServer
let watched: Watched<Custom> | undefined
let seen: string[]
let gone: string[]

beforeEach(async () => {
  api = await kubeServer()
  seen = []
  gone = []
})
afterEach(async () => {
  await watched?.stop()
  await api.close()
})

const start = (options: { resync?: number; listWithin?: number } = {}) => {
  watched = watch({
    kind: 'apps',
    informer: informerOf(api.config, kinds.App),
    onSeen: ({ metadata }) => seen.push(`${metadata.name}@${metadata.resourceVersion}`),
    onGone: ({ metadata }) => gone.push(metadata.name),
    log: silent,
    pause: { first: 10, longest: 50 },
    ...options,
  })
  return watched
}
const app = (name: string): Custom => ({ metadata: { namespace: 'default', name }, spec: {} })
const names = () =>
  watched
    ?.list()
    .map(({ metadata }) => metadata.name)
    .toSorted()
const lists = () => api.requests.filter((one) => one === 'GET /apis/slipway.dev/v1beta1/apps').length

test('sees what is there, what comes, what changes and what goes', async () => {
  api.put('apps', app('one'))
  const { get, synced } = start()
  expect(synced()).toBe(false)
  await vi.waitFor(() => expect(synced()).toBe(true))
  expect(names()).toEqual(['one'])
  api.put('apps', app('two'))
  await vi.waitFor(() => expect(names()).toEqual(['one', 'two']))
  api.put('apps', { ...app('two'), spec: { changed: true } })
  await vi.waitFor(() => expect(get('default', 'two')?.spec).toEqual({ changed: true }))
  api.drop('apps', 'default', 'one')
  await vi.waitFor(() => expect(names()).toEqual(['two']))
  expect(seen).toHaveLength(3)
  expect(gone).toEqual(['one'])
})

test.each(['end', 'reset', 'gone'] as const)('goes on after a watch ended by %s', async (how) => {
  api.put('apps', app('one'))
  const { synced } = start()
  await vi.waitFor(() => expect(api.requests.some((one) => one.endsWith('watch'))).toBe(true))
  await vi.waitFor(() => expect(synced()).toBe(true))
  api.breakWatches(how)
  api.put('apps', app('two'))
  await vi.waitFor(() => expect(names()).toEqual(['one', 'two']), { timeout: 5_000 })
})

test('what was deleted while nobody watched is gone after the next list', async () => {
  api.put('apps', app('one'))
  api.put('apps', app('two'))
  const { synced } = start()
  await vi.waitFor(() => expect(synced()).toBe(true))
  api.refuse(503)
  api.breakWatches('reset')
  api.drop('apps', 'default', 'one')
  await new Promise((resolve) => setTimeout(resolve, 100))
  api.refuse(undefined)
  await vi.waitFor(() => expect(names()).toEqual(['two']), { timeout: 5_000 })
  expect(seen.filter((one) => one.startsWith('two'))).toHaveLength(1)
})

test.each([500, 401, 403, 410])(
  'an API server that answers %i is asked again, and not too often',
  async (status) => {
    api.refuse(status)
    const { synced } = start()
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(synced()).toBe(false)
    expect(lists()).toBeGreaterThan(1)
    expect(lists()).toBeLessThan(30)
    api.refuse(undefined)
    await vi.waitFor(() => expect(synced()).toBe(true), { timeout: 5_000 })
  },
)

test('a resync lists again and shows every object again', async () => {
  api.put('apps', app('one'))
  start({ resync: 60 })
  await vi.waitFor(() => expect(seen.length).toBeGreaterThanOrEqual(3), { timeout: 5_000 })
  expect(new Set(seen).size).toBe(1)
  expect(lists()).toBeGreaterThanOrEqual(3)
})

test('once stopped it asks nothing more', async () => {
  const { stop, synced } = start()
  await vi.waitFor(() => expect(synced()).toBe(true))
  await stop()
  const before = api.requests.length
  api.put('apps', app('late'))
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(api.requests.length).toBe(before)
  expect(seen).toEqual([])
})
