// How one simulated release ended.
import type { Random } from './random.ts'
import type { World } from './world.ts'

/** Times are seconds since the canary's first request was possible. */
export interface Run {
  /** `undecided`: neither taken back nor final when the time was over. */
  readonly outcome: 'rolled-back' | 'promoted' | 'undecided'
  readonly at: number
  /** When the canary had the traffic that it may have before it is final; absent when it never did. */
  readonly full?: number
  /** Requests that failed or were slow and would not have been with the stable revision, until the horizon. */
  readonly harm: number
  /** Changes of the weight up to full traffic. */
  readonly shifts: number
}

/** A way to release: it takes a world and tells how it ended there. */
export type Policy = (world: World, random: Random) => Run
