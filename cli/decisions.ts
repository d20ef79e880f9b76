// A release's history as decisions: from which weight to which, when, and what was known.
import type { Evidence, TestResult } from '../domain/judge/judge.ts'
import type { Phase, Transition } from '../domain/release.ts'
import type { ReleaseView } from './cluster.ts'

export interface Decision {
  /** Milliseconds since the epoch, and since the release began. */
  readonly at: number
  readonly since: number
  readonly phase: Phase
  /** Thousandths before and after. */
  readonly from: number
  readonly to: number
  readonly message: string
  readonly evidence?: Evidence
}

export const decisions = ({ transitions, startedAt }: ReleaseView): readonly Decision[] =>
  transitions.map(({ at, phase, weight, message, evidence }, index) => ({
    at,
    since: at - startedAt,
    phase,
    from: transitions[index - 1]?.weight ?? 0,
    to: weight,
    message,
    ...(evidence && { evidence }),
  }))

/** Where the test stood last. */
export function lastTest({ evidence, transitions }: ReleaseView): TestResult | undefined {
  return (evidence ?? transitions.findLast(hasTest)?.evidence)?.test
}

/** Why there are no statistics to tell; undefined when there are. */
export function notJudged(release: ReleaseView): string | undefined {
  const { outcome, stable, weight, evidence, transitions, judging } = release
  if (judging || lastTest(release)) return undefined
  if (evidence || transitions.some((one) => one.evidence))
    return 'fixed thresholds were watched, which have no error rate to state; their counts stand at each decision'
  const hadTraffic = weight > 0 || transitions.some((one) => one.weight > 0)
  if (!stable && (hadTraffic || outcome === 'promoted'))
    return 'it was the first release, there was no stable revision to compare it with'
  if (outcome) return hadTraffic ? 'no numbers of it are kept' : 'it ended before it had any traffic'
  return 'it has no traffic yet'
}

const hasTest = ({ evidence }: Transition): boolean => evidence?.test !== undefined
