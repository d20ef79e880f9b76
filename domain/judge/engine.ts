// Decides after each look what the canary may weigh: up its ladder while it is calm, back on a doubt, to nothing on harm.
import {
  atMost,
  type Block,
  freshTests,
  isProven,
  newTests,
  observe,
  type Setup,
  type Tests,
  type Weighed,
  weigh,
} from './evidence.ts'
import type { Method } from './method.ts'
import { firstWeight, type Limit, nextWeight } from './ramp.ts'

/** What follows from a look. */
export type Decision = 'ramp' | 'full' | 'blind' | 'rollback' | 'promote'

/** Why the weight is what it is. */
export type Cause = Limit | 'doubt' | 'verify' | 'proven' | 'due' | 'blind' | 'step'

/** Plain JSON. Times are seconds since the canary's first request was possible; weights are fractions of 1. */
export interface Engine {
  readonly tests: Tests
  readonly decision: Decision
  readonly cause: Cause
  readonly weight: number
  /** M, and the parts of it that corroborate. */
  readonly harm: number
  readonly relative: number
  readonly latency: number
  /** U */
  readonly atMost: number
  /** The canary's requests: all, and since the weight last rose. */
  readonly requests: number
  readonly onRung: number
  /** When the weight last rose. */
  readonly since: number
  /** The listed step that is being watched. */
  readonly step: number
  /** When it was full. */
  readonly full?: number | undefined
  /** Whether the upper bound has come within the margin. */
  readonly proven: boolean
  /** A doubt holds the weight; and it is being verified at a weight where stable has enough traffic. */
  readonly held: boolean
  readonly verifying: boolean
  /** When the counts were last seen. */
  readonly seen: number
  /** The weight before the metrics were lost. */
  readonly saved: number
  /** The weight that it would have, were it not kept below. */
  readonly wants?: number
}

/** One look: when it was, what is new, and the App's requests a second. */
export interface Look extends Block {
  readonly at: number
  readonly rate: number
  /** What keeps the weight from rising above this, whatever the evidence says; nothing when absent. */
  readonly ceiling?: number
}

/** Listed steps: their weights as fractions, their times in seconds. */
export type Steps = readonly { readonly weight: number; readonly for: number }[]

export interface EngineSetup extends Setup {
  /** Absent: the weight follows the evidence. */
  readonly steps?: Steps
}

export function beginEngine(setup: EngineSetup): Engine {
  const first = setup.steps?.[0]?.weight ?? firstWeight(setup)
  return {
    tests: newTests(setup),
    decision: 'ramp',
    cause: setup.steps ? 'step' : 'first',
    weight: first,
    harm: 1,
    relative: 0,
    latency: 0,
    atMost: 1,
    requests: 0,
    onRung: 0,
    since: 0,
    step: 0,
    proven: false,
    held: false,
    verifying: false,
    seen: 0,
    saved: 0,
  }
}

/** Takes one look: bets it, and moves the weight. */
export function stepEngine(setup: EngineSetup, before: Engine, look: Look): Engine {
  const engine = take(setup, before, look)
  const { method } = setup
  const canVerify = isVerifiable(setup, look.rate)
  // The bound stays the one that the weight was given for.
  if (isHarmful(setup, engine, canVerify))
    return { ...engine, weight: 0, decision: 'rollback', atMost: before.atMost }
  const doubted = doubt(setup, engine, canVerify)
  const free = setup.steps ? followSteps(setup, setup.steps, doubted, look) : ramp(setup, doubted, look)
  const next = kept(doubted, free, look)
  return conclude(method, moved(next, before, look.at), look.at)
}

/** A rise above the ceiling is not made; that it is wanted is remembered. */
function kept(engine: Engine, free: Engine, { ceiling = 1 }: Look): Engine {
  if (free.weight <= Math.max(ceiling, engine.weight)) return free
  return { ...engine, wants: free.weight }
}

/** No counts at this moment: the weight stays, and falls to nothing when that lasts. What was seen is kept. */
export function blindEngine({ method }: Setup, engine: Engine, at: number): Engine {
  const blind = { ...engine, decision: 'blind' as const }
  if (at - engine.seen <= method.blindAfter || engine.weight === 0) return blind
  return { ...blind, saved: engine.weight, weight: 0, cause: 'blind' }
}

function take(setup: EngineSetup, before: Engine, look: Look): Engine {
  const tests = observe(setup, before.tests, look)
  const { harm, relative, latency }: Weighed = weigh(setup, tests)
  const { canary, at } = look
  // After blindness the weight is the one from before, or the first, as if it began now.
  const resumes = before.weight === 0
  return {
    tests,
    decision: before.full === undefined ? 'ramp' : 'full',
    cause: before.cause,
    weight: resumes ? Math.max(before.saved, beginEngine(setup).weight) : before.weight,
    harm,
    relative,
    latency,
    atMost: atMost(tests),
    requests: before.requests + canary.requests,
    onRung: resumes ? 0 : before.onRung + canary.requests,
    since: resumes ? at : before.since,
    step: before.step,
    full: before.full,
    proven: before.proven || isProven(setup, tests),
    held: before.held,
    verifying: before.verifying,
    seen: at,
    saved: before.saved,
  }
}

/** Whether stable has enough traffic beside a verified canary to compare with. */
function isVerifiable({ method }: Setup, rate: number): boolean {
  return (1 - method.verifyWeight) * rate * method.verifySeconds >= method.verifyRequests
}

/**
 * The evidence has reached 1/α. What compares with the past or with an objective needs head-to-head evidence beside it, and enough
 * stable traffic to give it; where there can be none, it stands alone.
 */
function isHarmful({ method }: Setup, engine: Engine, canVerify: boolean): boolean {
  const { tests, harm, relative, latency, verifying, weight } = engine
  const limit = 1 / method.alpha
  if (relative >= limit) return true
  if (harm < limit) return false
  const alone = !canVerify || weight === 1
  const fresh = Math.max(tests.freshErrors.m, tests.freshSlow.m)
  const corroborated = (verifying ? fresh : Math.max(tests.errors.m, latency)) >= method.corroborate
  return alone || (corroborated && (!isThin(engine) || verifying))
}

/** Too little stable traffic to compare with. */
const isThin = ({ weight }: Engine): boolean => weight > 0.5 + 1e-9

const isCalm = ({ clear }: Method, { harm }: Engine): boolean => harm < clear

/** A doubt retreats to where each failure tells most; from a thin comparison it begins a fresh one. Listed weights stay. */
function doubt(setup: EngineSetup, engine: Engine, canVerify: boolean): Engine {
  const { method } = setup
  const { harm, weight, held, verifying, tests, cause } = engine
  if (!held && harm < method.soft) return engine
  const soft = harm >= method.soft && canVerify && weight > method.verifyWeight
  const retreats = soft && !setup.steps
  const verifies = retreats && !held && isThin(engine)
  const holds = (held || soft) && harm >= method.clear
  return {
    ...engine,
    weight: retreats ? method.verifyWeight : weight,
    cause: verifies ? 'verify' : retreats ? 'doubt' : cause,
    tests: verifies ? freshTests(setup, tests) : tests,
    held: holds,
    verifying: (verifying || verifies) && holds,
  }
}

/** Up the ladder while it is calm; to full when it is proven, or due. */
function ramp(setup: Setup, engine: Engine, { at, rate }: Look): Engine {
  const { method } = setup
  const { proven, weight } = engine
  if (!isCalm(method, engine)) return engine
  if (engine.full !== undefined)
    return weight === method.fullWeight
      ? engine
      : { ...engine, weight: method.fullWeight, cause: proven ? 'proven' : 'due' }
  const raised = { ...engine, ...nextWeight(setup, engine, at, rate) }
  const due =
    at >= method.deadline && engine.requests >= method.minRequests && method.onDeadline === 'promote'
  // Proof is asked of this look: an older one may be out of date.
  if (isProven(setup, engine.tests)) return atFull(raised, method.fullWeight, at, 'proven')
  return due ? atFull(raised, method.fullWeight, at, 'due') : raised
}

const atFull = (engine: Engine, weight: number, at: number, cause: Cause): Engine => ({
  ...engine,
  weight,
  cause,
  full: at,
  decision: 'full',
})

/** Listed steps: the next one when this one's time is over, it was calm, and it was seen. */
function followSteps({ method }: Setup, steps: Steps, engine: Engine, { at }: Look): Engine {
  const step = steps[engine.step]
  if (engine.full !== undefined || !step) return engine
  const seen = engine.onRung >= method.minRequests
  if (at - engine.since < step.for || !isCalm(method, engine) || !seen) return engine
  const next = steps[engine.step + 1]
  const onward = { ...engine, step: engine.step + 1 }
  if (next && next.weight < 1) return { ...onward, weight: next.weight, cause: 'step' }
  return atFull(onward, next ? 1 : Math.max(method.fullWeight, step.weight), at, 'step')
}

/** A rung begins when the weight has risen, or fallen. */
function moved(engine: Engine, before: Engine, at: number): Engine {
  const same = engine.weight === before.weight && engine.step === before.step
  return same ? engine : { ...engine, since: at, onRung: 0 }
}

/** The end of the watch: the bake is over, or there is no more time. */
function conclude(method: Method, engine: Engine, at: number): Engine {
  const { full, held } = engine
  const baked = full !== undefined && at >= full + method.bake && isCalm(method, engine)
  if (baked) return { ...engine, decision: 'promote' }
  if (at < method.maxDuration || engine.requests < method.minRequests) return engine
  if (full !== undefined && !held) return { ...engine, decision: 'promote' }
  if (method.onInconclusive === 'hold') return engine
  return method.onInconclusive === 'promote'
    ? { ...engine, decision: 'promote' }
    : { ...engine, weight: 0, decision: 'rollback' }
}
