// What loosens the judge beyond what the policy allows: the same names as in the file, and the loosest that it may say.
import { bakeOf } from '../analysis.ts'
import { type Contradiction, contradiction } from '../contradictions/contradiction.ts'
import { formatDuration } from '../duration.ts'
import { formatWeight } from '../figures.ts'
import { defaultRequests, looksToHarm } from '../judge/defaults.ts'
import { formatPoints, formatShare } from '../notation.ts'
import type { Policy } from '../policy.ts'
import type { PolicyAnalysis } from '../policy-analysis.ts'
import type { ReleaseSpec } from '../release-spec.ts'
import { fullWeight, movesAtOnce } from '../strategy.ts'

export const judging = (release: ReleaseSpec, policy: Policy): Contradiction[] => [
  ...aftermath(release, policy),
  ...(policy.analysis ? analysis(release, policy.analysis) : []),
]

function aftermath(release: ReleaseSpec, policy: Policy): Contradiction[] {
  const { onFailure = 'rollback', onNoTraffic } = release
  return [
    ...shorter('release.bake', bakeOf(release), policy.bake),
    ...looser('release.onFailure', onFailure, policy.onFailure, ['rollback', 'hold']),
    ...looser('release.onNoTraffic', onNoTraffic, policy.onNoTraffic, ['hold', 'promote']),
  ]
}

function analysis(release: ReleaseSpec, most: PolicyAnalysis): Contradiction[] {
  const fixed = movesAtOnce(release) || release.analysis.thresholds !== undefined
  const listed = release.steps === 'auto' || movesAtOnce(release) ? [] : steps(release, most)
  return [...listed, ...(fixed ? thresholds(release, most) : statistics(release, most))]
}

/** A list says itself how far it goes before it is due, and when that is. */
function steps({ steps }: ReleaseSpec, { deadline, weight: { unprovenMax = 1000 } = {} }: PolicyAnalysis) {
  const listed = typeof steps === 'string' ? [] : steps
  const below = listed.filter(({ weight }) => weight < 1000)
  const climb = below.reduce((sum, step) => sum + step.for, 0)
  return [
    ...shorter('release.steps', climb, deadline, 'the steps below full together take '),
    ...listed.flatMap(({ weight }, i) =>
      contradiction(
        weight < 1000 && weight > unprovenMax,
        [`release.steps.${i}`],
        `${formatWeight(weight)} is more than a canary may hold before it is due: the App’s policy allows at most ${formatWeight(unprovenMax)}`,
      ),
    ),
  ]
}

function thresholds({ strategy, analysis }: ReleaseSpec, { thresholds: most }: PolicyAnalysis) {
  const { requests, looks } = analysis.thresholds ?? { requests: defaultRequests, looks: looksToHarm }
  const key = 'release.analysis.thresholds'
  if (!most)
    return analysis.thresholds
      ? contradiction(true, [key], 'fixed thresholds may not be chosen: the App’s policy asks for statistics')
      : contradiction(
          true,
          ['release.strategy'],
          `${strategy} may not be chosen: fixed thresholds judge it, and the App’s policy asks for statistics`,
        )
  return [
    ...above(`${key}.requests`, requests, most.requests, String),
    ...above(`${key}.looks`, looks, most.looks, String),
  ]
}

function statistics(release: ReleaseSpec, most: PolicyAnalysis): Contradiction[] {
  const { analysis } = release
  const key = (name: string) => `release.analysis.${name}`
  return [
    ...below(key('falseRollbackRate'), analysis.falseRollbackRate, most.falseRollbackRate, formatShare),
    ...below(key('confidence'), analysis.confidence, most.confidence, formatShare),
    ...above(key('tolerance.errors'), analysis.tolerance.errors, most.tolerance?.errors, formatPoints),
    ...above(key('tolerance.latency'), analysis.tolerance.latency, most.tolerance?.latency, formatShare),
    ...above(key('promoteWithin'), analysis.promoteWithin, most.promoteWithin, formatPoints),
    ...above(key('weight.verify'), analysis.weight.verify, most.weight?.verify, formatWeight),
    ...keptBack(release, most),
    ...shorter(key('maxDuration'), analysis.maxDuration, most.maxDuration),
    ...looser(key('onInconclusive'), analysis.onInconclusive, most.onInconclusive, inconclusive),
    ...above(
      key('metricsLost.zeroAfter'),
      analysis.metricsLost.zeroAfter,
      most.metricsLost?.zeroAfter,
      formatDuration,
    ),
    ...above(key('warmup'), analysis.warmup, most.warmup, formatDuration),
    ...(release.steps === 'auto' ? ramp(release, most) : []),
  ]
}

const inconclusive = ['rollback', 'hold', 'promote']

function ramp({ analysis }: ReleaseSpec, most: PolicyAnalysis): Contradiction[] {
  const { risk, weight, deadline, onDeadline } = analysis
  const key = (name: string) => `release.analysis.${name}`
  return [
    ...above(key('risk.firstRequests'), risk.firstRequests, most.risk?.firstRequests, String),
    ...above(key('risk.perStepRequests'), risk.perStepRequests, most.risk?.perStepRequests, String),
    ...above(key('risk.maxErrorRise'), risk.maxErrorRise, most.risk?.maxErrorRise, formatPoints),
    ...above(key('weight.unprovenMax'), weight.unprovenMax, most.weight?.unprovenMax, formatWeight),
    ...shorter(key('deadline'), deadline, most.deadline),
    ...looser(key('onDeadline'), onDeadline, most.onDeadline, ['hold', 'promote']),
  ]
}

function keptBack(release: ReleaseSpec, { weight }: PolicyAnalysis): Contradiction[] {
  const kept = 1000 - fullWeight(release)
  const endsFull = release.steps !== 'auto' && kept === 0
  const at = endsFull ? `release.steps.${release.steps.length - 1}` : 'release.analysis.weight.holdback'
  return below(at, kept, weight?.holdback, formatWeight, 'what stable keeps until promotion, ')
}

/** Where more is looser. */
const above = (at: string, said: number, most: number | undefined, tell: (value: number) => string) =>
  contradiction(
    most !== undefined && said > most,
    [at],
    `${tell(said)} is more than the ${tell(most ?? 0)} that the App’s policy allows at most`,
  )

/** Where less is looser. */
const below = (
  at: string,
  said: number,
  least: number | undefined,
  tell: (value: number) => string,
  about = '',
) =>
  contradiction(
    least !== undefined && said < least,
    [at],
    `${about}${tell(said)} is less than the ${tell(least ?? 0)} that the App’s policy asks for`,
  )

const shorter = (at: string, said: number, least: number | undefined, about = '') =>
  below(at, said, least, formatDuration, about)

/** Words, from the strictest to the loosest. */
function looser(
  at: string,
  said: string,
  loosest: string | undefined,
  order: readonly string[],
): Contradiction[] {
  const allowed = order.slice(0, order.indexOf(loosest ?? order.at(-1) ?? said) + 1)
  return contradiction(
    !allowed.includes(said),
    [at],
    `${said} may not be chosen: the App’s policy allows ${allowed.join(', ')}`,
  )
}
