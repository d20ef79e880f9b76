// What the stable side has been like: measured once before the canary gets its first request.

/** Plain JSON. Shares are fractions of 1. */
export interface Baseline {
  /** The App's requests a second in the last minutes; absent when the metrics could not say. */
  readonly rate?: number
  /** Seconds between two readings of the gateway. */
  readonly interval: number
  /** What the history held, earlier canaries cut out. */
  readonly requests: number
  readonly errors: number
  /** φ: how much burstier than independent the errors are; 1 when they are not. */
  readonly dispersion: number
  /** The latency bounds that are judged, in seconds, with the share of stable's answers that were slower; the objective's own is last. */
  readonly latency: readonly { readonly bound: number; readonly tail: number }[]
}
