// Ends what ended without a word: a release that has no workflow, and that its App does not wait for either.
import { appKey } from '../domain/app.ts'
import {
  appWorkflowId,
  endingOfLost,
  type ReleaseRef,
  releaseName,
  releaseWorkflowId,
} from '../domain/release.ts'
import type { Platform } from '../platform/platform.ts'
import { closeReleases, type Ending, foundOf, type Obituary } from './report.ts'
import { sideBySide } from './side-by-side.ts'
import type { Sweep } from './sweep.ts'

/** An App that waits for the release takes it back by itself; it needs no more than to hear of it. */
export async function closeLost(sweep: Sweep): Promise<void> {
  const declared = new Set(sweep.apps.map(({ app }) => appKey(app)))
  const open = sweep.unfinished.filter(({ app }) => declared.has(appKey(app)))
  const close = (release: ReleaseRef) => closeIfLost(sweep, release)
  await sideBySide(open, 8, close, (release, error) => sweep.failed(releaseName(release), error))
}

async function closeIfLost(sweep: Sweep, release: ReleaseRef): Promise<void> {
  const { lives, platform, clock } = sweep
  if (await sweep.runs(releaseWorkflowId(release))) return
  if (!(await sweep.runs(appWorkflowId(release.app)))) return
  const { active, seq } = await lives.inHand(release.app)
  // A workflow that was just begun anew does not know yet what it waits for: the next sweep asks again.
  if (seq < release.seq || active?.seq === release.seq) return
  await returnTraffic(platform, release)
  const obituary = await obituaryOf(platform, release, await lives.ending(release))
  await closeReleases(platform.report, [obituary], clock)
  sweep.did('closed', `${releaseName(release)} ended without a word: ${obituary.message}`)
}

async function obituaryOf(
  { traffic, report }: Platform,
  release: ReleaseRef,
  ending: Ending,
): Promise<Obituary> {
  if (ending) return { release, outcome: ending.outcome, message: ending.message }
  const route = await traffic.read(release.app)
  const { promoted } = await foundOf(report, release, route?.stable)
  return { release, ...endingOfLost(promoted) }
}

/** Whoever wrote the route later owns it. Nobody else writes under this release's number any more. */
async function returnTraffic(
  { traffic }: Pick<Platform, 'traffic'>,
  { app, seq }: ReleaseRef,
): Promise<void> {
  const route = await traffic.read(app)
  if (!route || route.epoch.seq !== seq) return
  const { stable, hosts, weights, epoch } = route
  if (weights.every(({ revision, weight }) => weight === 0 || revision === stable)) return
  const alone = [{ revision: stable, weight: 1000 }]
  await traffic.write({ app, hosts, weights: alone, epoch: { seq, n: epoch.n + 1 }, stable })
}
