// What a check run says first: where the release stands, the numbers behind it, and where to ask for more.
import { counted, firstLine, share, shortSha } from '../../domain/figures.ts'
import { atLeastWorse, atMostWorse, evidenceOfHarm, grouped } from '../../domain/judge/in-words.ts'
import type { Evidence, Objectives, Tally, TestResult } from '../../domain/judge/judge.ts'
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
    ['proven', proven === undefined ? '' : provenWords[proven ? 'yes' : 'no']],
    ['stalled', status.stalled && !outcome ? said(status.stalled) : ''],
    ['newer', status.supersededBy ? code(status.supersededBy) : ''],
  ]
  return rows.filter(([, text]) => text !== '')
}

const provenWords = { yes: 'yes', no: 'no: nothing showed harm, and nothing showed safety in time' }

function evidenceOf({ canary, stable, test }: Evidence, objectives: Objectives | undefined): string[] {
  const both = (tell: (tally: Tally) => string) => [tell(canary), tell(stable)]
  const latency = objectives?.latency
  const rows = [
    ['requests', ...both(({ requests }) => grouped(requests))],
    ['errors', ...both(errors)],
    ...(latency ? [[`within ${Math.round(latency.below * 1000)} ms`, ...both(inTime)]] : []),
  ]
  return [table(['', 'canary', 'stable'], rows, '--:'), ...(test ? [verdictOf(test)] : [])]
}

const errors = ({ requests, errors }: Tally): string =>
  `${grouped(errors)}${errors > 0 ? ` (${share(errors, requests)})` : ''}`

const inTime = ({ timed, within: [fast = 0] }: Tally): string => share(fast, timed)

/** The bounds are what the verdict is made of. */
function verdictOf(test: TestResult): string {
  const atLeast = atLeastWorse(test)
  return [
    `evidence of harm ${evidenceOfHarm(test)}: it is taken back when the limit is reached`,
    `the canary is ${[atMostWorse(test), ...(atLeast ? [atLeast] : [])].join(' and ')}`,
    `${counted(Math.max(0, test.harmed), 'request')} harmed`,
    test.proven ? 'proven safe' : 'not proven safe',
  ]
    .map((line) => `- ${line}`)
    .join('\n')
}

function commands({ release }: ReleaseStatus): string {
  const [name, namespace] = [releaseName(release), release.app.namespace]
  return `slipway why ${name} --namespace ${namespace}\nkubectl get release ${name} --namespace ${namespace} --output yaml`
}
