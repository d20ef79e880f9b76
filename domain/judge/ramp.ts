// How much a calm canary may weigh: no more than the upper bound on its harm allows, on the rungs of a ladder.
import type { Setup } from './evidence.ts'
import type { Method } from './method.ts'

/** What keeps the weight from being more. */
export type Limit = 'first' | 'risk' | 'impact' | 'schedule' | 'most' | 'unseen'

/** Where the canary stands. Weights and bounds are fractions of 1, times seconds. */
export interface Rung {
  readonly weight: number
  /** Since when, and the canary's requests since then. */
  readonly since: number
  readonly onRung: number
  /** U: the upper bound on the harm. */
  readonly atMost: number
}

/**
 * The blind first window puts `firstRequests` at risk, and an absence of Slipway `stepRequests`: the lesser of
 * firstRequests/(rate·lag) and stepRequests/(rate·absence). With an unknown rate it is the least there is.
 */
export function firstWeight(setup: Setup): number {
  const { method, baseline } = setup
  const { rate } = baseline
  if (rate === undefined) return method.minWeight
  const { firstRequests, stepRequests, absence = 0 } = method
  const share = Math.min(firstRequests / lagOf(setup), stepRequests / absence) / rate
  return onLadder(method, Math.min(Math.max(share, method.minWeight), method.firstMax))
}

/**
 * The weight that the evidence allows: w = max(w, min(most, stepRequests/(rate·lag·U), max(maxErrorRise/U, schedule))), on the ladder.
 * The first bound keeps the requests at risk before the next look within their budget, the second the service's error rate; the
 * schedule lets a calm release of little traffic go on.
 */
export function nextWeight(
  setup: Setup,
  rung: Rung,
  at: number,
  rate: number,
): { readonly weight: number; readonly cause: Limit } {
  const { method } = setup
  const { weight } = rung
  const { most, cause } = limitOf(setup, Math.max(rung.atMost, 1e-6), at, rate)
  const allowed = onLadder(method, most)
  if (allowed <= weight) return { weight, cause: rung.since === 0 ? 'first' : cause }
  if (rung.onRung < method.rungRequests) return { weight, cause: 'unseen' }
  return { weight: allowed, cause }
}

/** The most that the upper bound allows, and which of the limits says so. */
function limitOf(
  setup: Setup,
  u: number,
  at: number,
  rate: number,
): { readonly most: number; readonly cause: Limit } {
  const { method } = setup
  const schedule = method.unprovenMax * Math.min(1, at / (method.scheduleShare * method.deadline))
  const risk = method.stepRequests / (rate * lagOf(setup) * u)
  const impact = method.maxErrorRise / u
  const most = Math.min(method.unprovenMax, risk, Math.max(impact, schedule))
  if (most === method.unprovenMax) return { most, cause: 'most' }
  if (most === risk) return { most, cause: 'risk' }
  return { most, cause: schedule > impact ? 'schedule' : 'impact' }
}

/** Seconds from an answer to the first one that a new weight made: it is counted, read, and acted on. */
const lagOf = ({ method, baseline }: Setup): number => baseline.interval * (1 + method.lagTicks)

/** The highest rung that is allowed; the lowest when none is. */
function onLadder({ ladder, rungSlack }: Method, weight: number): number {
  if (ladder.length === 0) return weight
  const below = ladder.filter((rung) => rung <= weight * rungSlack + 1e-12)
  return below.at(-1) ?? ladder[0] ?? weight
}
