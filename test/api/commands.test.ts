// Commands: to whom each goes, what is written as the answer, and what happens when nobody answers.
import { beforeEach, expect, test } from 'vitest'
import { type Answer, type Ask, commandAnswers } from '../../api/commands.ts'
import { seenReleases } from '../../api/releases.ts'
import type { CommandRequest } from '../../domain/command.ts'
import { appWorkflowId, type ReleaseRef } from '../../domain/release.ts'
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

const done: Answer = { state: 'accepted', message: 'it is done' }

/** Asks of a world in which every workflow runs, but for what the test says. */
async function answerTo(
  spec: Record<string, unknown>,
  ask: Partial<Ask> = {},
  createdAt = now - 1_000,
  status?: object,
) {
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
    declared: async ({ name }) => name === 'shop',
    ask: {
      running: async (workflowId, request) => {
        asked.push({ workflowId, request })
        return ask.running ? ask.running(workflowId, request) : done
      },
      starting: async (app, request) => {
        asked.push({ workflowId: `started: ${appWorkflowId(app)}`, request })
        return ask.starting ? ask.starting(app, request) : done
      },
    },
    metrics: { commanded: () => undefined },
    now: () => now,
  })
  await answer('default/one')
  return watched.get('default', 'one')?.status as (Answer & { answeredAt: string }) | undefined
}

const abort = { release: 'shop-7', verb: 'abort', reason: 'late', by: 'ana' }
const ref: ReleaseRef = { app: { namespace: 'default', name: 'shop' }, seq: 7, sha }
const [itsRelease, itsApp] = ['release/default/shop/7-aaaaaaa', 'app/default/shop']
const gone: Partial<Ask> = { running: async (id) => (id === itsRelease ? undefined : done) }

function ended(outcome: string): void {
  cluster.put(kinds.Release, {
    metadata: { namespace: 'default', name: 'shop-7' },
    spec: { app: 'shop', seq: 7, sha },
    status: { phase: 'done', outcome },
  })
}

test('a release’s Command goes to its workflow under the Command’s uid', async () => {
  const status = await answerTo(abort)
  expect(status).toEqual({ state: 'accepted', message: 'it is done', answeredAt: '2026-11-23T12:00:00.000Z' })
  const request = { id: 'the-uid', verb: 'abort', reason: 'late', by: 'ana', principal: 'user:ana' }
  expect(asked).toEqual([{ workflowId: itsRelease, request }])
})

test.each(['approve', 'pause', 'resume', 'promote', 'abort'])('%s is for the release alone', async (verb) => {
  await answerTo({ ...abort, verb })
  expect(asked.map(({ workflowId }) => workflowId)).toEqual([itsRelease])
  expect(asked[0]?.request).not.toHaveProperty('release')
})

test('which gate is approved travels with the approval', async () => {
  await answerTo({ ...abort, verb: 'approve', step: 'before-50' })
  expect(asked).toMatchObject([{ request: { verb: 'approve', step: 'before-50' } }])
})

test.each(['building', 'done'])('a retry begins a new release, so the App answers it: %s', async (phase) => {
  if (phase === 'done') ended('rolled-back')
  await answerTo({ ...abort, verb: 'retry' })
  expect(asked).toMatchObject([{ workflowId: itsApp, request: { verb: 'retry', release: ref } }])
})

test('a rollback is for the release while it runs', async () => {
  await answerTo({ ...abort, verb: 'rollback' })
  expect(asked.map(({ workflowId }) => workflowId)).toEqual([itsRelease])
})

test('a rollback of a release that has ended is the App’s to answer', async () => {
  ended('promoted')
  expect(await answerTo({ ...abort, verb: 'rollback' }, gone)).toMatchObject(done)
  expect(asked.map(({ workflowId }) => workflowId)).toEqual([itsRelease, itsApp])
  expect(asked.at(-1)?.request).toMatchObject({ verb: 'rollback', release: ref })
})

test('a rollback that the release itself accepted before it ended is not asked of the App, too', async () => {
  ended('rolled-back')
  await answerTo({ ...abort, verb: 'rollback' })
  expect(asked.map(({ workflowId }) => workflowId)).toEqual([itsRelease])
})

test('an App’s Command goes to the App’s workflow', async () => {
  await answerTo({ app: 'shop', verb: 'freeze', by: 'ana' })
  expect(asked).toMatchObject([{ workflowId: 'app/default/shop', request: { verb: 'freeze', reason: '' } }])
})

test('where an App is to return to travels with the rollback', async () => {
  await answerTo({ app: 'shop', verb: 'rollback', to: 'shop-3', by: 'ana' })
  expect(asked).toMatchObject([{ workflowId: itsApp, request: { verb: 'rollback', to: 'shop-3' } }])
})

test('an App’s workflow that was lost is started to answer', async () => {
  const lost: Partial<Ask> = { running: async () => undefined }
  expect(await answerTo({ app: 'shop', verb: 'freeze', by: 'ana' }, lost)).toMatchObject(done)
  expect(asked.map(({ workflowId }) => workflowId)).toEqual([itsApp, `started: ${itsApp}`])
})

test('nothing is started for an App that nobody declared', async () => {
  const lost: Partial<Ask> = { running: async () => undefined }
  const status = await answerTo({ app: 'shp', verb: 'freeze', by: 'ana' }, lost)
  expect(status).toMatchObject({
    state: 'refused',
    message: expect.stringContaining('no App shp in default'),
  })
  expect(asked.map(({ workflowId }) => workflowId)).toEqual(['app/default/shp'])
})

test('nobody is a principal of another kind for being called like one', async () => {
  await answerTo({ ...abort, by: 'github:ana' })
  expect(asked[0]?.request.principal).toBe('user:github:ana')
})

test('whom Slipway speaks for is who is told to have asked', async () => {
  const by = 'system:serviceaccount:slipway-system:slipway-api'
  await answerTo({ ...abort, by, onBehalfOf: 'github:ana' })
  expect(asked[0]?.request).toMatchObject({ by: 'github:ana', principal: 'github:ana' })
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

test.each([
  ['promoted', 'shop-7 has ended already: promoted; rollback returns to what was stable before it'],
  ['aborted', 'shop-7 has ended already: aborted; retry releases its commit again'],
])('a release that was %s is refused with how it ended, and with what is possible', async (outcome, says) => {
  ended(outcome)
  expect(await answerTo(abort, gone)).toMatchObject({ state: 'refused', message: says })
})

test('a release whose workflow is gone says so', async () => {
  const message = 'shop-7 does not run: its workflow is gone; retry releases its commit again'
  expect(await answerTo(abort, gone)).toMatchObject({ state: 'refused', message })
})

test('what has its answer is not asked again', async () => {
  const answered = { state: 'refused', message: 'no' }
  expect(await answerTo(abort, undefined, now, answered)).toEqual(answered)
  expect(asked).toEqual([])
})

const silence: Partial<Ask> = {
  running: async () => {
    throw new Error('no worker')
  },
}

test('no answer is no refusal: it stays open and is tried again', async () => {
  await expect(answerTo(abort, silence)).rejects.toThrow('no worker')
  expect(cluster.watched(kinds.Command).get('default', 'one')?.status).toBeUndefined()
})

test('after an hour without an answer it is refused: what was meant then may be wrong now', async () => {
  const status = await answerTo(abort, silence, now - 3_600_001)
  expect(status).toMatchObject({ state: 'refused', message: expect.stringContaining('no worker answered') })
})
