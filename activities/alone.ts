// Watches a revision that has all traffic, with nothing to compare it with: against objectives alone. It never moves traffic.
import type { AppRef } from '../domain/app.ts'
import { silence } from '../domain/judge/defaults.ts'
import type { Evidence, Reading } from '../domain/judge/judge.ts'
import {
  beginThresholds,
  judgeThresholds,
  type StepQuestion,
  type ThresholdsState,
} from '../domain/judge/thresholds.ts'
import type { ReleaseStatus } from '../domain/release.ts'
import type { Platform } from '../platform/platform.ts'
import type { Clock } from './clock.ts'
import { type Looked, read, teller, watchUntilSeen } from './watch.ts'

const lookEvery = 1_000

export interface Alone {
  readonly app: AppRef
  readonly question: StepQuestion
  /** What an earlier watch saw. */
  readonly seen?: Memory
  readonly status: ReleaseStatus
}

interface Memory {
  readonly state: ThresholdsState
  /** The first time that the gateway was read with all traffic here: what it counted before is somebody else's doing. */
  readonly from?: number
}

export type SeenAlone =
  | { readonly kind: 'safe' | 'harmful'; readonly reason: string; readonly evidence: Evidence }
  /** Its time is over, and what was seen shows neither. */
  | { readonly kind: 'unproven'; readonly reason: string; readonly evidence?: Evidence }
  /** Nothing was decided yet: ask for another watch. */
  | { readonly kind: 'watching'; readonly seen: Memory }

export function aloneVerbs({ metrics, report }: Pick<Platform, 'metrics' | 'report'>, clock: Clock) {
  return {
    watchAlone: (watch: Alone): Promise<SeenAlone> =>
      watchUntilSeen<Memory, SeenAlone>(clock, teller(report, clock, { ...watch, stalled: false }), {
        every: lookEvery,
        begin: watch.seen ?? { state: beginThresholds() },
        look: async (memory) => judged(watch, memory, await look(metrics, watch), clock.now()),
        pause: (seen) => ({ kind: 'watching', seen }),
      }),
  }
}

function look(metrics: Platform['metrics'], { app, question: { canary, stable, objectives } }: Alone) {
  const revisions = stable === undefined ? [canary] : [canary, stable]
  return read(metrics, app, revisions, objectives.latency ? [objectives.latency.below] : [])
}

/** It ends soon after its time whatever was seen: nothing here is worth waiting for without end. */
function judged(
  { question }: Alone,
  memory: Memory,
  reading: Reading | undefined,
  now: number,
): Looked<Memory, SeenAlone> {
  const late = now >= (memory.from ?? question.since) + question.for + silence
  if (!reading) {
    return late ? { seen: { kind: 'unproven', reason: 'the metrics do not answer' } } : { memory }
  }
  const from = memory.from ?? firstRead(question, reading)
  const { verdict, state } = judgeThresholds(
    { ...question, since: from ?? question.since },
    memory.state,
    reading,
  )
  const { kind, reason, evidence } = verdict
  if (kind !== 'undecided') return { seen: { kind, reason, evidence } }
  if (late) return { seen: { kind: 'unproven', reason, evidence } }
  return { memory: { state, ...(from !== undefined && { from }) }, verdict }
}

const firstRead = ({ since }: StepQuestion, { scrapedAt = 0 }: Reading): number | undefined =>
  scrapedAt >= since ? scrapedAt : undefined
