// Whether a release was shown to be safe, as `kubectl get` and `kubectl wait` read it.
import { expect, test } from 'vitest'
import type { ReleaseStatus } from '../../../domain/release.ts'
import { proven } from '../../../platform/report/proven.ts'
import { aJudging, anEvidence, aTest } from '../../contract/evidence.ts'
import { aStatus } from '../../contract/fixtures.ts'

const app = { namespace: 'default', name: 'shop' }
const judged = { judging: aJudging, evidence: anEvidence(), stable: 'shop-1' }
const said = (status: Partial<ReleaseStatus>) => {
  const { status: is, reason, message } = proven(aStatus(app, 7, status))
  return [`${is} ${reason}`, message]
}
const { test: _, ...counts } = anEvidence()

test.each<[Partial<ReleaseStatus>, readonly string[]]>([
  [{ ...judged, phase: 'rolling-out' }, ['Unknown Judging', 'not shown yet; at most 0.79 pp worse (95 %)']],
  [
    { ...judged, phase: 'baking', proven: true, evidence: anEvidence({ test: aTest({ atMost: 0.004 }) }) },
    ['True ShownSafe', 'shown to be at most 0.4 pp worse (95 %)'],
  ],
  [
    { ...judged, phase: 'done', outcome: 'promoted', proven: false },
    [
      'False NotShown',
      'not shown to be harmful, and not shown to be at most 0.5 pp worse than stable by the deadline of 5m; at most 0.79 pp worse (95 %)',
    ],
  ],
  [
    { ...judged, phase: 'done', outcome: 'rolled-back', message: 'harm 104 / 100', proven: true },
    ['False RolledBack', 'harm 104 / 100'],
  ],
  [
    { ...judged, phase: 'done', outcome: 'aborted' },
    ['Unknown EndedBefore', 'not shown yet; at most 0.79 pp worse (95 %)'],
  ],
  [
    { phase: 'done', outcome: 'promoted' },
    ['Unknown NotJudged', 'the first release: there was nothing to compare it with'],
  ],
  [
    { phase: 'done', outcome: 'promoted', stable: 'shop-1', evidence: counts },
    ['Unknown NotJudged', 'fixed thresholds were watched: they show no error rate'],
  ],
  [
    { phase: 'done', outcome: 'promoted', evidence: counts },
    [
      'Unknown NotJudged',
      'the first release: its objectives alone were watched, there was nothing to compare it with',
    ],
  ],
  [
    { phase: 'done', outcome: 'failed', evidence: counts, message: 'it misses its objectives' },
    ['False ObjectivesMissed', 'it misses its objectives'],
  ],
  [{ phase: 'done', outcome: 'failed' }, ['Unknown NotJudged', 'it ended before it was judged']],
  [{ phase: 'building' }, ['Unknown NotJudged', 'nothing is judged yet']],
])('%o', (status, expected) => expect(said(status)).toEqual(expected))
