// `slipway explain`: why a release went as it went, with every number behind it.

import { decisions, lastTest, notJudged } from '../domain/decisions.ts'
import type { ReleaseView } from './cluster.ts'
import { type ExitCode, exitCodes } from './exit.ts'
import { explanation } from './explanation.ts'
import { answerJson, answerLines, type Invocation } from './invocation.ts'
import { painter } from './screen.ts'
import { selectRelease } from './selection.ts'

/** Lines longer than this are hard to read, however wide the screen. */
const widest = 100
/** What is written to a file has no width of its own. */
const unwatched = 80

export async function explain(invocation: Invocation, name: string | undefined): Promise<ExitCode> {
  const { screen, now, json } = invocation
  const cluster = await invocation.cluster()
  const release = await selectRelease(cluster, name)
  const columns = screen.tty ? Math.min(screen.columns(), widest) : unwatched
  if (json) answerJson(invocation, explained(release))
  else answerLines(invocation, explanation(release, { paint: painter(screen.colour), now: now(), columns }))
  return exitCodes.ok
}

/** The same as data: the release as it is told, its history as decisions. */
export function explained(release: ReleaseView) {
  const { transitions: _, ...told } = release
  const [without, test] = [notJudged(release), lastTest(release)]
  return {
    ...told,
    ...(without !== undefined && { notJudged: without }),
    ...(test && { harmed: test.harmed }),
    decisions: decisions(release),
  }
}
