// What a pusher reads when there is no release to show, and when time is over.
import { expect, test } from 'vitest'
import { follower } from '../../api/follow.ts'
import { seenReleases } from '../../api/releases.ts'
import { kinds } from '../../platform/kinds.ts'
import type { AppState } from '../../workflows/messages.ts'
import { memoryCluster, memorySources, shop } from './support.ts'

const sha = 'a'.repeat(40)
const other = 'b'.repeat(40)

async function read(
  state: Partial<AppState>,
  { away = false, prepare = (_: ReturnType<typeof memoryCluster>) => {} } = {},
) {
  const cluster = memoryCluster()
  const temporal = memorySources()
  temporal.setState(state)
  temporal.setAway(away)
  prepare(cluster)
  const releases = seenReleases(cluster.kubernetes, kinds.Release, cluster.watched(kinds.Release))
  const follow = follower({ releases, sources: temporal.sources, atMost: 120, every: 5, askEvery: 10 })
  const lines: string[] = []
  for await (const line of follow(shop, sha)(new AbortController().signal)) lines.push(line)
  return lines
}
const stable = { revision: 'shop-x', sha }
const active = { app: shop, seq: 3, sha: other }

test.each([
  ['serves already', { stable }, ['aaaaaaa already holds the traffic: nothing to do']],
  ['was rejected', { rejected: [sha] }, [expect.stringContaining('was rejected before')]],
  [
    'waits',
    { active, waiting: { sha } },
    ['aaaaaaa waits for shop-3 to end', expect.stringContaining('has not begun')],
  ],
  ['served before the release that runs', { stable, active }, [expect.stringContaining('has not begun')]],
])('a commit that %s', async (_, state, lines) => {
  expect(await read(state)).toEqual(lines)
})

test('without a worker it says so once, and how to look later', async () => {
  const lines = await read({}, { away: true })
  expect(lines).toEqual([
    expect.stringContaining('no worker answers'),
    expect.stringContaining('has not begun'),
  ])
})

test('an older release of the same commit is not taken for the new one', async () => {
  const lines = await read(
    { rejected: [sha] },
    {
      prepare: ({ put }) => {
        const status = { phase: 'done', outcome: 'rolled-back', message: 'harmful', transitions: [] }
        put(kinds.Release, {
          metadata: { namespace: 'default', name: 'shop-1' },
          spec: { app: 'shop', seq: 1, sha },
          status,
        })
      },
    },
  )
  expect(lines).toEqual([expect.stringContaining('was rejected before')])
})

test('a release that outlasts the pusher is named; its words cannot write to the terminal', async () => {
  const lines = await read(
    {},
    {
      prepare: ({ put }) =>
        put(kinds.Release, {
          metadata: { namespace: 'default', name: 'shop-1' },
          spec: { app: 'shop', seq: 1, sha },
          status: { phase: 'building', message: '\u001b[31mred\u202E\nnext', weight: 0, transitions: [] },
        }),
    },
  )
  expect(lines).toEqual([
    'shop-1: building · \\u{1b}[31mred\\u{202e}',
    // A line of its own, behind git's "remote:" like every other.
    '  next',
    'shop-1 goes on without you: kubectl -n default get release shop-1 --watch',
  ])
})
