// The plan of one release: made once when the manifest is read, carried as data ever after.
import { methodOf } from './analysis.ts'
import type { AppSource, AppSpec } from './app.ts'
import { PermanentFailure } from './failure.ts'
import type { Method } from './judge/method.ts'
import { formatWeight } from './notation.ts'
import type { Commit, JudgePlan, Plan, ReleaseRef, Step } from './release.ts'

/** What this release will do: its rungs and its watches, taken from the manifest at its own commit. */
export function makePlan(
  release: ReleaseRef,
  commit: Commit,
  source: AppSource,
  spec: AppSpec,
  /** The smallest share that the gateway can give, in thousandths. */
  resolution = 1,
): Plan {
  if (commit.sha !== release.sha)
    throw new Error(
      `cannot plan release ${release.seq} of ${release.app.name}: it is of ${release.sha}, not ${commit.sha}`,
    )
  const { steps, bake } = spec.release
  return {
    release,
    commit,
    repository: source.repository,
    spec,
    steps: steps === 'auto' ? [] : steps.map((step) => attainable(step, resolution)),
    judge: judgeOf(spec, resolution),
    bake,
  }
}

function judgeOf({ release }: AppSpec, resolution: number): JudgePlan {
  const { thresholds } = release.analysis
  if (thresholds) return { kind: 'thresholds', ...thresholds }
  const method = withResolution(methodOf(release), resolution)
  return { kind: release.steps === 'auto' ? 'ramp' : 'steps', method }
}

/** A gateway that gives no finer shares gives the nearest that is not riskier. */
function attainable(step: Step, resolution: number): Step {
  const weight = down(step.weight, resolution)
  if (weight > 0) return { ...step, weight }
  throw new PermanentFailure(
    'InvalidManifest',
    `cannot give a canary ${formatWeight(step.weight)}: this gateway's smallest share is ${formatWeight(resolution)}; write that or more in spec.release.steps`,
  )
}

/** The ramp has no choice but to begin with the smallest share there is. */
function withResolution(method: Method, resolution: number): Method {
  if (resolution <= 1) return method
  const share = (weight: number) => Math.max(resolution, down(Math.round(weight * 1000), resolution)) / 1000
  return {
    ...method,
    minWeight: share(method.minWeight),
    firstMax: share(method.firstMax),
    unprovenMax: share(method.unprovenMax),
    verifyWeight: share(method.verifyWeight),
    fullWeight: share(method.fullWeight),
    ladder: [...new Set(method.ladder.map(share))],
  }
}

const down = (weight: number, resolution: number): number => Math.floor(weight / resolution) * resolution
