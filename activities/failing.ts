// Whether stable answers hardly anybody although its pods are ready: what comes then is an emergency, and needs evidence.
import { Context, log } from '@temporalio/activity'
import type { AppRef } from '../domain/app.ts'
import { PermanentFailure } from '../domain/failure.ts'
import { enoughToFail, failsNearlyAll, tallyOver } from '../domain/judge/failing.ts'
import type { Reading } from '../domain/judge/judge.ts'
import type { Platform } from '../platform/platform.ts'
import type { Clock } from './clock.ts'
import { read } from './watch.ts'

/** Minutes of the past in which it must have failed. */
const failedFor = 2
/** And it must still do so, for this long: what has just recovered is compared with. */
const stillWithin = 10_000

/** In words for people; undefined when it answers somebody, or nobody knows: that is no reason for haste. */
export async function whyFailing(
  metrics: Platform['metrics'],
  clock: Clock,
  app: AppRef,
  stable: string,
): Promise<string | undefined> {
  const failed = tallyOver(await pastOf(metrics, app, stable), stable)
  if (!failsNearlyAll(failed, enoughToFail)) return undefined
  const before = await read(metrics, app, [stable], [])
  await clock.sleep(stillWithin, Context.current().cancellationSignal)
  const after = await read(metrics, app, [stable], [])
  if (!before || !after || !failsNearlyAll(tallyOver([before, after], stable), 1)) return undefined
  return `${failed.errors} of its last ${failed.requests} requests failed`
}

async function pastOf(
  metrics: Platform['metrics'],
  app: AppRef,
  stable: string,
): Promise<readonly Reading[]> {
  try {
    const { readings } = await metrics.history(app, [stable], failedFor + 1)
    return readings
  } catch (error) {
    if (error instanceof PermanentFailure) throw error
    log.warn('whether stable fails is not known', { error })
    return []
  }
}
