// Work that is given up when something changes, while the release goes on.
import { CancellationScope, CancelledFailure, isCancellation } from '@temporalio/workflow'

export interface Cut {
  /** Runs the work; undefined when it was cut before it had anything to give back. Throws when the release itself is ending. */
  readonly run: <Result>(work: () => Promise<Result>) => Promise<Result | undefined>
  /** Ends the work that runs, if there is any. */
  readonly now: () => void
  /** Whether the last work was ended so. */
  readonly happened: () => boolean
}

export function cutter(): Cut {
  let running: CancellationScope | undefined
  let happened = false
  return {
    async run(work) {
      const scope = new CancellationScope()
      running = scope
      happened = false
      const result = await scope.run(work).catch((error: unknown) => {
        // If the release itself is ending, that is told below.
        if (happened && isCancellation(error)) return undefined
        throw error
      })
      running = undefined
      // The work gave back what it had; the release is ending all the same.
      if (CancellationScope.current().consideredCancelled) throw new CancelledFailure('the release is ending')
      return result
    },
    now() {
      if (!running) return
      happened = true
      running.cancel()
    },
    happened: () => happened,
  }
}
