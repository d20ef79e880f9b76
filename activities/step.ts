// Watches one step by fixed objectives, until its verdict. It never moves traffic.
import type { AppRef } from '../domain/app.ts'
import type { GatePoint } from '../domain/gate.ts'
import type { Evidence, Verdict } from '../domain/judge/judge.ts'
import {
  beginThresholds,
  judgeThresholds,
  type StepQuestion,
  type ThresholdsState,
} from '../domain/judge/thresholds.ts'
import type { ReleaseStatus } from '../domain/release.ts'
import type { Platform } from '../platform/platform.ts'
import { type Bar, type Barred, openingOf } from './bar.ts'
import { asked, type Clock } from './clock.ts'
import { ownership } from './ownership.ts'
import { type Looked, read, teller, watchUntilSeen } from './watch.ts'

const lookEvery = 1_000
const blindAfter = 60_000

export interface Watch {
  readonly app: AppRef
  readonly question: StepQuestion
  readonly onNoTraffic: 'hold' | 'promote'
  /** What an earlier watch of this step saw. */
  readonly state?: ThresholdsState
  readonly stalled: boolean
  readonly status: ReleaseStatus
  readonly bar?: Bar
  /** What comes after this step. */
  readonly next?: GatePoint
}

export type Watched =
  | {
      readonly kind: 'safe' | 'harmful' | 'unproven'
      readonly reason: string
      readonly evidence: Evidence
      /** For another watch, when what comes next may not begin after all; absent from an earlier version's watch. */
      readonly state?: ThresholdsState
    }
  /** The step's time is over and there is no data to judge by. */
  | { readonly kind: 'stalled'; readonly reason: string; readonly state: ThresholdsState }
  /** Nothing new for a whole watch: ask for another. */
  | { readonly kind: 'watching'; readonly state: ThresholdsState; readonly at?: number }
  | Barred<ThresholdsState>
  /** The metrics have not answered for too long. */
  | { readonly kind: 'blind'; readonly reason: string }

/** What survives the loss of a worker: it rides in the heartbeat. */
interface Memory {
  readonly state: ThresholdsState
  /** Since when the metrics do not answer. */
  readonly lostSince?: number
}

export function stepVerbs(platform: Pick<Platform, 'metrics' | 'report' | 'traffic'>, clock: Clock) {
  const { metrics, report, traffic } = platform
  return {
    watchStep: (watch: Watch): Promise<Watched> =>
      watchUntilSeen<Memory, Watched>(clock, teller(report, clock, watch), {
        owned: ownership(traffic, clock, watch.status),
        every: lookEvery,
        begin: { state: watch.state ?? beginThresholds() },
        look: (memory) => lookOnce(metrics, clock, watch, memory),
        pause: ({ state }) => ({ kind: 'watching', state, at: clock.now() }),
        bar: watch.bar,
      }),

    /** Waits until the metrics answer again. */
    async awaitMetrics({ app, question }: Pick<Watch, 'app' | 'question'>): Promise<void> {
      const until = Number.POSITIVE_INFINITY
      await asked(clock, { every: lookEvery, until }, () => look(metrics, app, question))
    },
  }
}

/** One reading, one verdict: either the watch is over, or this is what it remembers. */
async function lookOnce(
  metrics: Platform['metrics'],
  clock: Clock,
  watch: Watch,
  memory: Memory,
): Promise<Looked<Memory, Watched>> {
  const reading = await look(metrics, watch.app, watch.question)
  if (!reading) {
    const lostSince = memory.lostSince ?? clock.now()
    if (clock.now() - lostSince < blindAfter) return { memory: { ...memory, lostSince } }
    return { seen: { kind: 'blind', reason: `the metrics have not answered for ${blindAfter / 1000} s` } }
  }
  const { state, verdict } = judgeThresholds(watch.question, memory.state, reading)
  const seen = conclusion(watch, state, verdict, clock.now())
  return seen ? { seen } : { memory: { state }, verdict }
}

function look(metrics: Platform['metrics'], app: AppRef, { canary, stable, objectives }: StepQuestion) {
  const revisions = stable === undefined ? [canary] : [canary, stable]
  return read(metrics, app, revisions, objectives.latency ? [objectives.latency.below] : [])
}

/** What the verdict means for the watch; undefined: keep looking. */
function conclusion(
  watch: Watch,
  state: ThresholdsState,
  verdict: Verdict,
  now: number,
): Watched | undefined {
  const { question, onNoTraffic, stalled } = watch
  const { kind, reason, evidence } = verdict
  if (kind === 'harmful') return { kind, reason, evidence }
  if (kind === 'safe') return unlessBarred(watch, state, now, { kind, reason, evidence, state })
  if (!verdict.noData || now < question.since + question.for) return undefined
  if (onNoTraffic === 'promote')
    return unlessBarred(watch, state, now, { kind: 'unproven', reason, evidence, state })
  return stalled ? undefined : { kind: 'stalled', reason, state }
}

/** The step is done, but what comes after it may not begin yet: it is watched on. */
function unlessBarred(
  { bar, next = 'promotion' }: Watch,
  state: ThresholdsState,
  at: number,
  done: Watched,
): Watched | undefined {
  const opening = openingOf(bar, at)
  if (bar?.atMost === undefined && opening.open) return done
  if (bar?.told) return undefined
  return { kind: 'barred', wants: next, ...(!opening.open && { closed: opening }), state, at }
}
