// Waits for the time in which weight may rise.
import type { Opening, Windows } from '../domain/gate.ts'
import { openingAt } from '../domain/windows.ts'
import { asked, type Clock } from './clock.ts'

export interface OpeningAwaited {
  readonly windows: readonly Windows[]
  /** That it is closed is known: wait for the opening itself. */
  readonly told: boolean
}

export function windowVerbs(clock: Clock) {
  return {
    /** Whether all windows are open now; once that they are not is told, it waits until they are. */
    async awaitOpening({ windows, told }: OpeningAwaited): Promise<Opening> {
      const until = told ? Number.POSITIVE_INFINITY : clock.now()
      const opened = async () => (openingAt(windows, clock.now()).open ? true : undefined)
      await asked(clock, { every: 5_000, until }, opened)
      return openingAt(windows, clock.now())
    },
  }
}
