// `slipway history`: what was released, when, by whom, how it went and why it ended so.

import { date, firstLine, span } from '../domain/figures.ts'
import { wantedBy } from '../domain/wanted.ts'
import { course, sparkline } from '../domain/weights.ts'
import type { ReleaseView } from './cluster.ts'
import { tallyLine } from './evidence.ts'
import { type ExitCode, exitCodes } from './exit.ts'
import { answerJson, answerLines, type Invocation } from './invocation.ts'
import { labelled } from './paragraph.ts'
import { commitOf, stateOf } from './release-view.ts'
import { type Paint, painter } from './screen.ts'
import { nothingYet, selectReleases } from './selection.ts'

export async function history(
  invocation: Invocation,
  app: string | undefined,
  limit: number,
): Promise<ExitCode> {
  const { screen, now, json } = invocation
  const shown = await selectReleases(await invocation.cluster(), app, limit)
  if (json) answerJson(invocation, shown.map(remembered))
  else if (shown.length === 0) screen.err(`${nothingYet}\n`)
  else {
    const [paint, columns] = [painter(screen.colour), screen.tty ? Math.min(screen.columns(), 100) : 80]
    answerLines(
      invocation,
      shown.flatMap((release, index) => [
        ...(index > 0 ? [''] : []),
        ...entry(release, { paint, now: now(), columns }),
      ]),
    )
  }
  return exitCodes.ok
}

/** The same for programs: without each decision, which `why` tells. */
export function remembered({ transitions: _, judging: __, ...release }: ReleaseView) {
  return { ...release, cause: release.cause ?? 'push' }
}

interface Page {
  readonly paint: Paint
  readonly now: number
  readonly columns: number
}

function entry(release: ReleaseView, { paint, now, columns }: Page): string[] {
  const { name, startedAt, finishedAt, evidence, message, supersededBy } = release
  const took = span((finishedAt ?? now) - startedAt)
  const said: readonly (readonly [string, string])[] = [
    ['who', wantedBy(release)],
    ['weight', `${sparkline(release)} ${course(release)}`],
    ['canary', evidence ? tallyLine(evidence.canary) : ''],
    ['why', firstLine(message)],
    ['newer', supersededBy ?? ''],
  ]
  return [
    `${date(startedAt)}  ${paint('bold', name)}  ${stateOf(release)} ${finishedAt ? 'after' : 'for'} ${took}  ${commitOf(release)}`,
    ...labelled(said, columns),
  ]
}
