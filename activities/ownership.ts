// Whether a release still owns the traffic that it watches: whoever took it by hand meanwhile ends the watch, not the next write.
import { log } from '@temporalio/activity'
import { appKey } from '../domain/app.ts'
import { PermanentFailure } from '../domain/failure.ts'
import { type ReleaseStatus, releaseName } from '../domain/release.ts'
import { formatEpoch, type RouteState } from '../domain/route.ts'
import type { Platform } from '../platform/platform.ts'
import type { Clock } from './clock.ts'

/** One read of the route in so many milliseconds, the first at once. */
const askEvery = 15_000

/** Fails `Fenced`, with the words of who took it. What cannot be read now is asked again: the next write finds it out at the latest. */
export function ownership(
  traffic: Pick<Platform['traffic'], 'read'>,
  clock: Pick<Clock, 'now'>,
  { release }: Pick<ReleaseStatus, 'release'>,
): () => Promise<void> {
  const { app, seq } = release
  let next = clock.now()
  return async () => {
    if (clock.now() < next) return
    next = clock.now() + askEvery
    const route = await traffic.read(app).catch(unknown)
    if (!route || route.epoch.seq <= seq) return
    throw new PermanentFailure(
      'Fenced',
      `traffic of ${appKey(app)} is not ${releaseName(release)}’s any more: it was written at epoch ${formatEpoch(route.epoch)}`,
      route.note === undefined ? {} : { detail: route.note },
    )
  }
}

function unknown(error: unknown): RouteState | undefined {
  log.warn('whose the traffic is could not be asked', { error })
  return undefined
}
