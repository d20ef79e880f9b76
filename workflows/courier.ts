// Sends the newest word outside while the workflow goes on: one at a time, skipping what is overtaken before it was sent.
import { CancellationScope, log } from '@temporalio/workflow'

export interface Courier {
  /** There is news. Returns at once. */
  readonly send: () => void
  /** Resolves when the latest news has arrived, or was refused for good. */
  readonly idle: () => Promise<void>
}

/** `deliver` takes the news at the moment it is called, and is tried again by its activity's own patience. */
export function courier(deliver: () => Promise<void>): Courier {
  let news = false
  let trip: Promise<void> = Promise.resolve()
  let away = false

  async function travel() {
    while (news) {
      news = false
      await deliver().catch((error: unknown) => log.warn('a report was refused', { error }))
    }
    away = false
  }
  return {
    send() {
      news = true
      if (away) return
      away = true
      // What was decided is told even when the release is cancelled meanwhile.
      trip = CancellationScope.nonCancellable(travel)
    },
    idle: () => trip,
  }
}
