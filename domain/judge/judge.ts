// The judge's interface: counts in, verdict out. Pure; its state is plain JSON that survives a heartbeat and a retry.

/** What the gateway has counted for one revision at one of its instances since that instance started. Never a rate. */
export interface Counts {
  readonly revision: string
  /** Which proxy counted: counters restart with it. */
  readonly instance: string
  /** When the proxy was read, in milliseconds since the epoch. */
  readonly at: number
  readonly requests: number
  /** Answers of class 5xx. */
  readonly errors: number
  /** Answers within the latency objective. */
  readonly fast: number
}

/** One look at the gateway's counters, all revisions of one App. */
export interface Reading {
  /** When the question was asked, in milliseconds since the epoch, by the metrics' own clock. */
  readonly at: number
  readonly counts: readonly Counts[]
  /** The route as a whole: what exceeds the revisions' sum, the gateway answered by itself (no ready pod). */
  readonly route: readonly Counts[]
}

/** Requests of one revision in some stretch of time. */
export interface Tally {
  readonly requests: number
  readonly errors: number
  readonly fast: number
}

/** The numbers behind a verdict. */
export interface Evidence {
  /** Milliseconds since the epoch. */
  readonly from: number
  readonly to: number
  readonly canary: Tally
  readonly stable: Tally
  readonly looks: number
}

export type Verdict =
  /** The step's time is over and every objective is met on enough requests. */
  | { readonly kind: 'safe'; readonly reason: string; readonly evidence: Evidence }
  /** An objective is broken often enough in a row. */
  | { readonly kind: 'harmful'; readonly reason: string; readonly evidence: Evidence }
  /** Keep looking; `noData` says what is missing when that is the reason. */
  | {
      readonly kind: 'undecided'
      readonly reason: string
      readonly noData: boolean
      readonly evidence: Evidence
    }

/** What a judge is asked to hold a canary against. Shares are fractions of 1. */
export interface Objectives {
  /** At least this share of requests must not be 5xx. */
  readonly success: number
  /** At least `share` of requests must be answered within `below` seconds. */
  readonly latency?: { readonly below: number; readonly share: number }
  /** Requests that must be seen before anything is decided; the judge has its own default. */
  readonly requests?: number
}

/** One step's question. */
export interface Question {
  readonly canary: string
  readonly stable: string | undefined
  readonly objectives: Objectives
  /** When the gateway began to serve the step's weight, in milliseconds since the epoch. */
  readonly since: number
  /** How long to look at least, in milliseconds. */
  readonly for: number
}

/** State is opaque to all but the judge that made it: plain JSON under 16 KB. */
export interface Judge<State> {
  /** The state before the first look. */
  readonly begin: () => State
  /** Takes one reading into account. A reading seen twice changes nothing. */
  readonly judge: (
    question: Question,
    state: State,
    reading: Reading,
  ) => { readonly state: State; readonly verdict: Verdict }
}
