// Watches one step by fixed objectives, until its verdict. It never moves traffic.
import { Context } from '@temporalio/activity'
import type { AppRef } from '../domain/app.ts'
import type { Evidence, Verdict } from '../domain/judge/judge.ts'
import {
  beginThresholds,
  judgeThresholds,
  type StepQuestion,
  type ThresholdsState,
} from '../domain/judge/thresholds.ts'
import type { ReleaseStatus } from '../domain/release.ts'
import type { Platform } from '../platform/platform.ts'
import { asked, type Clock } from './clock.ts'
import { read, teller, watchAtMost } from './watch.ts'

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

export function stepVerbs({ metrics, report }: Pick<Platform, 'metrics' | 'report'>, clock: Clock) {
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
      await asked(clock, { every: lookEvery, until }, () => look(metrics, app, question))
    },
  }
}

const begin = ({ state }: Watch): Memory => ({ state: state ?? beginThresholds() })

/** One reading, one verdict: either the watch is over, or this is what it remembers. */
async function lookOnce(
  metrics: Platform['metrics'],
  clock: Clock,
  watch: Watch,
  memory: Memory,
): Promise<Watched | { memory: Memory; verdict?: Verdict }> {
  const reading = await look(metrics, watch.app, watch.question)
  if (!reading) {
    const lostSince = memory.lostSince ?? clock.now()
    if (clock.now() - lostSince < blindAfter) return { memory: { ...memory, lostSince } }
    return { kind: 'blind', reason: `the metrics have not answered for ${blindAfter / 1000} s` }
  }
  const { state, verdict } = judgeThresholds(watch.question, memory.state, reading)
  return conclusion(watch, state, verdict, clock.now()) ?? { memory: { state }, verdict }
}

function look(metrics: Platform['metrics'], app: AppRef, { canary, stable, objectives }: StepQuestion) {
  const revisions = stable === undefined ? [canary] : [canary, stable]
  return read(metrics, app, revisions, objectives.latency ? [objectives.latency.below] : [])
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
