// Whether a release was shown to be safe, as a condition: what is known of it, in one sentence.

import { formatDuration } from '../../domain/duration.ts'
import { atMostWorse, points } from '../../domain/judge/in-words.ts'
import type { TestResult } from '../../domain/judge/judge.ts'
import type { ReleaseStatus } from '../../domain/release.ts'
import type { Condition } from '../kinds.ts'

type Said = Pick<Condition, 'status' | 'reason' | 'message'>

/** True: shown to be safe. False: shown to be harmful, or not shown to be safe in time. Unknown: not judged, or not yet. */
export function proven(status: ReleaseStatus): Said {
  const test = status.evidence?.test
  if (status.outcome === 'rolled-back')
    return { status: 'False', reason: 'RolledBack', message: status.message }
  if (status.outcome === 'failed' && status.evidence)
    return { status: 'False', reason: 'ObjectivesMissed', message: status.message }
  if (status.proven === true)
    return { status: 'True', reason: 'ShownSafe', message: `shown to be ${known(test)}` }
  if (status.proven === false) return { status: 'False', reason: 'NotShown', message: notShown(status, test) }
  if (!test) return { status: 'Unknown', reason: 'NotJudged', message: notJudged(status) }
  const reason = status.outcome ? 'EndedBefore' : 'Judging'
  return { status: 'Unknown', reason, message: `not shown yet; ${known(test)}` }
}

function notShown({ judging, stable, transitions }: ReleaseStatus, test: TestResult | undefined): string {
  if (!stable)
    return `the first release: ${transitions.findLast(({ phase }) => phase === 'baking')?.message ?? known(test)}`
  const { errorMargin, deadline } = judging?.method ?? {}
  const margin = errorMargin === undefined ? 'safe' : `at most ${points(errorMargin)} worse than stable`
  const time = deadline === undefined ? 'the deadline' : `the deadline of ${formatDuration(deadline * 1000)}`
  return `not shown to be harmful, and not shown to be ${margin} by ${time}; ${known(test)}`
}

const known = (test: TestResult | undefined): string => (test ? atMostWorse(test) : 'no more is known')

function notJudged({ outcome, stable, evidence }: ReleaseStatus): string {
  if (evidence && !stable)
    return 'the first release: its objectives alone were watched, there was nothing to compare it with'
  if (evidence) return 'fixed thresholds were watched: they show no error rate'
  if (outcome === 'promoted' && !stable) return 'the first release: there was nothing to compare it with'
  return outcome ? 'it ended before it was judged' : 'nothing is judged yet'
}
