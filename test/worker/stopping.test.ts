// A stop wakes whoever sleeps, with a failure that is tried again elsewhere; a cancellation keeps its own reason.
import { getEventListeners } from 'node:events'
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common'
import { expect, test } from 'vitest'
import { systemClock } from '../../activities/clock.ts'
import { stoppableClock } from '../../worker/stopping.ts'

const hour = 3_600_000
const caught = (work: Promise<unknown>) =>
  work.then(
    () => 'it slept to the end',
    (error: unknown) => error,
  )

function parts() {
  const stopping = new AbortController()
  const activity = new AbortController()
  return { stopping, activity, clock: stoppableClock(stopping.signal, systemClock) }
}

test('all sleepers wake when the worker stops; the failure is no alarm, and is tried again', async () => {
  const { stopping, activity, clock } = parts()
  const sleepers = [clock.sleep(hour, activity.signal), clock.sleep(hour)].map(caught)
  stopping.abort()
  for (const failure of await Promise.all(sleepers)) {
    expect(failure).toBeInstanceOf(ApplicationFailure)
    expect(failure).toMatchObject({
      type: 'WorkerStops',
      nonRetryable: false,
      category: ApplicationFailureCategory.BENIGN,
    })
  }
})

test('nobody falls asleep in a worker that stops', async () => {
  const { stopping, activity, clock } = parts()
  stopping.abort()
  expect(await caught(clock.sleep(hour, activity.signal))).toMatchObject({ type: 'WorkerStops' })
})

test('a cancelled activity wakes with its own reason, and the others sleep on', async () => {
  const { stopping, activity, clock } = parts()
  const reason = new Error('cancelled')
  const other = caught(clock.sleep(hour))
  const cancelled = caught(clock.sleep(hour, activity.signal))
  activity.abort(reason)
  expect(await cancelled).toBe(reason)
  expect(await Promise.race([other, caught(clock.sleep(1))])).toBe('it slept to the end')
  expect(await caught(clock.sleep(hour, activity.signal))).toBe(reason)
  stopping.abort()
  expect(await other).toMatchObject({ type: 'WorkerStops' })
})

test('a cancellation that came before the stop is not hidden by it', async () => {
  const { stopping, activity, clock } = parts()
  const reason = new Error('cancelled')
  activity.abort(reason)
  stopping.abort()
  expect(await caught(clock.sleep(hour, activity.signal))).toBe(reason)
})

test('whoever slept enough goes on, and leaves nothing behind', async () => {
  const { stopping, activity, clock } = parts()
  await clock.sleep(1, activity.signal)
  const listeners = [stopping.signal, activity.signal].flatMap((signal) => getEventListeners(signal, 'abort'))
  expect(listeners).toEqual([])
  expect(Math.abs(clock.now() - Date.now())).toBeLessThan(60_000)
})
