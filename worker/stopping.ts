// A clock that wakes its sleepers when the worker stops: another worker goes on where they were, and the stop does not wait for them.
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common'
import { type Clock, systemClock } from '../activities/clock.ts'

export function stoppableClock(stopping: AbortSignal, clock: Clock = systemClock): Clock {
  return {
    now: clock.now,
    async sleep(milliseconds, signal) {
      const waking = new AbortController()
      const wake = () => waking.abort(signal?.aborted ? signal.reason : stopped())
      const signals = [stopping, ...(signal ? [signal] : [])]
      if (signals.some(({ aborted }) => aborted)) wake()
      for (const one of signals) one.addEventListener('abort', wake, { once: true })
      try {
        await clock.sleep(milliseconds, waking.signal)
      } finally {
        for (const one of signals) one.removeEventListener('abort', wake)
      }
    },
  }
}

const stopped = () =>
  ApplicationFailure.create({
    message: 'the worker stops; another goes on from here',
    type: 'WorkerStops',
    category: ApplicationFailureCategory.BENIGN,
  })
