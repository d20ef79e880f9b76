// Old Commands: which go, which stay, and that no one goes without its answer.
import { beforeEach, expect, test } from 'vitest'
import { keeping, oldCommands } from '../../api/old-commands.ts'
import { type Custom, kinds } from '../../platform/kinds.ts'
import { memoryCluster, silent } from './support.ts'

const now = Date.parse('2026-11-23T12:00:00Z')
const [minute, day] = [60_000, 86_400_000]
let cluster: ReturnType<typeof memoryCluster>
beforeEach(() => {
  cluster = memoryCluster()
})

function answered(name: string, ago: number, namespace = 'default'): void {
  const status = { state: 'accepted', answeredAt: new Date(now - ago).toISOString() }
  cluster.put(kinds.Command, { metadata: { namespace, name }, status })
}

const left = () =>
  cluster
    .watched(kinds.Command)
    .list()
    .map(({ metadata }) => metadata.name)

async function tidy(atOnce?: number, refuses?: string): Promise<void> {
  const remove = async (_kind: unknown, namespace: string, name: string, only?: { uid?: string }) => {
    if (name === refuses) throw new Error('the API server is away')
    const key = `commands/${namespace}/${name}`
    return cluster.objects.get(key)?.metadata.uid === only?.uid && cluster.objects.delete(key)
  }
  const watched = cluster.watched(kinds.Command)
  const limit = atOnce === undefined ? {} : { atOnce }
  await oldCommands({
    kubernetes: { remove } as never,
    kind: kinds.Command,
    watched,
    log: silent,
    now: () => now,
    ...limit,
  })()
}

test('a week after its answer a Command goes; before that it stays', async () => {
  answered('old', 7 * day + 1)
  answered('young', 7 * day - 1)
  await tidy()
  expect(left()).toEqual(['young'])
})

test('one that has no answer stays, however old it is', async () => {
  const metadata: Custom['metadata'] = { namespace: 'default', name: 'open' }
  cluster.put(kinds.Command, { metadata: { ...metadata, creationTimestamp: '2020-01-01T00:00:00Z' } })
  await tidy()
  expect(left()).toEqual(['open'])
})

test('of each namespace the newest hundred stay', async () => {
  for (let index = 0; index < keeping.most + 3; index += 1) answered(`one-${index}`, 2 * day + index * minute)
  answered('elsewhere', 3 * day, 'other')
  await tidy()
  expect(left()).toHaveLength(keeping.most + 1)
  expect(left()).toContain('elsewhere')
  expect(left()).not.toContain(`one-${keeping.most}`)
})

test('an answer of the last hour stays though hundreds came with it', async () => {
  for (let index = 0; index < keeping.most + 3; index += 1) answered(`one-${index}`, index * 1_000)
  await tidy()
  expect(left()).toHaveLength(keeping.most + 3)
})

test('few go at once, the oldest first, and one that cannot go keeps nobody else', async () => {
  for (let index = 0; index < 5; index += 1) answered(`one-${index}`, (10 + index) * day)
  await tidy(3, 'one-4')
  expect(left()).toEqual(['one-0', 'one-1', 'one-4'])
})

test('one that was created anew under the same name waits for its own answer', async () => {
  answered('again', 8 * day)
  const stale = [{ ...cluster.watched(kinds.Command).get('default', 'again') }] as Custom[]
  cluster.objects.clear()
  cluster.put(kinds.Command, { metadata: { namespace: 'default', name: 'again', uid: 'another' } })
  const kubernetes = {
    remove: async (_kind: unknown, namespace: string, name: string, only?: { uid?: string }) =>
      cluster.objects.get(`commands/${namespace}/${name}`)?.metadata.uid === only?.uid &&
      cluster.objects.delete(`commands/${namespace}/${name}`),
  } as never
  await oldCommands({
    kubernetes,
    kind: kinds.Command,
    watched: { list: () => stale },
    log: silent,
    now: () => now,
  })()
  expect(left()).toEqual(['again'])
})
