// What a check run says first: where the release stands, the numbers behind it, and where to ask for more.
import { firstLine, shortSha } from '../../domain/figures.ts'
import { comparison, provenWords, verdictWords } from '../../domain/judge/in-words.ts'
import type { Evidence, Objectives } from '../../domain/judge/judge.ts'
import { type ReleaseStatus, releaseName } from '../../domain/release.ts'
import { wantedBy } from '../../domain/wanted.ts'
import { course, sparkline } from '../../domain/weights.ts'
import { code, codeBlock, said, table } from './markdown.ts'

export function summary(status: ReleaseStatus): string {
  const { evidence, judging, transitions } = status
  const known = evidence ?? transitions.findLast((one) => one.evidence)?.evidence
  return [
    `${code(sparkline(status))} ${course(status)}`,
    table(['', ''], facts(status)),
    ...(known ? ['### Evidence', ...evidenceOf(known, judging?.objectives)] : []),
    ...(judging ? ['Asked of the metrics at each look:', codeBlock(judging.query, 'promql')] : []),
    'More, from the command line:',
    codeBlock(commands(status), 'sh'),
  ].join('\n\n')
}

function facts(status: ReleaseStatus): readonly (readonly string[])[] {
  const { release, outcome, phase, step, message, commit, revision, stable, image, waiting, proven } = status
  const state = `${outcome ?? phase}${step && !outcome ? ` (${step})` : ''}`
  const rows: readonly (readonly [string, string])[] = [
    ['release', code(releaseName(release))],
    ['state', said(state)],
    ['why', said(firstLine(message))],
    ['commit', `${code(shortSha(release.sha))} ${said(commit?.title ?? '', 100)}`.trim()],
    ['who', said(wantedBy(status), 100)],
    ['canary', revision ? code(revision) : ''],
    ['stable', stable ? code(stable) : ''],
    ['image', image ? code(image) : ''],
    ['waits', waiting && !outcome ? said(waiting.message) : ''],
    ['proven', proven === undefined ? '' : provenWords(proven)],
    ['stalled', status.stalled && !outcome ? said(status.stalled) : ''],
    ['newer', status.supersededBy ? code(status.supersededBy) : ''],
  ]
  return rows.filter(([, text]) => text !== '')
}

function evidenceOf(evidence: Evidence, objectives: Objectives | undefined): string[] {
  const compared = table(['', 'canary', 'stable'], comparison(evidence, objectives), '--:')
  const verdict = evidence.test ? verdictWords(evidence.test).map((line) => `- ${line}`) : []
  return verdict.length > 0 ? [compared, verdict.join('\n')] : [compared]
}

function commands({ release }: ReleaseStatus): string {
  const [name, namespace] = [releaseName(release), release.app.namespace]
  return `slipway why ${name} --namespace ${namespace}\nkubectl get release ${name} --namespace ${namespace} --output yaml`
}
