// `slipway releases`: the releases of a namespace or of one App, newest first.

import { firstLine, formatWeight, shortSha, span } from '../domain/figures.ts'
import type { ReleaseView } from './cluster.ts'
import { type ExitCode, exitCodes } from './exit.ts'
import { answerJson, answerLines, type Invocation } from './invocation.ts'
import { stateOf } from './release-view.ts'
import { nothingYet, selectReleases } from './selection.ts'
import { table } from './table.ts'

export async function releases(
  invocation: Invocation,
  app: string | undefined,
  limit: number,
): Promise<ExitCode> {
  const shown = await selectReleases(await invocation.cluster(), app, limit)
  if (invocation.json) answerJson(invocation, shown)
  else if (shown.length === 0) invocation.screen.err(`${nothingYet}\n`)
  else answerLines(invocation, releaseTable(shown, invocation.now()))
  return exitCodes.ok
}

export const releaseTable = (shown: readonly ReleaseView[], now: number): string[] =>
  table(
    ['RELEASE', 'COMMIT', 'CAUSE', 'STATE', 'WEIGHT', 'AGE', 'MESSAGE'],
    shown.map((release) => [
      release.name,
      shortSha(release.release.sha),
      release.cause ?? 'push',
      stateOf(release),
      formatWeight(release.weight),
      span(now - release.startedAt),
      firstLine(release.message),
    ]),
  )
