import { expect, test } from 'vitest'
import type { ReleaseStatus } from '../../../domain/release.ts'
import type { AppEvent } from '../../../platform/platform.ts'
import { appConditions, appEvent, releaseConditions, releaseEvent } from '../../../platform/report/objects.ts'
import { aStatus } from '../../contract/fixtures.ts'

const app = { namespace: 'default', name: 'shop' }
const then = Date.UTC(2026, 0, 1)
const stored = (conditions: readonly object[] = []) => ({
  metadata: {
    name: 'shop-7',
    namespace: 'default',
    uid: 'abcdef01-2345',
    resourceVersion: '1',
    generation: 1,
  },
  status: { conditions },
})
const conditions = (status: Partial<ReleaseStatus>) =>
  Object.fromEntries(
    releaseConditions(aStatus(app, 7, status), stored(), then).map(({ type, status: is, reason }) => [
      type,
      `${is} ${reason}`,
    ]),
  )

test('a release under way is reconciling', () => {
  expect(conditions({ phase: 'rolling-out' })).toEqual({
    Ready: 'False RollingOut',
    Reconciling: 'True RollingOut',
    Stalled: 'False RollingOut',
    Proven: 'Unknown NotJudged',
    Waiting: 'False RollingOut',
  })
})

test('a promoted release is ready; any other end is stalled', () => {
  expect(conditions({ phase: 'done', outcome: 'promoted' })).toMatchObject({
    Ready: 'True Promoted',
    Reconciling: 'False Promoted',
    Stalled: 'False Promoted',
  })
  expect(conditions({ phase: 'done', outcome: 'rolled-back' })).toMatchObject({
    Ready: 'False RolledBack',
    Stalled: 'True RolledBack',
  })
})

test('waiting for data is stalled, and says what is missing', () => {
  const all = releaseConditions(
    aStatus(app, 7, { phase: 'rolling-out', stalled: 'no requests' }),
    stored(),
    then,
  )
  expect(all.find(({ type }) => type === 'Stalled')).toMatchObject({
    status: 'True',
    reason: 'NoData',
    message: 'no requests',
  })
})

test('waiting for a person is a condition, and ends with the release', () => {
  const waiting = { for: 'approval', message: 'before 50 %: ana may approve', since: then } as const
  const told = releaseConditions(aStatus(app, 7, { phase: 'rolling-out', waiting }), stored(), then)
  expect(told.find(({ type }) => type === 'Waiting')).toMatchObject({
    status: 'True',
    reason: 'Approval',
    message: 'before 50 %: ana may approve',
  })
  expect(conditions({ phase: 'done', outcome: 'aborted', waiting })).toMatchObject({
    Waiting: 'False Aborted',
  })
})

test('a frozen App says who froze it and why', () => {
  const frozen = (by: object) =>
    appConditions({ message: 'idle', ...by }, stored(), then).find(({ type }) => type === 'Frozen')
  expect(frozen({ frozen: { by: 'ana', reason: 'sale', since: then } })).toMatchObject({
    status: 'True',
    message: expect.stringContaining('frozen by ana: sale'),
  })
  expect(frozen({})).toMatchObject({ status: 'False' })
})

test('an App’s Event is named by what it says and by its day', () => {
  const said: AppEvent = { reason: 'Repaired', type: 'Warning', message: 'kubectl-edit changed the weights' }
  const day = 86_400_000
  const name = (event: AppEvent, at: number) => appEvent(event, stored(), at).metadata as { name: string }
  expect(appEvent(said, stored(), then)).toMatchObject({
    reason: 'Repaired',
    note: said.message,
    regarding: { kind: 'App', name: 'shop-7' },
  })
  expect(name(said, then)).toEqual(name(said, then + day - 1))
  expect(name(said, then)).not.toEqual(name(said, then + day))
  expect(name(said, then)).not.toEqual(name({ ...said, message: 'another' }, then))
})

test('a condition keeps its time while it keeps its status', () => {
  const since = '2025-12-31T00:00:00Z'
  const before = [{ type: 'Ready', status: 'False', lastTransitionTime: since }]
  const [ready, reconciling] = releaseConditions(aStatus(app, 7), stored(before), then)
  expect(ready?.lastTransitionTime).toBe(since)
  expect(reconciling?.lastTransitionTime).toBe('2026-01-01T00:00:00Z')
})

test('a transition’s Event is named by the release and by what it became', () => {
  const event = releaseEvent(
    aStatus(app, 7, { phase: 'done', outcome: 'rolled-back', message: 'harm' }),
    stored(),
    then,
  )
  expect(event).toMatchObject({
    metadata: { name: 'shop-7.abcdef01.rolled-back', namespace: 'default' },
    eventTime: '2026-01-01T00:00:00.000000Z',
    reason: 'RolledBack',
    type: 'Warning',
    note: 'harm',
  })
})
