// Tries something at the start until it succeeds, with growing pauses, and gives up with its last error after two minutes.
import type { Logger } from 'pino'
import { type Clock, systemClock } from '../activities/clock.ts'

export interface Attempt {
  /** Completes "cannot …". */
  readonly what: string
  readonly log: Logger
  readonly signal: AbortSignal
  readonly clock?: Clock
}

const giveUpAfter = 120_000
/** What is away may be back at any moment, and canaries go unwatched until then. */
const longestPause = 1_000

export async function persist<Result>(
  { what, log, signal, clock = systemClock }: Attempt,
  attempt: () => Promise<Result>,
): Promise<Result> {
  const until = clock.now() + giveUpAfter
  for (let pause = 200; ; pause = Math.min(pause * 2, longestPause)) {
    try {
      return await attempt()
    } catch (error) {
      if (clock.now() >= until)
        throw new Error(`cannot ${what} for ${giveUpAfter / 1000} s`, { cause: error })
      log.warn({ error, pause }, `cannot ${what} yet`)
      await clock.sleep(pause, signal)
    }
  }
}
