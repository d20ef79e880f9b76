// Commands: to whom each goes, what is written as the answer, and what happens when nobody answers.
import { beforeEach, expect, test } from 'vitest'
import { type Answer, type Ask, commandAnswers } from '../../api/commands.ts'
import { seenReleases } from '../../api/releases.ts'
import type { CommandRequest } from '../../domain/command.ts'
import { kinds } from '../../platform/kinds.ts'
import { memoryCluster } from './support.ts'

const sha = 'a'.repeat(40)
const now = Date.parse('2026-11-23T12:00:00Z')
let cluster: ReturnType<typeof memoryCluster>
let asked: { workflowId: string; request: CommandRequest }[]

beforeEach(() => {
  cluster = memoryCluster()
  asked = []
  cluster.put(kinds.Release, {
    metadata: { namespace: 'default', name: 'shop-7' },
    spec: { app: 'shop', seq: 7, sha },
    status: { phase: 'building' },
  })
})

async function answerTo(spec: Record<string, unknown>, ask?: Ask, createdAt = now - 1_000, status?: object) {
  const metadata = {
    namespace: 'default',
    name: 'one',
    uid: 'the-uid',
    creationTimestamp: new Date(createdAt).toISOString(),
  }
  cluster.put(kinds.Command, { metadata, spec, ...(status && { status: { ...status } }) })
  const watched = cluster.watched(kinds.Command)
  const answer = commandAnswers({
    kubernetes: cluster.kubernetes,
    kind: kinds.Command,
    watched,
    releases: seenReleases(cluster.kubernetes, kinds.Release, cluster.watched(kinds.Release)),
    ask: async (workflowId, request) => {
      asked.push({ workflowId, request })
      return ask ? ask(workflowId, request) : { state: 'accepted', message: 'it is done' }
    },
    metrics: { commanded: () => undefined },
    now: () => now,
  })
  await answer('default/one')
  return watched.get('default', 'one')?.status as (Answer & { answeredAt: string }) | undefined
}

const abort = { release: 'shop-7', verb: 'abort', reason: 'late', by: 'ana' }

test('a release’s Command goes to its workflow under the Command’s uid', async () => {
  const status = await answerTo(abort)
  expect(status).toEqual({ state: 'accepted', message: 'it is done', answeredAt: '2026-11-23T12:00:00.000Z' })
  const request = { id: 'the-uid', verb: 'abort', reason: 'late', by: 'ana' }
  expect(asked).toEqual([{ workflowId: 'release/default/shop/7-aaaaaaa', request }])
})

test('an App’s Command goes to the App’s workflow', async () => {
  await answerTo({ app: 'shop', verb: 'freeze', by: 'ana' })
  expect(asked).toMatchObject([{ workflowId: 'app/default/shop', request: { verb: 'freeze', reason: '' } }])
})

test('whom Slipway speaks for is who is told to have asked', async () => {
  const by = 'system:serviceaccount:slipway-system:slipway-api'
  await answerTo({ ...abort, by, onBehalfOf: 'github:ana' })
  expect(asked[0]?.request.by).toBe('github:ana')
})

test.each([
  ['a release that is not there', { ...abort, release: 'shop-8' }, 'no release shop-8'],
  ['neither release nor app', { verb: 'abort', by: 'ana' }, 'neither'],
  ['a verb that is none', { ...abort, verb: 'explode' }, 'spec.verb'],
  ['nobody', { release: 'shop-7', verb: 'abort' }, 'spec.by'],
])('%s is refused without asking', async (_, spec, says) => {
  expect(await answerTo(spec)).toMatchObject({ state: 'refused', message: expect.stringContaining(says) })
  expect(asked).toEqual([])
})

test('a release whose workflow is gone is refused with how it ended', async () => {
  cluster.put(kinds.Release, {
    metadata: { namespace: 'default', name: 'shop-7' },
    spec: { app: 'shop', seq: 7, sha },
    status: { phase: 'done', outcome: 'promoted' },
  })
  const status = await answerTo(abort, async () => undefined)
  expect(status).toMatchObject({ state: 'refused', message: 'shop-7 has ended already: promoted' })
})

test('what has its answer is not asked again', async () => {
  const answered = { state: 'refused', message: 'no' }
  expect(await answerTo(abort, undefined, now, answered)).toEqual(answered)
  expect(asked).toEqual([])
})

const silence: Ask = async () => {
  throw new Error('no worker')
}

test('no answer is no refusal: it stays open and is tried again', async () => {
  await expect(answerTo(abort, silence)).rejects.toThrow('no worker')
  expect(cluster.watched(kinds.Command).get('default', 'one')?.status).toBeUndefined()
})

test('after an hour without an answer it is refused: what was meant then may be wrong now', async () => {
  const status = await answerTo(abort, silence, now - 3_600_001)
  expect(status).toMatchObject({ state: 'refused', message: expect.stringContaining('no worker answered') })
})
