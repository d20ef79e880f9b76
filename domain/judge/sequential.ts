// Judges a canary by a sequential test: each reading of the gateway is a block of evidence, and the weight follows it.
import { type Alone, blame, blockOf, boundsOf, noneAlone, type Sides } from './blame.ts'
import { advance, type Counters, noCounters, noRequests, plus } from './counters.ts'
import { detectableRise, requestsByDeadline } from './detectable.ts'
import { beginEngine, blindEngine, type Engine, type EngineSetup, stepEngine } from './engine.ts'
import type { Course, Evidence, Judged, Reading, TestResult, Verdict } from './judge.ts'
import { lacking, quietAfter, whyHarmful, whySafe, whyWeight } from './reason.ts'

/** What is asked at each look. */
export interface CanaryQuestion {
  readonly canary: string
  readonly stable: string
  readonly setup: EngineSetup
  /** The canary's share that the gateway serves, in thousandths, and since when, in milliseconds since the epoch. */
  readonly weight: number
  readonly since: number
  /** Thousandths that it may hold at most, and it may not be promoted; as much as the evidence allows when absent. */
  readonly atMost?: number
}

/** What has been seen of the release. Plain JSON under 16 KB. */
export interface SequentialState {
  readonly counters: Counters
  readonly engine: Engine
  /** When the canary's first weight was served, in milliseconds since the epoch; absent before. */
  readonly began?: number
  /** When the gateway was last read. */
  readonly readAt: number
  /** Seconds without anything new, so far. */
  readonly silent: number
  /** Seconds in which nobody saw what the canary did, or a gate was closed: no deadline comes nearer by them. */
  readonly lost: number
  /** The requests of both revisions that all proxies had counted then. */
  readonly total: number
  /** The App's requests a second, of late. */
  readonly rate?: number
  readonly sides: Sides
  readonly alone: Alone
  readonly looks: number
}

/** Begins with a reading from before the canary's first request: what it counts later is all its own. */
export function beginCanary(setup: EngineSetup, reading: Reading): SequentialState {
  const { rate } = setup.baseline
  return {
    counters: advance(noCounters, reading).counters,
    engine: beginEngine(setup),
    readAt: reading.scrapedAt ?? reading.at,
    silent: 0,
    lost: 0,
    total: totalOf(reading),
    ...(rate !== undefined && { rate }),
    sides: { canary: noRequests, stable: noRequests },
    alone: noneAlone,
    looks: 0,
  }
}

/** The same while the metrics do not answer: no weight before they do, so that nobody meets a canary that nobody sees. */
export function beginBlind(setup: EngineSetup, at: number): SequentialState {
  const state = beginCanary(setup, { at, counts: [], route: [] })
  const { engine } = state
  return {
    ...state,
    engine: { ...engine, weight: 0, saved: engine.weight, decision: 'blind', cause: 'blind' },
  }
}

/** Takes a reading into account. One that was seen before changes nothing. */
export function judgeCanary(
  question: CanaryQuestion,
  before: SequentialState,
  reading: Reading,
): Judged<SequentialState> {
  const state = begun(question, before)
  const readAt = reading.scrapedAt ?? state.readAt
  if (readAt <= state.readAt) return { state, verdict: verdictOf(question, state) }
  const { counters, deltas } = advance(state.counters, reading)
  const { sides, alone } = blame(deltas, question, state.engine.weight, state.alone)
  const seconds = (readAt - state.readAt) / 1000
  const waits = isGap(question, before, seconds) || isBarred(question, state.engine)
  const lost = state.lost + (waits ? seconds : 0)
  const total = totalOf(reading)
  // More proxies may serve than are judged; one that restarted makes the sum fall.
  const came = Math.max(total - state.total, sides.canary.requests + sides.stable.requests)
  const rate = follow(state.rate, came / seconds, seconds)
  const at = Math.max(state.engine.seen, timeOf({ ...state, lost }, readAt))
  const { setup } = question
  const block = blockOf(sides, setup.baseline, at >= setup.method.warmup)
  const ceiling = question.atMost === undefined ? {} : { ceiling: question.atMost / 1000 }
  const engine = stepEngine(setup, settled(question, state), { ...block, at, rate, ...ceiling })
  const next: SequentialState = {
    ...state,
    counters,
    engine,
    readAt,
    silent: 0,
    lost,
    total,
    rate,
    sides: { canary: plus(state.sides.canary, sides.canary), stable: plus(state.sides.stable, sides.stable) },
    alone,
    looks: state.looks + (sides.canary.requests > 0 ? 1 : 0),
  }
  return { state: next, verdict: verdictOf(question, next) }
}

const totalOf = ({ counts }: Reading): number => counts.reduce((sum, { requests }) => sum + requests, 0)

/** The metrics have said nothing new for so many seconds. */
export function missCanary(
  question: CanaryQuestion,
  before: SequentialState,
  seconds: number,
): Judged<SequentialState> {
  const state = begun(question, before)
  const engine = blindEngine(question.setup, state.engine, state.engine.seen + seconds)
  const next = { ...state, engine, silent: seconds }
  return { state: next, verdict: verdictOf(question, next) }
}

const begun = ({ since }: CanaryQuestion, state: SequentialState): SequentialState =>
  state.began === undefined ? { ...state, began: since } : state

/** The engine's time: seconds since the canary's first weight was served, without those in which nobody saw it or it was barred. */
const timeOf = ({ began, lost }: SequentialState, at: number): number => (at - (began ?? at)) / 1000 - lost

const isGap = ({ setup }: CanaryQuestion, { began }: SequentialState, seconds: number): boolean =>
  began !== undefined && seconds > quietAfter(setup)

/** The evidence would let it go on, and a gate does not: no deadline comes nearer meanwhile. */
export const isBarred = ({ atMost }: Pick<CanaryQuestion, 'atMost'>, engine: Engine): boolean =>
  atMost !== undefined && (engine.wants !== undefined || engine.decision === 'promote')

/** A listed step's time begins when the gateway serves it, which is a moment after it was decided. */
function settled({ since }: CanaryQuestion, state: SequentialState): Engine {
  const { engine } = state
  return { ...engine, since: Math.max(engine.since, timeOf(state, since)) }
}

/** Seconds in which a change of the traffic is mostly believed. */
const rateMemory = 30

function follow(rate: number | undefined, now: number, seconds: number): number {
  if (rate === undefined) return now
  return rate + (now - rate) * (1 - Math.exp(-seconds / rateMemory))
}

function verdictOf(question: CanaryQuestion, state: SequentialState): Verdict {
  const { engine, silent } = state
  const { setup } = question
  const evidence = evidenceOf(question, state)
  if (engine.decision === 'rollback')
    return { kind: 'harmful', reason: whyHarmful(setup, engine, state.sides), evidence }
  if (engine.decision === 'promote')
    return { kind: 'safe', reason: whySafe(setup, engine), evidence, proven: engine.proven }
  const missing = lacking(setup, engine, { canary: question.canary, silent })
  const reason = missing ?? whyWeight(setup, engine, state.rate)
  return {
    kind: 'undecided',
    reason,
    noData: missing !== undefined,
    evidence,
    course: courseOf(setup, engine),
  }
}

export function courseOf({ method, steps }: EngineSetup, engine: Engine): Course {
  const weight = Math.round(engine.weight * 1000)
  const full = engine.full !== undefined
  const doubted = engine.held && full
  const phase = weight === 0 ? 'blind' : doubted ? 'verify' : full ? 'full' : 'ramp'
  const step = steps && !full && method ? { step: `${engine.step + 1}/${steps.length}` } : {}
  return { weight, phase, ...step }
}

function evidenceOf({ setup }: CanaryQuestion, state: SequentialState): Evidence {
  const { sides, looks, began, readAt } = state
  return { from: began ?? readAt, to: readAt, ...sides, looks, test: resultOf(setup, state) }
}

function resultOf(setup: EngineSetup, { engine, sides, rate = 0 }: SequentialState): TestResult {
  const { method } = setup
  const { tests } = engine
  const { canary, stable } = sides
  const rest = requestsByDeadline(rate, method)
  const share = stable.requests > 0 ? stable.errors / stable.requests : 1 - setup.success
  return {
    harm: engine.harm,
    limit: 1 / method.alpha,
    sources: {
      errors: tests.errors.m,
      latency: engine.latency,
      reference: tests.reference.m,
      objective: tests.objective.m,
      slow: tests.slow.m,
    },
    atMost: engine.atMost,
    atLeast: tests.lower.l,
    confidence: 1 - method.beta,
    harmed: harmed(setup, sides),
    detectable: detectableRise(share, Math.max(canary.requests, rest), method),
    proven: engine.proven,
    rate,
    why: whyWeight(setup, engine, rate),
  }
}

/** Bad answers of the canary beyond stable's share of them: errors, and answers beyond the latency objective. */
function harmed({ baseline }: EngineSetup, { canary, stable }: Sides): number {
  const beyond = (bad: number, of: number, stableBad: number, stableOf: number) =>
    Math.max(0, bad - (stableOf > 0 ? (of * stableBad) / stableOf : 0))
  const errors = beyond(canary.errors, canary.requests, stable.errors, stable.requests)
  const objective = baseline.latency.at(-1)
  if (!objective) return Math.round(errors)
  const bound = boundsOf(baseline).indexOf(objective.bound)
  const late = ({ timed, within }: Sides['canary']) => timed - (within[bound] ?? timed)
  const slow = beyond(late(canary), canary.timed, late(stable), stable.timed)
  return Math.round(errors + slow)
}
