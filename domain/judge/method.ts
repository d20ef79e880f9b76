// The parameters of the sequential test and of the ramp, with what each costs. Times are seconds, shares fractions of 1.

export interface Method {
  /** Seconds between two looks: how often the gateway is read. */
  readonly tick: number
  /** Looks until a change of the weight shows in the counts, beyond the one that is being waited for. */
  readonly lagTicks: number
  /** α: the chance that a canary within the tolerance is ever rolled back. */
  readonly alpha: number
  /** β: the chance that the upper bound on the harm is ever too low. */
  readonly beta: number

  /** R of the error tests: by how much the alternatives multiply the error rate. */
  readonly ratios: readonly number[]
  /** R of the latency tests. */
  readonly latencyRatios: readonly number[]
  /** The share of the wealth that never bets. */
  readonly cash: number
  /** ε of the fixed share: how much of the wealth is spread anew at each block, so that late harm is found too. */
  readonly share: number
  /** The most wealth that a process may hold. */
  readonly cap: number
  /** λ of the upper bound's bets. */
  readonly lambdas: readonly number[]

  /** ρ and δ of H0 for errors: p_canary ≤ ρ·p_stable + δ. */
  readonly errorRatio: number
  readonly errorTolerance: number
  /** The upper bound at which errors are proven safe. */
  readonly errorMargin: number
  /** ρ and δ of H0 for the share of requests slower than a bound. */
  readonly latencyRatio: number
  readonly latencyTolerance: number
  /** A bound's tail is proven safe when it rose by at most `share` of itself plus `rise`. */
  readonly latencyMargin: { readonly share: number; readonly rise: number }
  /** δ of the absolute latency test: the share of requests that may miss the latency objective. */
  readonly slowObjective: number
  /** The weights of the mean of e-processes; they sum to at most 1. */
  readonly weights: {
    readonly errors: number
    readonly reference: number
    readonly objective: number
    readonly latency: number
    readonly slow: number
  }
  /** How much worse than its history the stable side may be today, as a factor. */
  readonly referenceDrift: number

  /** Requests at risk in the blind first window. */
  readonly firstRequests: number
  /**
   * Seconds for which nobody may look, all of Slipway being down: the first weight risks no more than `stepRequests` in them.
   * Nothing in the plans that earlier versions made.
   */
  readonly absence?: number
  /** The most weight that may begin. */
  readonly firstMax: number
  /** Requests at risk until the next look. */
  readonly stepRequests: number
  readonly minWeight: number
  /** The most weight before the release is proven safe or due. */
  readonly unprovenMax: number
  /** The weight at full: the rest is kept with stable to compare with. */
  readonly fullWeight: number
  /** The weight at which a doubt is verified, and the stable requests and seconds that make that possible. */
  readonly verifyWeight: number
  readonly verifyRequests: number
  readonly verifySeconds: number
  /** The most by which the whole service's error rate may rise, with the upper bound's confidence. */
  readonly maxErrorRise: number
  /** The weights that the ramp may take, ascending; empty: any. */
  readonly ladder: readonly number[]
  /** A rung may be over what is allowed by this factor: a rate is known with some noise, and a rung lower is a multiple lower. */
  readonly rungSlack: number
  /** Canary requests without which a rung is not left for a higher one. */
  readonly rungRequests: number

  /** Evidence of harm that retreats, that lets go on again, and that mutes what stable shows too. */
  readonly soft: number
  readonly clear: number
  readonly veto: number
  /** Head-to-head evidence that absolute evidence needs beside it. */
  readonly corroborate: number
  /** The most that one look of a bursty service may say, as an exponent. */
  readonly burstCap: number
  /** The part of the deadline after which an unproven but calm release holds `unprovenMax`. */
  readonly scheduleShare: number

  /** Seconds after which a calm release goes on unproven; and whether it then does. */
  readonly deadline: number
  readonly onDeadline: 'promote' | 'hold'
  /** Seconds of watch after full. */
  readonly bake: number
  /** Canary requests below which the deadline decides nothing. */
  readonly minRequests: number
  /** Seconds after which the whole watch ends, and what then becomes of a release that is still in doubt. */
  readonly maxDuration: number
  readonly onInconclusive: 'hold' | 'rollback' | 'promote'
  /** Seconds without metrics after which the canary gets no traffic. */
  readonly blindAfter: number
  /** Seconds of a canary's first answers whose latency is not judged. */
  readonly warmup: number
}

/** Of each parameter the default that the simulation was run with; `docs/judge.md` says what it costs. */
export const defaultMethod: Method = {
  tick: 5,
  lagTicks: 1,
  alpha: 0.01,
  beta: 0.05,
  ratios: [1.25, 1.7, 3, 8, 40, 250],
  latencyRatios: [1.1, 1.25, 1.5, 2, 3, 5],
  cash: 0.2,
  share: 0.01,
  cap: 1e6,
  lambdas: [0.1, 0.3, 0.6, 0.9],
  errorRatio: 1,
  errorTolerance: 0.001,
  errorMargin: 0.005,
  latencyRatio: 1.15,
  latencyTolerance: 0.0025,
  latencyMargin: { share: 0.4, rise: 0.01 },
  slowObjective: 0.01,
  weights: { errors: 0.3, reference: 0.25, objective: 0.1, latency: 0.25, slow: 0.1 },
  referenceDrift: 1.1,
  firstRequests: 10,
  absence: 25,
  firstMax: 0.1,
  stepRequests: 30,
  minWeight: 0.001,
  unprovenMax: 0.5,
  fullWeight: 0.95,
  verifyWeight: 0.2,
  verifyRequests: 60,
  verifySeconds: 60,
  maxErrorRise: 0.03,
  ladder: [0.001, 0.01, 0.05, 0.1, 0.2, 0.5],
  rungSlack: 1.25,
  rungRequests: 1,
  soft: 10,
  clear: 3,
  veto: 3,
  corroborate: 10,
  burstCap: 3,
  scheduleShare: 0.5,
  deadline: 300,
  onDeadline: 'promote',
  bake: 600,
  minRequests: 2,
  maxDuration: 1500,
  onInconclusive: 'hold',
  blindAfter: 60,
  warmup: 5,
}
