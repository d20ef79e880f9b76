// Latency as counts: which of a histogram's bounds are judged, and what share of the answers is slower than each.
import type { Tally } from './judge.ts'

/** A bound in seconds, and the share of answers that took longer. */
export interface Tail {
  readonly bound: number
  readonly tail: number
}

/**
 * The bounds that tell a shift of the whole distribution: their tails are nearest to a third, a tenth and a fiftieth. Rarer ones say
 * too little, commoner ones nothing about slowness. The objective's own is always last, even when it is among the others: it is what
 * was promised, and weighs twice then.
 */
export function judgedBounds(tails: readonly Tail[], objective: Tail): readonly Tail[] {
  const usable = tails.filter(({ tail }) => tail >= leastTail && tail <= mostTail)
  const chosen = new Set(usable.length > 0 ? wantedTails.map((wanted) => nearest(usable, wanted)) : [])
  return [...[...chosen].sort((a, b) => a.bound - b.bound), objective]
}

/** Bucket counts are exact: nothing is interpolated. */
export const tailsOf = (bounds: readonly number[], { timed, within }: Tally): readonly Tail[] =>
  bounds.map((bound, i) => ({ bound, tail: timed > 0 ? (timed - (within[i] ?? 0)) / timed : 0 }))

const wantedTails = [0.3, 0.1, 0.02]
const [leastTail, mostTail] = [0.01, 0.5]

/** On the logarithmic scale, where twice as many is as far as half as many. */
function nearest(tails: readonly Tail[], wanted: number): Tail {
  const distance = ({ tail }: Tail) => Math.abs(Math.log(tail / wanted))
  return tails.reduce((best, next) => (distance(next) < distance(best) ? next : best))
}
