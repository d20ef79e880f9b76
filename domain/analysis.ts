// What a release's manifest asks of the judge, in the judge's own units: seconds and fractions of 1.
import { defaultMethod, type Method } from './judge/method.ts'
import type { ReleaseSpec } from './release-spec.ts'

/** The parameters of the sequential test and of the ramp for this release; what the manifest does not speak of is `base`'s. */
export function methodOf(release: ReleaseSpec, base: Method = defaultMethod): Method {
  const { analysis, objectives, onNoTraffic } = release
  return {
    ...base,
    ...weightsOf(analysis, base),
    ...timesOf(release),
    alpha: analysis.falseRollbackRate,
    beta: rounded(1 - analysis.confidence),
    errorTolerance: analysis.tolerance.errors,
    errorMargin: analysis.promoteWithin,
    latencyRatio: rounded(1 + analysis.tolerance.latency),
    slowObjective: objectives.latency ? rounded(1 - objectives.latency.share) : base.slowObjective,
    firstRequests: analysis.risk.firstRequests,
    stepRequests: analysis.risk.perStepRequests,
    maxErrorRise: analysis.risk.maxErrorRise,
    onDeadline: analysis.onDeadline,
    onInconclusive: analysis.onInconclusive,
    // Without traffic there is nothing to wait for but time.
    minRequests: onNoTraffic === 'promote' ? 0 : base.minRequests,
  }
}

type Analysis = ReleaseSpec['analysis']

function weightsOf({ weight }: Analysis, base: Method) {
  const [minWeight, unprovenMax] = [weight.min / 1000, weight.unprovenMax / 1000]
  return {
    minWeight,
    unprovenMax,
    verifyWeight: weight.verify / 1000,
    fullWeight: (1000 - weight.holdback) / 1000,
    firstMax: Math.min(unprovenMax, Math.max(minWeight, base.firstMax)),
    ladder: ladderBetween(minWeight, unprovenMax, base.ladder),
  }
}

/** The rungs that the manifest allows; its own ends are rungs too, else the ramp would never reach them. */
function ladderBetween(lowest: number, highest: number, rungs: readonly number[]): readonly number[] {
  if (rungs.length === 0) return rungs
  const between = rungs.filter((weight) => weight > lowest && weight < highest)
  return [...new Set([lowest, ...between, highest])]
}

/** Listed steps are due when the last below full is over. The watch never ends before what was asked for is over: the climb, and then the bake. */
function timesOf(release: ReleaseSpec) {
  const { analysis, steps } = release
  const listed = steps === 'auto' ? [] : steps.filter(({ weight }) => weight < 1000)
  const climb = steps === 'auto' ? analysis.deadline : listed.reduce((sum, step) => sum + step.for, 0)
  const bake = bakeOf(release)
  return {
    deadline: seconds(climb),
    bake: seconds(bake),
    maxDuration: seconds(Math.max(analysis.maxDuration, climb + bake)),
    blindAfter: seconds(analysis.metricsLost.zeroAfter),
    warmup: seconds(analysis.warmup),
  }
}

/** The watch after full, in milliseconds, of a file or of its plan. A list's own step at full is it, when that is longer. */
export function bakeOf({ steps, bake }: Baked): number {
  const full = steps === 'auto' ? undefined : steps.find(({ weight }) => weight === 1000)
  return Math.max(bake, full?.for ?? 0)
}

interface Baked {
  readonly steps: 'auto' | readonly { readonly weight: number; readonly for: number }[]
  readonly bake: number
}

const seconds = (milliseconds: number) => milliseconds / 1000

/** Without the dust of binary fractions: 1 − 0.95 is 0.05. */
const rounded = (value: number) => Math.round(value * 1e9) / 1e9
