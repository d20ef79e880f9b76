// What the watches of both judges share: a reading that may fail, and numbers that are told while they come.
import { log } from '@temporalio/activity'
import type { AppRef } from '../domain/app.ts'
import { PermanentFailure } from '../domain/failure.ts'
import type { Reading, Verdict } from '../domain/judge/judge.ts'
import type { ReleaseStatus } from '../domain/release.ts'
import type { Platform } from '../platform/platform.ts'
import type { Clock } from './clock.ts'

const reportEvery = 5_000

/** One watch is one activity of bounded length; the workflow asks for the next. */
export const watchAtMost = 60 * 60_000

/** Undefined when the metrics do not answer: that is an answer too, and no data. */
export async function read(
  metrics: Platform['metrics'],
  app: AppRef,
  revisions: readonly string[],
  bounds: readonly number[],
): Promise<Reading | undefined> {
  try {
    return await metrics.counters(app, revisions, bounds)
  } catch (error) {
    if (error instanceof PermanentFailure) throw error
    log.warn('the metrics do not answer', { error })
    return undefined
  }
}

interface Told {
  /** The step is known to be stalled: say so again only by going on. */
  readonly stalled: boolean
  /** What people are told while the watch looks; it adds the numbers. */
  readonly status: ReleaseStatus
}

/** Reports the newest numbers now and then, at first at once. Its failure is no matter: the next one says the same and more. */
export function teller(report: Platform['report'], clock: Clock, { status, stalled }: Told) {
  let next = clock.now()
  let telling: Promise<void> = Promise.resolve()
  return {
    soon(verdict: Verdict | undefined) {
      if (clock.now() < next) return
      next = clock.now() + reportEvery
      telling = report
        .release(progress(status, stalled, verdict))
        .catch((error: unknown) => log.warn('progress was not reported', { error }))
    },
    done: () => telling,
  }
}

function progress(status: ReleaseStatus, stalled: boolean, verdict: Verdict | undefined): ReleaseStatus {
  const { stalled: before, evidence: _, ...rest } = status
  const lacking = verdict?.kind === 'undecided' && verdict.noData ? verdict.reason : undefined
  const reason = stalled ? (lacking ?? (verdict ? undefined : before)) : undefined
  return { ...rest, ...(verdict && { evidence: verdict.evidence }), ...(reason && { stalled: reason }) }
}
