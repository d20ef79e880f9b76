// What an App's own release settings would catch with its traffic, how fast, and at what cost.
import { methodOf } from '../analysis.ts'
import type { Steps } from '../judge/engine.ts'
import { defaultMethod } from '../judge/method.ts'
import type { ReleaseSpec } from '../release-spec.ts'
import { simulateCell } from './cell.ts'
import { fixedSteps } from './fixed-steps.ts'
import type { Policy } from './run.ts'
import { slipway } from './slipway.ts'
import type { Summary } from './summary.ts'
import { type TruthName, truthNames, truths } from './truths.ts'
import type { Conditions } from './world.ts'

export interface ForecastQuestion {
  readonly release: ReleaseSpec
  /** Requests a second. */
  readonly rate: number
  /** Stable's error rate. */
  readonly base: number
  /** Seconds between two readings of the gateway. */
  readonly tick: number
  readonly runs: number
  readonly seed: number
}

export type Told =
  | { readonly kind: 'canary'; readonly truth: TruthName; readonly summary: Summary }
  /** The smallest rise of the error rate that nine of ten releases reveal; absent when not even an outright failure is. */
  | { readonly kind: 'revealed'; readonly rise?: number }

/** One answer after the other: every kind of canary, then the smallest rise that shows. */
export function* forecast(question: ForecastQuestion): Generator<Told, void> {
  const { runs, seed } = question
  const policy = policyOf(question)
  const conditions = conditionsOf(question)
  for (const [index, truth] of canariesOf(question.release).entries()) {
    const summary = simulateCell(policy, { ...conditions, truth: truths[truth] }, runs, [seed, index])
    yield { kind: 'canary', truth, summary }
  }
  yield { kind: 'revealed', ...smallestRise(policy, conditions, Math.min(runs, 200), seed) }
}

/** When a version as good as stable is at full: what comes after it is not simulated. */
export function forecastFull(question: ForecastQuestion): Pick<Summary, 'full' | 'reachedFull'> {
  const asked = { ...question, release: { ...question.release, bake: 0 } }
  const conditions = { ...conditionsOf(asked), truth: truths.identical }
  return simulateCell(policyOf(asked), conditions, question.runs, [question.seed, 0])
}

/** A slow canary harms nobody where nothing is promised about latency. */
export const canariesOf = ({ objectives }: ReleaseSpec): readonly TruthName[] =>
  truthNames.filter((truth) => objectives.latency !== undefined || !('latency' in truths[truth]))

/** Part of the objective's bound that stable's median answer takes: one answer in a thousand is slower than the bound then. */
export const medianShare = 0.16

function conditionsOf({ release, rate, base }: ForecastQuestion): Omit<Conditions, 'truth'> {
  const { success, latency } = release.objectives
  return {
    rate,
    base,
    success,
    ...(latency && { latency, median: medianShare * latency.below }),
    horizon: Math.max(halfHour, methodOf(release).maxDuration + lastLooks),
  }
}

const halfHour = 1800
const lastLooks = 300

/** The road that `domain/plan.ts` would plan. */
function policyOf({ release, tick }: ForecastQuestion): Policy {
  const { analysis, bake, onNoTraffic } = release
  const steps = release.steps === 'auto' ? undefined : release.steps.map(inSeconds)
  if (!analysis.thresholds) return slipway(methodOf(release, { ...defaultMethod, tick }), steps)
  const climb = (steps ?? []).filter(({ weight }) => weight < 1)
  const full = { weight: 1, for: Math.max(bake / 1000, steps?.find(({ weight }) => weight === 1)?.for ?? 0) }
  return fixedSteps({ ...analysis.thresholds, steps: [...climb, full], onNoTraffic, tick })
}

const inSeconds = ({ weight, for: time }: { weight: number; for: number }): Steps[number] => ({
  weight: weight / 1000,
  for: time / 1000,
})

const caught = 0.9
const halvings = 8

/** Halves the span between what is not revealed and what is, on the logarithmic scale. */
function smallestRise(
  policy: Policy,
  conditions: Omit<Conditions, 'truth'>,
  runs: number,
  seed: number,
): { readonly rise?: number } {
  const isRevealed = (errors: number) =>
    simulateCell(policy, { ...conditions, truth: { errors } }, runs, [seed, Math.round(errors * 1e6)])
      .rolledBack >= caught
  let [low, high] = [0.0005, 1 - conditions.base]
  if (!isRevealed(high)) return {}
  for (let i = 0; i < halvings; i++) {
    const middle = Math.sqrt(low * high)
    if (isRevealed(middle)) high = middle
    else low = middle
  }
  return { rise: high }
}
