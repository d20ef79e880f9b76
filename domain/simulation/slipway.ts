// Slipway in a simulated world: the engine that decides real releases, with its lag of one look.
import type { Baseline } from '../judge/baseline.ts'
import {
  beginEngine,
  blindEngine,
  type Engine,
  type EngineSetup,
  type Look,
  type Steps,
  stepEngine,
} from '../judge/engine.ts'
import type { Side } from '../judge/evidence.ts'
import { judgedBounds } from '../judge/histogram.ts'
import type { Method } from '../judge/method.ts'
import { binomial } from './binomial.ts'
import { dispersionOf } from './dispersion.ts'
import { poisson } from './poisson.ts'
import type { Random } from './random.ts'
import type { Policy, Run } from './run.ts'
import { type Answers, answer, harmAfter, harmRate, isBlind, type World } from './world.ts'

/** Releases by this method, with the weights that follow the evidence or with listed ones. */
export function slipway(method: Method, steps?: Steps): Policy {
  return (world, random) => {
    const baseline = measure(world, random, method)
    const setup: EngineSetup = { method, baseline, success: world.success, ...(steps && { steps }) }
    return release(world, random, setup)
  }
}

/** Counts of one window between two looks: what both sides answered. */
interface Window {
  readonly canary: Answers
  readonly stable: Answers
}

function release(world: World, random: Random, setup: EngineSetup): Run {
  const { tick, lagTicks } = setup.method
  const bounds = setup.baseline.latency.map(({ bound }) => world.bounds.indexOf(bound))
  let engine = beginEngine(setup)
  let [harm, shifts] = [0, 0]
  const queue: Window[] = []
  for (let looks = 1; looks * tick <= world.horizon; looks++) {
    const at = looks * tick
    const middle = at - tick / 2
    const side = (name: 'canary' | 'stable', share: number) =>
      answer(world, random, name, world.rate * share * tick, middle, bounds)
    const canary = side('canary', engine.weight)
    queue.push({ canary, stable: side('stable', 1 - engine.weight) })
    harm += canary.requests * harmRate(world, middle)
    if (queue.length <= lagTicks) continue
    const before = engine
    if (isBlind(world, at)) engine = blindEngine(setup, engine, at)
    else {
      const seen = queue.splice(0, queue.length - lagTicks).reduce(together)
      engine = stepEngine(setup, engine, lookAt(seen, at, world.rate, at >= setup.method.warmup))
    }
    if (engine.weight !== before.weight && before.full === undefined) shifts++
    if (engine.decision === 'rollback') return ended('rolled-back', engine, at, harm, shifts)
    if (engine.decision === 'promote')
      return ended('promoted', engine, at, harm + harmAfter(world, at), shifts)
  }
  return ended('undecided', engine, world.horizon, harm, shifts)
}

const ended = (outcome: Run['outcome'], { full }: Engine, at: number, harm: number, shifts: number): Run => ({
  outcome,
  at,
  harm,
  shifts,
  ...(full !== undefined && { full }),
})

const together = (a: Window, b: Window): Window => ({
  canary: sum(a.canary, b.canary),
  stable: sum(a.stable, b.stable),
})

const sum = (a: Answers, b: Answers): Answers => ({
  requests: a.requests + b.requests,
  errors: a.errors + b.errors,
  slow: a.slow.map((slow, j) => slow + (b.slow[j] ?? 0)),
})

/** While pods warm up, latency is not looked at. */
function lookAt({ canary, stable }: Window, at: number, rate: number, warm: boolean): Look {
  const side = ({ requests, errors, slow }: Answers): Side => ({
    requests,
    errors,
    timed: warm ? requests : 0,
    slow: warm ? slow : slow.map(() => 0),
  })
  return { at, rate, canary: side(canary), stable: side(stable) }
}

const day = 86_400

/** What the stable side has been like: a day of it, drawn anew for each release. */
function measure(world: World, random: Random, { tick }: Method): Baseline {
  const requests = poisson(random, world.rate * day)
  return {
    rate: measuredRate(world, random, tick),
    interval: tick,
    requests,
    errors: binomial(random, requests, world.base),
    dispersion: dispersionOf(world, random, requests),
    latency: judged(world),
  }
}

/** Seconds of the past that say what the traffic is. */
const recent = 300

/** The traffic as it is measured before a release: of the last minutes or of the last reading, whichever is more. */
function measuredRate({ rate }: World, random: Random, tick: number): number {
  return Math.max(poisson(random, rate * recent) / recent, poisson(random, rate * tick) / tick)
}

/** The bounds that the judge chooses of the gateway's, and the objective's own. */
function judged({ bounds, stableTails, objective }: World): Baseline['latency'] {
  const tails = bounds.map((bound, j) => ({ bound, tail: stableTails[j] ?? 0 }))
  const own = tails[objective]
  return own ? judgedBounds(tails, own) : []
}
