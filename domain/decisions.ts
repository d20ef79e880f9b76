// A release's history as decisions: from which weight to which, when, and what was known.
import type { Evidence, TestResult } from './judge/judge.ts'
import type { Phase, ReleaseStatus, Transition } from './release.ts'

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
  /** When the gateway served the new weight. */
  readonly servedAt?: number
}

export function decisions({ transitions, startedAt }: ReleaseStatus): readonly Decision[] {
  return transitions.flatMap((one, index) => {
    const [before, after] = [transitions[index - 1], transitions[index + 1]]
    if (before && isDoneBy(before, one)) return []
    const { at, phase, weight, message, evidence } = one
    const from = before?.weight ?? 0
    const decided = { at, since: at - startedAt, phase, from, message, ...(evidence && { evidence }) }
    const done = after && isDoneBy(one, after)
    return done ? { ...decided, to: after.weight, servedAt: after.at } : { ...decided, to: weight }
  })
}

/** A verdict is told first, and then that the gateway serves what it led to: together they are one decision. */
const isDoneBy = (verdict: Transition, next: Transition): boolean =>
  verdict.evidence !== undefined &&
  next.evidence === undefined &&
  next.weight !== verdict.weight &&
  (next.phase === 'rolling-out' || next.phase === 'baking')

/** Where the test stood last. */
export function lastTest({ evidence, transitions }: ReleaseStatus): TestResult | undefined {
  return (evidence ?? transitions.findLast(hasTest)?.evidence)?.test
}

/** Why there are no statistics to tell; undefined when there are. */
export function notJudged(release: ReleaseStatus): string | undefined {
  const { outcome, stable, weight, evidence, transitions, judging } = release
  if (judging || lastTest(release)) return undefined
  const counted = evidence !== undefined || transitions.some((one) => one.evidence)
  if (counted && !stable)
    return 'Its objectives alone were watched: it was the first release, there was nothing to compare it with. Their counts stand at each decision.'
  if (counted)
    return 'Fixed thresholds, looked at step by step: they have no error rate to state. Their counts stand at each decision.'
  const nothing = (why: string) => `Nothing was judged: ${why}.`
  const hadTraffic = weight > 0 || transitions.some((one) => one.weight > 0)
  if (!stable && (hadTraffic || outcome === 'promoted'))
    return nothing('it was the first release, there was no stable revision to compare it with')
  if (!outcome) return 'Nothing is judged yet: it has no traffic that was counted.'
  return nothing(hadTraffic ? 'no numbers of it are kept' : 'it ended before it had any traffic')
}

const hasTest = ({ evidence }: Transition): boolean => evidence?.test !== undefined
