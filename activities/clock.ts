// The clock that activities wait by, and the one way in which they wait: asking again until a deadline, alive all the while.
import { setTimeout as wait } from 'node:timers/promises'
import { Context } from '@temporalio/activity'

export interface Clock {
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Rejects with the signal's reason when that comes first. */
  readonly sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>
}

export const systemClock: Clock = {
  now: Date.now,
  sleep: async (milliseconds, signal) => {
    try {
      await wait(milliseconds, undefined, signal ? { signal } : {})
    } catch (error) {
      throw signal?.reason ?? error
    }
  },
}

/** Asks until there is an answer; undefined when `until` has passed without one. Each question is a heartbeat too. */
export async function asked<Answer>(
  clock: Clock,
  { every, until }: { readonly every: number; readonly until: number },
  question: () => Promise<Answer | undefined>,
): Promise<Answer | undefined> {
  const { cancellationSignal, heartbeat } = Context.current()
  for (;;) {
    const answer = await question()
    if (answer !== undefined) return answer
    if (clock.now() >= until) return undefined
    heartbeat()
    await clock.sleep(every, cancellationSignal)
  }
}

/** Keeps the activity alive while the work itself has nothing to say; what it says last rides in the heartbeat. */
export async function alive<Result, Word = string>(
  work: (say: (word: Word) => void) => Promise<Result>,
): Promise<Result> {
  const { heartbeat } = Context.current()
  let word: Word | '' = ''
  const beat = setInterval(() => heartbeat(word), 2_000)
  try {
    return await work((next) => {
      word = next
      heartbeat(word)
    })
  } finally {
    clearInterval(beat)
  }
}
