// `slipway why`: a release's story: who wanted it, what decided it, when, by which numbers. `explain` has the statistics.

import { type Decision, decisions } from '../domain/decisions.ts'
import { date, firstLine, span, utcClock } from '../domain/figures.ts'
import { wantedBy } from '../domain/wanted.ts'
import { course, sparkline } from '../domain/weights.ts'
import { surgeLine } from './beside.ts'
import type { ReleaseView } from './cluster.ts'
import { evidenceLine } from './evidence.ts'
import { type ExitCode, exitCodes } from './exit.ts'
import { answerJson, answerLines, type Invocation } from './invocation.ts'
import { labelled, paragraph } from './paragraph.ts'
import { commitOf, stateOf } from './release-view.ts'
import { type Paint, painter } from './screen.ts'
import { selectRelease } from './selection.ts'

export async function why(invocation: Invocation, name: string | undefined): Promise<ExitCode> {
  const { screen, now, json } = invocation
  const release = await selectRelease(await invocation.cluster(), name)
  const columns = screen.tty ? Math.min(screen.columns(), 100) : 80
  if (json) answerJson(invocation, told(release))
  else answerLines(invocation, story(release, { paint: painter(screen.colour), now: now(), columns }))
  return exitCodes.ok
}

interface Page {
  readonly paint: Paint
  readonly now: number
  readonly columns: number
}

/** The same as data. */
function told(release: ReleaseView) {
  const { transitions: _, judging, ...rest } = release
  const query = judging && { query: judging.query, objectives: judging.objectives }
  return { ...rest, cause: release.cause ?? 'push', ...query, decisions: decisions(release) }
}

function story(release: ReleaseView, page: Page): string[] {
  const { startedAt, finishedAt, message, revision, stable, supersededBy, surge, waiting, judging } = release
  const { paint, now, columns } = page
  const lasted = span((finishedAt ?? now) - startedAt)
  const said: readonly (readonly [string, string])[] = [
    ['why', firstLine(message)],
    ['who', wantedBy(release)],
    ['canary', revision ?? ''],
    ['stable', stable ?? ''],
    ['weight', `${sparkline(release)} ${course(release)}`],
    ['waits', waiting && !release.outcome ? waiting.message : ''],
    ['newer', supersededBy ?? ''],
    ['beside', surge ? surgeLine(surge) : ''],
  ]
  return [
    `${paint('bold', release.name)}  ${commitOf(release)}`,
    `${stateOf(release)} ${finishedAt ? 'after' : 'for'} ${lasted}; begun ${date(startedAt)}`,
    ...labelled(said, columns),
    ...(judging ? ['  asked of the metrics at each look:', `    ${judging.query}`] : []),
    '',
    ...decisions(release).flatMap((decision) => line(decision, page)),
  ]
}

function line({ at, since, from, to, message, evidence }: Decision, { paint, columns }: Page): string[] {
  const moved = from === to ? '' : ` (${from / 10}% → ${to / 10}%)`
  const head = `${utcClock(at)} ${`+${since < 1000 ? '0s' : span(since)}`.padStart(8)}  `
  const first = paragraph(head, `${firstLine(message)}${moved}`, columns)
  if (!evidence) return first
  const indent = ' '.repeat(head.length)
  return [...first, ...paragraph(indent, evidenceLine(evidence), columns).map((one) => paint('gray', one))]
}
