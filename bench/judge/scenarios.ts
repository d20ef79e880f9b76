// The faults that a release can meet, each as a real App would have it and as the simulation knows it.
import type { Truth } from '../../domain/simulation/world.ts'

export interface Scenario {
  readonly name: string
  /** What the canary does that stable does not: the environment of `bench/app`. */
  readonly fault: Readonly<Record<string, string>>
  /** The same for the simulation. */
  readonly truth: Truth
  /** What must become of it; `held`: it stays where it is and says why. */
  readonly expected: 'promoted' | 'rolled-back' | 'held'
  /** Seconds of watch after full. */
  readonly bake: number
  /** What happens to the metrics, once the canary has traffic. */
  readonly metrics?: 'stopped' | 'nan'
  /** Nobody sends a request. */
  readonly silent?: true
  /** It touches everybody's metrics: no other App beside it. */
  readonly alone?: true
  /** The most requests that it may harm at 100 requests a second. */
  readonly mostHarmed?: number
}

/** How both sides behave without a fault: one request in a thousand fails, half of the answers take longer than 80 ms. */
export const usual = { FAILURE_RATE: '0.001', LATENCY_MS: '80' } as const
export const base = 0.001

/** What is asked of both: latency as most services would. */
export const objectives = { success: 0.99, latency: { below: 0.5, share: 0.99 } } as const

/** Seconds from the canary's first traffic, when the metrics are away. */
export const blackout = { from: 5, until: 95 } as const

const leakPerMinute = 0.005
const mostLeaked = 0.1
const shortBake = 30

/** `leakAfter`: seconds from the canary's first request until it begins to leak. */
export function scenarios(leakAfter: number): readonly Scenario[] {
  const leak = { from: leakAfter, perMinute: leakPerMinute, most: mostLeaked }
  return [
    { name: 'identical', fault: {}, truth: {}, expected: 'promoted', bake: shortBake },
    {
      name: 'broken',
      fault: { FAILURE_RATE: '1' },
      truth: { errors: 1 },
      expected: 'rolled-back',
      bake: shortBake,
      mostHarmed: 20,
    },
    {
      name: 'plus10pp',
      fault: { FAILURE_RATE: String(base + 0.1) },
      truth: { errors: 0.1 },
      expected: 'rolled-back',
      bake: shortBake,
      mostHarmed: 20,
    },
    {
      name: 'plus2pp',
      fault: { FAILURE_RATE: String(base + 0.02) },
      truth: { errors: 0.02 },
      expected: 'rolled-back',
      bake: shortBake,
      mostHarmed: 40,
    },
    {
      name: 'latency-x2',
      fault: { LATENCY_MS: '160' },
      truth: { latency: 2 },
      expected: 'rolled-back',
      bake: shortBake,
    },
    {
      name: 'leak',
      fault: { LEAK_AFTER: String(leakAfter), LEAK_PER_MINUTE: String(leakPerMinute) },
      truth: { leak },
      expected: 'rolled-back',
      bake: 600,
    },
    { name: 'no-traffic', fault: {}, truth: {}, expected: 'held', bake: shortBake, silent: true },
    { name: 'metrics-nan', fault: {}, truth: {}, expected: 'promoted', bake: shortBake, metrics: 'nan' },
    {
      name: 'metrics-stopped',
      fault: {},
      truth: {},
      expected: 'promoted',
      bake: shortBake,
      metrics: 'stopped',
      alone: true,
    },
  ]
}
