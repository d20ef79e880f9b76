// Whether a revision answers hardly anybody: then there is nothing to compare with, and waiting helps nobody.
import { advance, noCounters, noRequests, plus } from './counters.ts'
import type { Reading, Tally } from './judge.ts'

/** Of a service in trouble some answers still succeed. Half of them failing is trouble, too, but it can be compared with. */
const nearlyAll = 0.95

/** Requests without which nobody is said to fail: few may have met one bad moment. */
export const enoughToFail = 50

/** What happened to one revision from the first of the readings to the last. */
export function tallyOver(readings: readonly Reading[], revision: string): Tally {
  let counters = noCounters
  return readings
    .flatMap((reading, i) => {
      const next = advance(counters, reading)
      counters = next.counters
      // The first reading only says where the counters stood.
      return i === 0 ? [] : next.deltas.filter((delta) => delta.revision === revision)
    })
    .reduce((sum, { tally }) => plus(sum, { ...tally, timed: 0, within: [] }), noRequests)
}

export const failsNearlyAll = ({ requests, errors }: Tally, enough: number): boolean =>
  requests >= enough && errors >= requests * nearlyAll
