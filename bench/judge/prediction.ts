// What the simulation expects of a trial: the same fault, traffic and reading interval, many times over.
import { defaultMethod } from '../../domain/judge/method.ts'
import { simulateCell } from '../../domain/simulation/cell.ts'
import { policiesWith } from '../../domain/simulation/policies.ts'
import type { Summary } from '../../domain/simulation/summary.ts'
import type { Conditions as World } from '../../domain/simulation/world.ts'
import { base, blackout, objectives, type Scenario } from './scenarios.ts'

/** Seconds are counted from the canary's first traffic. */
export interface Prediction {
  readonly slipway: Summary
  /** The same canary under Flagger's settings, its defaults and the fastest that are still used. */
  readonly flagger: Summary
  readonly flaggerFast: Summary
  /** From the canary's first traffic until it is taken back. */
  readonly back?: { readonly median: number; readonly p95: number }
}

const runs = 200
const seed = [1] as const

/** Undefined for what the simulation does not know. `interval`: seconds between two readings of the gateway. */
export function predict(scenario: Scenario, rate: number, interval: number): Prediction | undefined {
  if (scenario.silent) return undefined
  const world = worldOf(rate, scenario)
  const policies = policiesWith({ ...defaultMethod, tick: interval, bake: scenario.bake })
  const cell = (policy: keyof typeof policies) => simulateCell(policies[policy], world, runs, seed)
  const slipway = cell('slipway')
  const onset = scenario.truth.leak?.from ?? 0
  const { detected } = slipway
  return {
    slipway,
    flagger: cell('flagger'),
    flaggerFast: cell('flagger-fast'),
    ...(detected && { back: { median: detected.median + onset, p95: detected.p95 + onset } }),
  }
}

/** When an identical canary is full in half of all releases, in seconds. */
export function usualFull(rate: number, interval: number): number {
  const method = { ...defaultMethod, tick: interval }
  const { full } = simulateCell(policiesWith(method).slipway, worldOf(rate), runs, seed)
  return full?.median ?? method.deadline
}

const worldOf = (rate: number, scenario?: Scenario): World => ({
  truth: scenario?.truth ?? {},
  rate,
  base,
  ...objectives,
  ...(scenario?.metrics && { outage: blackout }),
})
