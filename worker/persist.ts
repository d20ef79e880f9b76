// Tries something at the start until it succeeds, with growing pauses, and gives up with its last error after two minutes.
import { setTimeout } from 'node:timers/promises'
import type { Logger } from 'pino'

export interface Attempt {
  /** Completes "cannot …". */
  readonly what: string
  readonly log: Logger
  readonly signal: AbortSignal
  readonly now?: () => number
}

const giveUpAfter = 120_000
const longestPause = 5_000

export async function persist<Result>(
  { what, log, signal, now = Date.now }: Attempt,
  attempt: () => Promise<Result>,
): Promise<Result> {
  const until = now() + giveUpAfter
  for (let pause = 200; ; pause = Math.min(pause * 2, longestPause)) {
    try {
      return await attempt()
    } catch (error) {
      if (now() >= until) throw new Error(`cannot ${what} for ${giveUpAfter / 1000} s`, { cause: error })
      log.warn({ error, pause }, `cannot ${what} yet`)
      await setTimeout(pause, undefined, { signal })
    }
  }
}
