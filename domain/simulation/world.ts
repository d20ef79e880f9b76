// The world that a simulated release meets: Poisson traffic, errors that come alone or in bursts, lognormal latency in histogram buckets.
import { binomial } from './binomial.ts'
import { negativeBinomial } from './negative-binomial.ts'
import { upperTail } from './normal.ts'
import { poisson } from './poisson.ts'
import type { Random } from './random.ts'

/** How the canary really differs from stable. Shares are fractions of 1. */
export interface Truth {
  /** Added to the error rate. */
  readonly errors?: number
  /** The factor on every answer's time. */
  readonly latency?: number
  /** The error rate begins to rise at `from` (seconds), by `perMinute` a minute, up to `most`. */
  readonly leak?: { readonly from: number; readonly perMinute: number; readonly most: number }
}

export interface Conditions {
  readonly truth: Truth
  /** The App's requests a second. */
  readonly rate: number
  /** The stable revision's error rate. */
  readonly base: number
  /** What both are asked for: success, and a share of answers within seconds. */
  readonly success: number
  readonly latency?: { readonly below: number; readonly share: number }
  /** Answers' time: the median in seconds, and the standard deviation of its logarithm. */
  readonly median?: number
  readonly sigma?: number
  /** Both sides' error rate is higher by `errors` from `from` until `until`. */
  readonly drift?: { readonly from: number; readonly until: number; readonly errors: number }
  /** The mean number of errors that come together; 1: each comes alone. */
  readonly burst?: number
  /** Seconds over which harm is counted, and after which a release that is not over is undecided; half an hour when absent. */
  readonly horizon?: number
  /** No metrics from `from` until `until`; the counters go on. */
  readonly outage?: { readonly from: number; readonly until: number }
}

/** The conditions with what follows from them. */
export interface World extends Conditions {
  readonly horizon: number
  readonly median: number
  readonly sigma: number
  /** In seconds, ascending; the objective's bound is among them. */
  readonly bounds: readonly number[]
  /** For each bound the share of answers that are slower. */
  readonly stableTails: readonly number[]
  readonly canaryTails: readonly number[]
  /** Which bound is the objective's; −1 without one. */
  readonly objective: number
  /** `harmAfter` is asked for the same few moments again and again. */
  readonly harms: Map<number, number>
}

/** What one revision answered in a stretch of time. `slow[j]`: slower than bound j, of those that were asked for. */
export interface Answers {
  readonly requests: number
  readonly errors: number
  readonly slow: readonly number[]
}

/** The bounds of a gateway's histogram, in seconds. */
const histogram = [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5]

export function createWorld(conditions: Conditions): World {
  const { latency, truth, median = 0.08, sigma = 0.6, horizon = 1800 } = conditions
  const objectives = latency ? [latency.below] : []
  const bounds = [...new Set([...histogram, ...objectives])].sort((a, b) => a - b)
  const tails = (factor: number) =>
    bounds.map((bound) => upperTail(Math.log(bound / (median * factor)) / sigma))
  return {
    ...conditions,
    median,
    sigma,
    horizon,
    bounds,
    stableTails: tails(1),
    canaryTails: tails(truth.latency ?? 1),
    objective: latency ? bounds.indexOf(latency.below) : -1,
    harms: new Map(),
  }
}

/** What a revision answers when `expected` requests are expected around the moment `at`, counted by the bounds with these indices. */
export function answer(
  world: World,
  random: Random,
  side: 'canary' | 'stable',
  expected: number,
  at: number,
  bounds: readonly number[],
): Answers {
  const requests = poisson(random, expected)
  const errors = drawErrors(world, random, requests, errorRate(world, side, at))
  const tails = side === 'canary' ? world.canaryTails : world.stableTails
  let [slower, share] = [requests, 1]
  const slow: number[] = []
  for (const bound of bounds) {
    const tail = tails[bound] ?? 0
    slower = binomial(random, slower, Math.min(1, tail / share))
    share = tail
    slow.push(slower)
  }
  return { requests, errors, slow }
}

function drawErrors({ burst = 1 }: World, random: Random, requests: number, rate: number): number {
  if (burst <= 1) return binomial(random, requests, rate)
  const bursts = poisson(random, (requests * rate) / burst)
  return Math.min(requests, bursts + negativeBinomial(random, bursts, 1 / burst))
}

/** The share of requests that fail at that moment. */
export function errorRate(world: World, side: 'canary' | 'stable', at: number): number {
  const { drift, base } = world
  const stable = base + (drift && at >= drift.from && at < drift.until ? drift.errors : 0)
  return side === 'stable' ? stable : Math.min(1, stable + excess(world.truth, at))
}

function excess({ errors = 0, leak }: Truth, at: number): number {
  if (!leak) return errors
  return Math.min(leak.most, Math.max(0, ((at - leak.from) / 60) * leak.perMinute))
}

/** Of each canary request, how much of it fails or misses the latency objective beyond what stable would have done. */
export function harmRate(world: World, at: number): number {
  const { objective, canaryTails, stableTails, truth } = world
  const failed = Math.min(excess(truth, at), 1 - errorRate(world, 'stable', at))
  return failed + (canaryTails[objective] ?? 0) - (stableTails[objective] ?? 0)
}

const parts = 200

/** What a canary that holds all traffic from `at` on harms until the horizon, by the trapezoidal rule. */
export function harmAfter(world: World, at: number): number {
  const { horizon } = world
  if (at >= horizon) return 0
  const known = world.harms.get(at)
  if (known !== undefined) return known
  const width = (horizon - at) / (parts - 1)
  let sum = (harmRate(world, at) + harmRate(world, horizon)) / 2
  for (let i = 1; i < parts - 1; i++) sum += harmRate(world, at + i * width)
  const harm = world.rate * sum * width
  world.harms.set(at, harm)
  return harm
}

/** Whether the metrics are lost at that moment. */
export const isBlind = ({ outage }: World, at: number): boolean =>
  outage !== undefined && at >= outage.from && at < outage.until
