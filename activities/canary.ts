// Watches a canary by the sequential test, until the judge wants another weight or has decided. It never moves traffic.
import { Context, log } from '@temporalio/activity'
import type { AppRef, AppSpec } from '../domain/app.ts'
import { PermanentFailure } from '../domain/failure.ts'
import type { Opening } from '../domain/gate.ts'
import { type Baseline, makeBaseline, rateBetween } from '../domain/judge/baseline.ts'
import { boundsOf } from '../domain/judge/blame.ts'
import type { EngineSetup, Steps } from '../domain/judge/engine.ts'
import type { Course, Evidence, History, Judged, Reading } from '../domain/judge/judge.ts'
import type { Method } from '../domain/judge/method.ts'
import {
  beginBlind,
  beginCanary,
  type CanaryQuestion,
  courseOf,
  isBarred,
  judgeCanary,
  missCanary,
  type SequentialState,
} from '../domain/judge/sequential.ts'
import type { Judging, ReleaseStatus } from '../domain/release.ts'
import type { Platform } from '../platform/platform.ts'
import { type Bar, type Barred, openingOf } from './bar.ts'
import { asked, type Clock } from './clock.ts'
import { ownership } from './ownership.ts'
import { read, teller, watchUntilSeen } from './watch.ts'

/** How long the past is asked for before the release begins without it, and without weight. */
const pastWithin = 30_000

export interface Study {
  readonly app: AppRef
  readonly canary: string
  readonly stable: string
  readonly objectives: AppSpec['release']['objectives']
  readonly method: Method
  /** Listed steps; absent when the weight follows the evidence. */
  readonly steps?: Steps
  /** Milliseconds of the past that the stable side is known by. */
  readonly history: number
}

export interface Studied {
  readonly judging: Judging
  readonly state: SequentialState
  readonly course: Course
}

export interface CanaryWatch {
  readonly app: AppRef
  readonly question: CanaryQuestion
  /** What the canary holds now. */
  readonly course: Course
  readonly state: SequentialState
  readonly stalled: boolean
  readonly status: ReleaseStatus
  readonly bar?: Bar
}

export type CanaryWatched =
  | { readonly kind: 'safe'; readonly reason: string; readonly evidence: Evidence; readonly proven: boolean }
  | { readonly kind: 'harmful'; readonly reason: string; readonly evidence: Evidence }
  /** The judge wants the canary to hold something else; `stalled` when that is for want of data. */
  | {
      readonly kind: 'course'
      readonly course: Course
      readonly reason: string
      readonly evidence: Evidence
      readonly stalled: boolean
      readonly state: SequentialState
    }
  /** Data is missing; or it is back again; or nothing new for a whole watch. */
  | { readonly kind: 'stalled'; readonly reason: string; readonly state: SequentialState }
  | { readonly kind: 'watching'; readonly state: SequentialState; readonly at?: number }
  | Barred<SequentialState>

export function canaryVerbs(platform: Pick<Platform, 'metrics' | 'report' | 'traffic'>, clock: Clock) {
  const { metrics, report, traffic } = platform
  return {
    /** What the stable side has been like, and the counters before the canary's first request. */
    async studyStable(study: Study): Promise<Studied> {
      const { app, method, canary, stable } = study
      const { cancellationSignal } = Context.current()
      const until = clock.now() + pastWithin
      const past = await asked(clock, { every: 1_000, until }, () => recall(platform, study))
      await clock.sleep(past ? 2 * (past.reading.interval ?? 1_000) : 0, cancellationSignal)
      const now = await read(metrics, app, past?.known ?? [], [])
      const baseline = baselineOf(study, past, now)
      const setup = setupOf(study, baseline)
      const bounds = boundsOf(baseline)
      const reading = await read(metrics, app, [canary, stable], bounds)
      const state = reading ? beginCanary(setup, reading) : beginBlind(setup, clock.now())
      const query = metrics.query(app, bounds)
      const judging = { query, ...judgedBy(study), method, baseline }
      return { judging, state, course: courseOf(setup, state.engine) }
    },

    watchCanary: (watch: CanaryWatch): Promise<CanaryWatched> => {
      let freshAt: number | undefined
      return watchUntilSeen<SequentialState, CanaryWatched>(clock, teller(report, clock, watch), {
        owned: ownership(traffic, clock, watch.status),
        every: lookEvery(watch),
        begin: watch.state,
        look: async (state) => {
          freshAt ??= clock.now() - state.silent * 1000
          const reading = await look(metrics, watch)
          const now = clock.now()
          if (isFresh(reading, state)) freshAt = now
          const opening = openingOf(watch.bar, now)
          const question = barredQuestion(watch, opening)
          const judged = judge(question, state, reading, now - freshAt)
          const seen = conclusion({ ...watch, question }, judged, opening, now)
          return seen ? { seen } : { memory: judged.state, verdict: judged.verdict }
        },
        pause: (state) => ({ kind: 'watching', state, at: clock.now() }),
        bar: watch.bar,
      })
    },
  }
}

/** The gateway is asked twice as often as it is read, so that what it counted is known soon after; seldom while there is nothing to see. */
function lookEvery({ stalled, question: { setup } }: CanaryWatch): number {
  if (stalled) return 5_000
  return Math.min(2_000, Math.max(500, (setup.baseline.interval * 1000) / 2))
}

const setupOf = ({ method, objectives, steps }: Study, baseline: Judging['baseline']): EngineSetup => ({
  method,
  baseline,
  success: objectives.success,
  ...(steps && { steps }),
})

/** What people are told of it beside the method. */
const judgedBy = ({
  objectives: { success, latency },
  steps,
}: Study): Pick<Judging, 'objectives' | 'steps'> => ({
  objectives: { success, ...(latency && { latency }) },
  ...(steps && { steps }),
})

const noHistory: History = { bounds: [], readings: [] }

function baselineOf(
  { method, objectives: { latency } }: Study,
  past: Past | undefined,
  now: Reading | undefined,
): Baseline {
  const interval = now?.interval ?? past?.reading.interval
  const baseline = makeBaseline(past?.history ?? noHistory, {
    stable: past?.served ?? [],
    method,
    ...(latency && { objective: latency }),
    ...(interval !== undefined && { interval }),
  })
  // Traffic that came a moment ago is hardly in the minutes before, and the canary meets all of it.
  const momentary = past && now ? rateBetween(past.reading, now) : undefined
  const rates = [baseline.rate, momentary].filter((rate) => rate !== undefined)
  return rates.length > 0 ? { ...baseline, rate: Math.max(...rates) } : baseline
}

interface Past {
  readonly history: History
  readonly reading: Reading
  /** The App's revisions, as far as its releases are remembered. */
  readonly known: readonly string[]
  /** The revisions that were ever stable. */
  readonly served: readonly string[]
}

/** Undefined while the metrics do not answer. */
async function recall(
  { metrics, report }: Pick<Platform, 'metrics' | 'report'>,
  { app, stable, history }: Study,
): Promise<Past | undefined> {
  try {
    const releases = await report.history(app)
    const promoted = releases.filter(({ outcome }) => outcome === 'promoted')
    const served = [...new Set([stable, ...promoted.flatMap(({ revision }) => revision ?? [])])]
    const others = releases.flatMap(({ revision }) => revision ?? [])
    const known = [...new Set([...served, ...others])]
    return {
      history: await metrics.history(app, known, Math.ceil(history / 60_000)),
      reading: await metrics.counters(app, known, []),
      known,
      served,
    }
  } catch (error) {
    if (error instanceof PermanentFailure) throw error
    log.warn('the past of the stable revision is not known yet', { error })
    return undefined
  }
}

const look = (metrics: Platform['metrics'], { app, question: { canary, stable, setup } }: CanaryWatch) =>
  read(metrics, app, [canary, stable], boundsOf(setup.baseline))

const isFresh = (reading: Reading | undefined, { readAt }: SequentialState): boolean =>
  (reading?.scrapedAt ?? 0) > readAt

function judge(
  question: CanaryQuestion,
  state: SequentialState,
  reading: Reading | undefined,
  silent: number,
): Judged<SequentialState> {
  if (reading && isFresh(reading, state)) return judgeCanary(question, state, reading)
  return missCanary(question, state, silent / 1000)
}

/** No more than the gates allow, and no more than now while the window is closed. */
function barredQuestion({ question, course, bar }: CanaryWatch, opening: Opening): CanaryQuestion {
  const limits = [bar?.atMost, opening.open ? undefined : course.weight].filter((one) => one !== undefined)
  return limits.length > 0 ? { ...question, atMost: Math.min(...limits) } : question
}

/** What the verdict means for the watch; undefined: keep looking. */
function conclusion(
  watch: CanaryWatch,
  { state, verdict }: Judged<SequentialState>,
  opening: Opening,
  at: number,
): CanaryWatched | undefined {
  const { reason, evidence } = verdict
  if (verdict.kind === 'harmful') return { kind: 'harmful', reason, evidence }
  const falls = verdict.kind === 'undecided' && (verdict.course?.weight ?? 0) < watch.course.weight
  if (isBarred(watch.question, state.engine) && !falls) {
    if (watch.bar?.told) return undefined
    const { wants: weight } = state.engine
    const wants = weight === undefined ? 'promotion' : Math.round(weight * 1000)
    return { kind: 'barred', wants, ...(!opening.open && { closed: opening }), state, at }
  }
  if (verdict.kind === 'safe') return { kind: 'safe', reason, evidence, proven: verdict.proven ?? false }
  const { course, noData } = verdict
  if (course && !isSame(course, watch.course))
    return { kind: 'course', course, reason, evidence, stalled: noData, state }
  if (noData === watch.stalled) return undefined
  return noData ? { kind: 'stalled', reason, state } : { kind: 'watching', state }
}

const isSame = (a: Course, b: Course): boolean =>
  a.weight === b.weight && a.phase === b.phase && a.step === b.step
