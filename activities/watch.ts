// What the watches of both judges share: a reading that may fail, and numbers that are told while they come.
import { CancelledFailure, Context, log } from '@temporalio/activity'
import type { AppRef } from '../domain/app.ts'
import { PermanentFailure } from '../domain/failure.ts'
import type { Reading, Verdict } from '../domain/judge/judge.ts'
import type { ReleaseStatus } from '../domain/release.ts'
import type { Platform } from '../platform/platform.ts'
import { type Bar, isWakeTime } from './bar.ts'
import type { Clock } from './clock.ts'

const reportEvery = 5_000

/** One watch is one activity of bounded length; the workflow asks for the next. */
const watchAtMost = 60 * 60_000

/** What one look made of it: the watch is over, or this is what to remember. */
export type Looked<Memory, Seen> =
  | { readonly seen: Seen }
  | { readonly memory: Memory; readonly verdict?: Verdict }

interface Looking<Memory, Seen> {
  /** Fails when the traffic is another's by now; absent where nobody could have taken it back. */
  readonly owned?: () => Promise<void>
  /** Milliseconds between two looks. */
  readonly every: number
  /** What is known at first, unless a lost worker's heartbeat knows more: what is remembered rides in it. */
  readonly begin: Memory
  readonly look: (memory: Memory) => Promise<Looked<Memory, Seen>>
  /** How the watch ends when its time is over, or the workflow wants to ask another question, and nothing else was. */
  readonly pause: (memory: Memory) => Seen
  readonly bar?: Bar | undefined
}

/** Looks again and again until the watch is over; tells the numbers meanwhile. */
export async function watchUntilSeen<Memory, Seen extends { readonly kind: string }>(
  clock: Clock,
  tell: ReturnType<typeof teller>,
  { owned, every, begin, look, pause, bar }: Looking<Memory, Seen>,
): Promise<Seen> {
  const { cancellationSignal, heartbeat, info } = Context.current()
  let memory = (info.heartbeatDetails as Memory | undefined) ?? begin
  const until = clock.now() + watchAtMost
  for (;;) {
    await owned?.()
    const looked = await look(memory)
    if ('seen' in looked) {
      // Harm is acted on at once; else what was said arrives before what the workflow says next.
      if (looked.seen.kind !== 'harmful') await tell.done()
      return looked.seen
    }
    memory = looked.memory
    heartbeat(memory)
    tell.soon(looked.verdict)
    const over = clock.now() >= until || isWakeTime(bar, clock.now())
    if (over || !(await sleptOn(clock, every, cancellationSignal))) {
      await tell.done()
      return pause(memory)
    }
  }
}

/** False when the workflow wants the watch to end: what was seen goes back with it. A worker that stops throws: another goes on. */
async function sleptOn(clock: Clock, time: number, signal: AbortSignal): Promise<boolean> {
  try {
    await clock.sleep(time, signal)
    return true
  } catch (error) {
    const asked = Context.current().cancellationDetails?.cancelRequested
    if (error instanceof CancelledFailure && asked) return false
    throw error
  }
}

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
  let telling: Promise<unknown> = Promise.resolve()
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
