// At its start the worker tries again with growing pauses, for a bounded time, and stops trying when it is told to.
import { expect, test } from 'vitest'
import type { Clock } from '../../activities/clock.ts'
import { systemClock } from '../../activities/clock.ts'
import { jsonLog } from '../../worker/log.ts'
import { persist } from '../../worker/persist.ts'

const log = jsonLog('test')
log.level = 'silent'
const what = 'connect to Temporal'
const { signal } = new AbortController()

/** A clock on which waiting takes no time, and that remembers how long each wait was. */
function clockOf() {
  const pauses: number[] = []
  let at = 0
  const clock: Clock = {
    now: () => at,
    async sleep(milliseconds) {
      pauses.push(milliseconds)
      at += milliseconds
    },
  }
  return { clock, pauses }
}

/** Fails as often as it is told, then succeeds. */
function failing(times: number) {
  let tries = 0
  return async () => {
    tries += 1
    if (tries <= times) throw new Error(`failure ${tries}`)
    return tries
  }
}

test('what succeeds at once is done once, without a pause', async () => {
  const { clock, pauses } = clockOf()
  expect(await persist({ what, log, signal, clock }, failing(0))).toBe(1)
  expect(pauses).toEqual([])
})

test('tries again until it succeeds; the pauses double, to one second at most', async () => {
  const { clock, pauses } = clockOf()
  expect(await persist({ what, log, signal, clock }, failing(7))).toBe(8)
  expect(pauses).toEqual([200, 400, 800, 1_000, 1_000, 1_000, 1_000])
})

test('gives up after two minutes, says what it tried and why it failed last', async () => {
  const { clock, pauses } = clockOf()
  const error = await persist({ what, log, signal, clock }, failing(1_000)).catch((error: unknown) => error)
  expect(error).toMatchObject({
    message: 'cannot connect to Temporal for 120 s',
    cause: { message: `failure ${pauses.length + 1}` },
  })
  expect(clock.now()).toBeGreaterThanOrEqual(120_000)
  expect(clock.now()).toBeLessThan(126_000)
})

test('a stop ends the pause, and no more is tried', async () => {
  const stopping = new AbortController()
  let tries = 0
  const work = persist({ what, log, signal: stopping.signal, clock: systemClock }, async () => {
    tries += 1
    if (tries === 2) stopping.abort(new Error('the worker stops'))
    throw new Error('not there')
  })
  await expect(work).rejects.toThrow('the worker stops')
  expect(tries).toBe(2)
})
