// What all tests together say about one canary: each block of counts is bet on, and the bets are averaged.
import type { Baseline } from './baseline.ts'
import { bet, type EProcess, type Hypothesis, newEProcess, type Pair } from './e-process.ts'
import { type LowerBound, newLowerBound, raise } from './lower-bound.ts'
import type { Method } from './method.ts'
import { frozenReference } from './reference.ts'
import { newUpperBound, tighten, type UpperBound } from './upper-bound.ts'

/** What one side counted since the last look. */
export interface Side {
  readonly requests: number
  readonly errors: number
  /** Requests that the latency histogram holds. */
  readonly timed: number
  /** Requests slower than each bound of the baseline, the objective's own last. */
  readonly slow: readonly number[]
}

export interface Block {
  readonly canary: Side
  readonly stable: Side
}

/** What a canary is judged by. */
export interface Setup {
  readonly method: Method
  readonly baseline: Baseline
  /** The share of requests that must succeed. */
  readonly success: number
}

/** Every test of one release. Plain JSON. */
export interface Tests {
  /** Head-to-head: errors, and the share of requests slower than each bound. */
  readonly errors: EProcess
  readonly latency: readonly EProcess[]
  /** The canary against stable's own past, and against the objectives. */
  readonly reference: EProcess
  readonly objective: EProcess
  readonly slow: EProcess
  /** The same tests on stable: what it shows too is not the canary's doing. */
  readonly stableReference: EProcess
  readonly stableObjective: EProcess
  readonly stableSlow: EProcess
  /** Head-to-head, begun anew when a doubt is verified. */
  readonly freshErrors: EProcess
  readonly freshSlow: EProcess
  readonly upperErrors: UpperBound
  readonly upperLatency: readonly UpperBound[]
  readonly lower: LowerBound
}

export function newTests({ method, baseline }: Setup): Tests {
  const errors = newEProcess(method.ratios, method)
  const latency = newEProcess(method.latencyRatios, method)
  return {
    errors,
    latency: baseline.latency.map(() => latency),
    reference: errors,
    objective: errors,
    slow: errors,
    stableReference: errors,
    stableObjective: errors,
    stableSlow: errors,
    freshErrors: errors,
    freshSlow: latency,
    upperErrors: newUpperBound(method),
    upperLatency: baseline.latency.map(() => newUpperBound(method)),
    lower: newLowerBound(method),
  }
}

/** Begins anew what must not remember: the head-to-head check of a doubt, and stable's own tests. */
export function freshTests(setup: Setup, tests: Tests): Tests {
  const { freshErrors, freshSlow, stableReference, stableObjective, stableSlow } = newTests(setup)
  return { ...tests, freshErrors, freshSlow, stableReference, stableObjective, stableSlow }
}

/** Bets one block in every test. A fresh test that was never begun anew is the one that it stands beside. */
export function observe(setup: Setup, tests: Tests, block: Block): Tests {
  const { method, baseline } = setup
  const { canary, stable } = block
  const failed: Pair = { n: canary.requests, x: canary.errors, m: stable.requests, y: stable.errors }
  const { relative, reference, objective } = hypotheses(setup)
  const [ofCanary, ofStable] = [alone(failed.n, failed.x), alone(failed.m, failed.y)]
  const errors = bet(tests.errors, relative, failed, method)
  const late = baseline.latency.length > 0 ? observeLatency(setup, tests, block) : tests
  return {
    errors,
    latency: late.latency,
    reference: bet(tests.reference, reference, ofCanary, method),
    objective: bet(tests.objective, objective, ofCanary, method),
    slow: late.slow,
    stableReference: bet(tests.stableReference, reference, ofStable, method),
    stableObjective: bet(tests.stableObjective, objective, ofStable, method),
    stableSlow: late.stableSlow,
    freshErrors:
      tests.freshErrors === tests.errors ? errors : bet(tests.freshErrors, relative, failed, method),
    freshSlow: late.freshSlow,
    upperErrors: tighten(tests.upperErrors, failed, method, baseline.dispersion),
    upperLatency: late.upperLatency,
    lower: raise(tests.lower, failed, method),
  }
}

const alone = (n: number, x: number): Pair => ({ n, x, m: 0, y: 0 })

function observeLatency(
  { method, baseline }: Setup,
  tests: Tests,
  { canary, stable }: Block,
): Pick<Tests, 'latency' | 'upperLatency' | 'freshSlow' | 'slow' | 'stableSlow'> {
  const worse = hypothesis(method.latencyRatio, method.latencyTolerance, method.latencyRatios, 1)
  const missed = hypothesis(0, method.slowObjective, method.ratios, 1)
  const late = baseline.latency.map(
    (_, j): Pair => ({ n: canary.timed, x: canary.slow[j] ?? 0, m: stable.timed, y: stable.slow[j] ?? 0 }),
  )
  const last = late.length - 1
  const own = known(late[last])
  const latency = late.map((pair, j) => bet(known(tests.latency[j]), worse, pair, method))
  return {
    latency,
    upperLatency: late.map((pair, j) => tighten(known(tests.upperLatency[j]), pair, method)),
    freshSlow:
      tests.freshSlow === tests.latency[last]
        ? known(latency[last])
        : bet(tests.freshSlow, worse, own, method),
    slow: bet(tests.slow, missed, alone(own.n, own.x), method),
    stableSlow: bet(tests.stableSlow, missed, alone(own.m, own.y), method),
  }
}

/** What each test of errors bets against. */
function hypotheses({ method, baseline, success }: Setup) {
  const { ratios } = method
  const { dispersion } = baseline
  return {
    relative: hypothesis(method.errorRatio, method.errorTolerance, ratios, dispersion),
    reference: hypothesis(0, frozenReference(baseline, method), ratios, dispersion),
    objective: hypothesis(0, 1 - success, ratios, dispersion),
  }
}

const hypothesis = (
  ratio: number,
  tolerance: number,
  ratios: readonly number[],
  dispersion: number,
): Hypothesis => ({ ratio, tolerance, ratios, dispersion })

/** The evidence as a whole, and where it comes from. */
export interface Weighed {
  /** M: the weighted mean of the tests, 1 at the start. */
  readonly harm: number
  /** Its head-to-head part. */
  readonly relative: number
  /** The mean of the latency tests; 0 when latency is not judged. */
  readonly latency: number
}

/**
 * The weighted mean of the tests; a mean of e-processes is one (Vovk & Wang 2021). While stable shows the same evil, the absolute
 * tests are mute: dropping a term only lowers the mean. Without a latency objective its weight goes to the others.
 */
export function weigh({ method, baseline }: Setup, tests: Tests): Weighed {
  const { weights, veto } = method
  const timed = baseline.latency.length > 0
  const scale = timed ? 1 : 1 / (weights.errors + weights.reference + weights.objective)
  const latency = timed ? mean(tests.latency) : 0
  const sick = tests.stableReference.m >= veto || tests.stableObjective.m >= veto
  const absolute = sick ? 0 : weights.reference * tests.reference.m + weights.objective * tests.objective.m
  const slow = timed && tests.stableSlow.m < veto ? weights.slow * tests.slow.m : 0
  const relative = scale * (weights.errors * tests.errors.m + weights.latency * latency)
  return { harm: relative + scale * (absolute + slow), relative, latency }
}

/** The upper bound on the harm: errors, and answers that miss the latency objective once any were judged: pods warm up first. */
export function atMost({ upperErrors, upperLatency }: Tests): number {
  const late = upperLatency.at(-1)
  return late && late.requests > 0 ? Math.max(upperErrors.u, late.u) : upperErrors.u
}

/** Whether every bound is within its margin. */
export function isProven({ method, baseline }: Setup, { upperErrors, upperLatency }: Tests): boolean {
  const { share, rise } = method.latencyMargin
  return (
    upperErrors.u <= method.errorMargin &&
    baseline.latency.every(({ tail }, j) => known(upperLatency[j]).u <= share * tail + rise)
  )
}

const mean = (tests: readonly EProcess[]): number => tests.reduce((sum, { m }) => sum + m, 0) / tests.length

function known<T>(one: T | undefined): T {
  if (one === undefined)
    throw new Error('there are fewer tests than latency bounds: the baseline has changed')
  return one
}
