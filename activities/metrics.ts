// Watches a step: looks at the gateway's counters again and again, and returns when the judge has decided. It never moves traffic.
import { Context, log } from '@temporalio/activity'
import type { AppRef } from '../domain/app.ts'
import { PermanentFailure } from '../domain/failure.ts'
import type { Evidence, Question, Reading, Verdict } from '../domain/judge/judge.ts'
import { type ThresholdsState, thresholds } from '../domain/judge/thresholds.ts'
import type { ReleaseStatus } from '../domain/release.ts'
import type { Platform } from '../platform/platform.ts'
import { asked, type Clock } from './clock.ts'

const lookEvery = 1_000
const reportEvery = 5_000
const blindAfter = 60_000
/** One watch is one activity of bounded length; the workflow asks for the next. */
const watchAtMost = 60 * 60_000

export interface Watch {
  readonly app: AppRef
  readonly question: Question
  readonly onNoTraffic: 'hold' | 'promote'
  /** What an earlier watch of this step saw. */
  readonly state?: ThresholdsState
  /** The step is known to be stalled: say so again only by going on. */
  readonly stalled: boolean
  /** What people are told while this watch looks; it adds the numbers. */
  readonly status: ReleaseStatus
}

export type Watched =
  | { readonly kind: 'safe' | 'harmful' | 'unproven'; readonly reason: string; readonly evidence: Evidence }
  /** The step's time is over and there is no data to judge by. */
  | { readonly kind: 'stalled'; readonly reason: string; readonly state: ThresholdsState }
  /** Nothing new for a whole watch: ask for another. */
  | { readonly kind: 'watching'; readonly state: ThresholdsState }
  /** The metrics have not answered for too long. */
  | { readonly kind: 'blind'; readonly reason: string }

/** What survives the loss of a worker: it rides in the heartbeat. */
interface Memory {
  readonly state: ThresholdsState
  /** Since when the metrics do not answer. */
  readonly lostSince?: number
}

export function metricsVerbs({ metrics, report }: Pick<Platform, 'metrics' | 'report'>, clock: Clock) {
  return {
    async watchStep(watch: Watch): Promise<Watched> {
      const { cancellationSignal, heartbeat, info } = Context.current()
      let memory: Memory = (info.heartbeatDetails as Memory | undefined) ?? begin(watch)
      const until = clock.now() + watchAtMost
      const tell = teller(report, clock, watch)
      for (;;) {
        const look = await lookOnce(metrics, clock, watch, memory)
        if ('kind' in look) {
          // Harm is told at once; else what was said arrives before what the workflow says next.
          if (look.kind !== 'harmful') await tell.done()
          return look
        }
        memory = look.memory
        heartbeat(memory)
        tell.soon(look.verdict)
        if (clock.now() >= until) return { kind: 'watching', state: memory.state }
        await clock.sleep(lookEvery, cancellationSignal)
      }
    },

    /** Waits until the metrics answer again. */
    async awaitMetrics({ app, question }: Pick<Watch, 'app' | 'question'>): Promise<void> {
      const until = Number.POSITIVE_INFINITY
      await asked(clock, { every: lookEvery, until }, () => read(metrics, app, question))
    },
  }
}

const begin = ({ state }: Watch): Memory => ({ state: state ?? thresholds.begin() })

/** One reading, one verdict: either the watch is over, or this is what it remembers. */
async function lookOnce(
  metrics: Platform['metrics'],
  clock: Clock,
  watch: Watch,
  memory: Memory,
): Promise<Watched | { memory: Memory; verdict?: Verdict }> {
  const reading = await read(metrics, watch.app, watch.question)
  if (!reading) {
    const lostSince = memory.lostSince ?? clock.now()
    if (clock.now() - lostSince < blindAfter) return { memory: { ...memory, lostSince } }
    return { kind: 'blind', reason: `the metrics have not answered for ${blindAfter / 1000} s` }
  }
  const { state, verdict } = thresholds.judge(watch.question, memory.state, reading)
  return conclusion(watch, state, verdict, clock.now()) ?? { memory: { state }, verdict }
}

/** What the verdict means for the watch; undefined: keep looking. */
function conclusion(
  { question, onNoTraffic, stalled }: Watch,
  state: ThresholdsState,
  verdict: Verdict,
  now: number,
): Watched | undefined {
  const { kind, reason, evidence } = verdict
  if (kind !== 'undecided') return { kind, reason, evidence }
  if (!verdict.noData || now < question.since + question.for) return undefined
  if (onNoTraffic === 'promote') return { kind: 'unproven', reason, evidence }
  return stalled ? undefined : { kind: 'stalled', reason, state }
}

/** Undefined when the metrics do not answer: that is an answer too, and no data. */
async function read(
  metrics: Platform['metrics'],
  app: AppRef,
  { canary, stable, objectives }: Question,
): Promise<Reading | undefined> {
  const revisions = stable === undefined ? [canary] : [canary, stable]
  try {
    return await metrics.counters(app, revisions, objectives.latency?.below)
  } catch (error) {
    if (error instanceof PermanentFailure) throw error
    log.warn('the metrics do not answer', { error })
    return undefined
  }
}

/** Reports the newest numbers now and then, at first at once. Its failure is no matter: the next one says the same and more. */
function teller(report: Platform['report'], clock: Clock, { status, stalled }: Watch) {
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
