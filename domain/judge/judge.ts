// The judges' common words: counts in, verdict out. A judge is pure; its state is plain JSON that survives a heartbeat and a retry.

/** Requests of one revision: since its counter began, or in some stretch of time. */
export interface Tally {
  readonly requests: number
  /** Answers of class 5xx. */
  readonly errors: number
  /** Requests that the latency histogram holds: its `+Inf` bucket; 0 when nobody asked for latency. */
  readonly timed: number
  /** For each bound that was asked for, in its order: the answers that took no longer. */
  readonly within: readonly number[]
}

/** What the gateway has counted for one revision at one of its instances since that instance started. Never a rate. */
export interface Counts extends Tally {
  readonly revision: string
  /** Which proxy counted: counters restart with it. */
  readonly instance: string
  /** When the proxy was read, in milliseconds since the epoch. */
  readonly at: number
}

/** One look at the gateway's counters, all revisions of one App. */
export interface Reading {
  /** When the question was asked, in milliseconds since the epoch, by the metrics' own clock. */
  readonly at: number
  /** When the gateway itself was last read, whether or not it has counted anything of this App; absent when it was not read of late. */
  readonly scrapedAt?: number
  /** Milliseconds between two readings of the gateway, as they were seen; absent when too few were. */
  readonly interval?: number
  readonly counts: readonly Counts[]
  /** The route as a whole: what exceeds the revisions' sum, the gateway answered by itself (no ready pod). */
  readonly route: readonly Counts[]
}

/** The gateway's counters as they were at the end of each minute of some stretch of the past: revisions only, all latency bounds. */
export interface History {
  /** The bounds that the gateway counts latency by, in seconds, ascending; `within` of each count follows them. */
  readonly bounds: readonly number[]
  /** Oldest first; a minute without data is left out. */
  readonly readings: readonly Reading[]
}

/** What a judge is asked to hold a canary against. Shares are fractions of 1. */
export interface Objectives {
  /** At least this share of requests must not be 5xx. */
  readonly success: number
  /** At least `share` of requests must be answered within `below` seconds. */
  readonly latency?: { readonly below: number; readonly share: number }
}

/** The numbers behind a verdict. */
export interface Evidence {
  /** Milliseconds since the epoch. */
  readonly from: number
  readonly to: number
  readonly canary: Tally
  readonly stable: Tally
  readonly looks: number
  /** What the sequential test makes of them; absent with fixed thresholds. */
  readonly test?: TestResult
}

/** Where the sequential test stands. Shares are fractions of 1; rises and falls are in absolute share of requests. */
export interface TestResult {
  /** Evidence of harm: a test supermartingale, 1 at the start. */
  readonly harm: number
  /** The evidence of harm at which the release is taken back: 1/α. */
  readonly limit: number
  /** The evidence by its source: head-to-head errors and latency, the frozen reference, the objectives. */
  readonly sources: {
    readonly errors: number
    readonly latency: number
    readonly reference: number
    readonly objective: number
    readonly slow: number
  }
  /** With `confidence`, the canary is at most this much worse than stable. */
  readonly atMost: number
  /** With 1 − α, the canary is at least this much worse than stable; negative while nothing is shown. */
  readonly atLeast: number
  readonly confidence: number
  /** Requests harmed so far: bad answers of the canary beyond stable's share of them in the same minutes. */
  readonly harmed: number
  /** The smallest rise of the error rate that this traffic reveals by the deadline in nine of ten releases; absent while unknown. */
  readonly detectable?: number
  /** Whether it is shown that the canary is not worse than the margin allows. */
  readonly proven: boolean
  /** The App's requests a second, as they are now. */
  readonly rate: number
  /** Why the weight is what it is, in one sentence. */
  readonly why: string
}

export type Verdict =
  /** The watch is over and the judge is content. `proven` is absent with fixed thresholds. */
  | {
      readonly kind: 'safe'
      readonly reason: string
      readonly evidence: Evidence
      readonly proven?: boolean
    }
  /** It must be taken back. */
  | { readonly kind: 'harmful'; readonly reason: string; readonly evidence: Evidence }
  /** Keep looking; `noData` says that data is missing and `reason` says which. */
  | {
      readonly kind: 'undecided'
      readonly reason: string
      readonly noData: boolean
      readonly evidence: Evidence
      /** What the judge allows the canary from now on; absent with fixed thresholds, where the plan alone says. */
      readonly course?: Course
    }

/** The canary's share, as the judge wants it. */
export interface Course {
  /** Thousandths. */
  readonly weight: number
  readonly phase: 'ramp' | 'verify' | 'full' | 'blind'
  /** `2/4` of listed steps. */
  readonly step?: string
}

/** A judge's answer: what to remember, and what it thinks. */
export interface Judged<State> {
  readonly state: State
  readonly verdict: Verdict
}
