// The plan of one release: made once when the manifest is read, carried as data ever after.
import { methodOf } from './analysis.ts'
import type { AppSource, AppSpec } from './app.ts'
import { PermanentFailure } from './failure.ts'
import { formatWeight } from './figures.ts'
import { gatesOf, inOrder } from './gates.ts'
import { defaultRequests, looksToHarm } from './judge/defaults.ts'
import type { Method } from './judge/method.ts'
import type { Policy } from './policy.ts'
import type { Commit, JudgePlan, Plan, ReleaseRef, Step } from './release.ts'
import type { ReleaseSpec } from './release-spec.ts'
import { movesAtOnce } from './strategy.ts'
import { windowsOf } from './windows.ts'

/** What this release will do: its rungs and its watches, taken from the manifest at its own commit. */
export function makePlan(
  release: ReleaseRef,
  commit: Commit,
  source: AppSource,
  spec: AppSpec,
  /** The smallest share that the gateway can give, in thousandths. */
  resolution = 1,
  policy: Policy = {},
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
    judge: judgeOf(spec, resolution, policy),
    bake,
    ...barriers(spec.release, policy),
  }
}

/** What the weight waits for: the file's own, and what the policy asks of every release. */
function barriers(
  { gates = [], windows }: ReleaseSpec,
  policy: Policy,
): Pick<Plan, 'gates' | 'windows' | 'people'> {
  const { people, approvers } = policy
  const own = gatesOf(gates, { ...(people && { people }), ...(approvers && { otherwise: approvers }) })
  const all = inOrder([...own, ...(policy.gates ?? [])])
  const open = [...(windows ? [windowsOf(windows)] : []), ...(policy.windows ? [policy.windows] : [])]
  return {
    ...(all.length > 0 && { gates: all }),
    ...(open.length > 0 && { windows: open }),
    ...(people && { people }),
  }
}

function judgeOf({ release }: AppSpec, resolution: number, { maxFirstWeight = 1000 }: Policy): JudgePlan {
  const { thresholds } = release.analysis
  if (thresholds || movesAtOnce(release))
    return { kind: 'thresholds', ...(thresholds ?? { requests: defaultRequests, looks: looksToHarm }) }
  const method = withResolution(methodOf(release), resolution)
  if (release.steps !== 'auto') return { kind: 'steps', method }
  return { kind: 'ramp', method: beginningAt(method, maxFirstWeight) }
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

/** The ramp begins with no more than this: neither where it may begin, nor on a rung that it would take with its slack. */
function beginningAt(method: Method, most: number): Method {
  if (most >= 1000) return method
  const share = most / 1000
  if (method.minWeight > share)
    throw new PermanentFailure(
      'InvalidManifest',
      `cannot begin with ${formatWeight(most)}, the most that the App's policy allows: this gateway's smallest share is ${formatWeight(Math.round(method.minWeight * 1000))}; raise policy.maxFirstWeight`,
    )
  return {
    ...method,
    firstMax: Math.min(method.firstMax, share),
    ladder: method.ladder.filter((rung) => rung <= share || rung > share * method.rungSlack),
  }
}

const down = (weight: number, resolution: number): number => Math.floor(weight / resolution) * resolution
