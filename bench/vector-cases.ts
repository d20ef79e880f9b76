// Checks the judge against test vectors: each case is computed by our own code and compared, number by number.
import { counterDelta, minus } from '../domain/judge/counters.ts'
import { bet, newEProcess } from '../domain/judge/e-process.ts'
import {
  beginEngine,
  blindEngine,
  type Engine,
  type EngineSetup,
  stepEngine,
} from '../domain/judge/engine.ts'
import { judgedBounds, type Tail } from '../domain/judge/histogram.ts'
import type { Tally } from '../domain/judge/judge.ts'
import { newLowerBound, raise } from '../domain/judge/lower-bound.ts'
import type { Method } from '../domain/judge/method.ts'
import { poissonUpper } from '../domain/judge/reference.ts'
import { newUpperBound, tighten } from '../domain/judge/upper-bound.ts'
import type {
  Config,
  CounterCase,
  EngineCase,
  EngineRow,
  EProcessCase,
  HistogramCase,
  LowerCase,
  PoissonCase,
  UpperCase,
  VectorFile,
} from './vector-file.ts'
import { methodOf } from './vector-method.ts'

export interface Outcome {
  readonly section: string
  readonly name: string
  /** What first differs; absent when nothing does. */
  readonly difference?: string
}

export function checkVectors({ config, tolerance, ...file }: VectorFile): readonly Outcome[] {
  const all = <T>(
    section: string,
    cases: readonly T[] | undefined,
    name: (one: T) => string,
    check: Check<T>,
  ) =>
    (cases ?? []).map((one): Outcome => {
      const [difference] = check(one, (change) => methodOf(config, change))
        .filter(({ ours, theirs }) => !isSame(ours, theirs, tolerance))
        .map(({ what, ours, theirs }) => `${what} ${ours} instead of ${theirs}`)
      return { section, name: name(one), ...(difference !== undefined && { difference }) }
    })
  const named = ({ name }: { readonly name: string }) => name
  return [
    ...all('eprocess', file.eprocess, named, eProcess),
    ...all('upper', file.upper, named, upper),
    ...all('lower', file.lower, named, lower),
    ...all('poisson_ucb', file.poisson_ucb, ({ y, n }) => `${y} of ${n}`, poisson),
    ...all('counter_delta', file.counter_delta, counterName, counter),
    ...all('latency_histogram', file.latency_histogram, named, histogram),
    ...all('engine', file.engine, named, engine),
  ]
}

type Value = number | string | undefined

/** One number or word of a case: where it is, what we say, what the file says. */
interface Point {
  readonly what: string
  readonly ours: Value
  readonly theirs: Value
}

type Check<T> = (one: T, method: (change: Config | undefined) => Method) => readonly Point[]

/** Large numbers are compared by their share, small ones by their difference. */
function isSame(ours: Value, theirs: Value, tolerance: number): boolean {
  if (typeof ours !== 'number' || typeof theirs !== 'number') return ours === theirs
  return Math.abs(ours - theirs) <= tolerance * Math.max(1, Math.abs(theirs))
}

/** Both series, row by row; one that ends early differs. */
const rows = (what: string, ours: readonly Value[], theirs: readonly Value[]): readonly Point[] =>
  Array.from({ length: Math.max(ours.length, theirs.length) }, (_, i) => ({
    what: `row ${i + 1}: ${what}`,
    ours: ours[i],
    theirs: theirs[i],
  }))

/** The states after each step. */
function folded<Step, State>(
  steps: readonly Step[],
  first: State,
  next: (state: State, step: Step) => State,
): readonly State[] {
  let state = first
  return steps.map((step) => {
    state = next(state, step)
    return state
  })
}

const eProcess: Check<EProcessCase> = ({ cfg, rho, delta, ratios, phi = 1, ticks, M }, methodWith) => {
  const method = methodWith(cfg)
  const named = { ratios: method.ratios, lat_ratios: method.latencyRatios }
  const grid = typeof ratios === 'string' ? named[ratios] : ratios
  const hypothesis = { ratio: rho, tolerance: delta, ratios: grid, dispersion: phi }
  const states = folded(ticks, newEProcess(grid, method), (state, [n, x, m, y]) =>
    bet(state, hypothesis, rho === 0 ? { n, x, m: 0, y: 0 } : { n, x, m, y }, method),
  )
  return rows(
    'M',
    states.map(({ m }) => m),
    M,
  )
}

const upper: Check<UpperCase> = ({ cfg, phi = 1, ticks, U }, methodWith) => {
  const method = methodWith(cfg)
  const states = folded(ticks, newUpperBound(method), (state, [n, x, m, y]) =>
    tighten(state, { n, x, m, y }, method, phi),
  )
  return rows(
    'U',
    states.map(({ u }) => u),
    U,
  )
}

const lower: Check<LowerCase> = ({ cfg, rho = 1, ticks, L }, methodWith) => {
  const method = methodWith(cfg)
  const states = folded(ticks, newLowerBound(method), (state, [n, x, m, y]) =>
    raise(state, { n, x, m, y }, method, rho),
  )
  return rows(
    'L',
    states.map(({ l }) => l),
    L,
  )
}

const poisson: Check<PoissonCase> = ({ y, n, ucb }) => [
  { what: 'bound', ours: poissonUpper(y, n), theirs: ucb },
]

const counterName = ({ prev, cur, new_process }: CounterCase) =>
  `${prev} → ${cur}${new_process ? ', new process' : ''}`

const counter: Check<CounterCase> = ({ prev, cur, new_process, delta }) => [
  {
    what: 'delta',
    ours: counterDelta(prev ?? undefined, cur ?? undefined, new_process),
    theirs: delta ?? undefined,
  },
]

const histogram: Check<HistogramCase> = (one, methodWith) => {
  const method = methodWith(one.cfg)
  const bounds = one.le.filter((le) => typeof le === 'number')
  const tails = bounds.map((bound, i): Tail => ({ bound, tail: one.baseline_tail[i] ?? Number.NaN }))
  const objective = tails.find(({ bound }) => bound === one.slo_le)
  if (!objective) return [{ what: 'slo_le', ours: 'none of the bounds', theirs: one.slo_le }]
  const used = judgedBounds(tails, objective).map(({ bound }) => bound)
  const hypothesis = {
    ratio: method.latencyRatio,
    tolerance: method.latencyTolerance,
    ratios: method.latencyRatios,
    dispersion: 1,
  }
  const deltas = bucketDeltas(one)
  const perBound = used.map((bound) => {
    const at = bounds.indexOf(bound)
    const pairs = deltas.map(({ canary, base }) => ({
      n: canary.timed,
      x: slowerThan(canary, at),
      m: base.timed,
      y: slowerThan(base, at),
    }))
    const start = newEProcess(method.latencyRatios, method)
    return {
      m: folded(pairs, start, (state, pair) => bet(state, hypothesis, pair, method)).map(({ m }) => m),
      u: folded(pairs, newUpperBound(method), (state, pair) => tighten(state, pair, method)).map(
        ({ u }) => u,
      ),
    }
  })
  const mean = (i: number) => perBound.reduce((sum, { m }) => sum + (m[i] ?? 0), 0) / perBound.length
  return [
    ...rows('bound', used, one.used_bounds),
    ...rows(
      'M',
      deltas.map((_, i) => mean(i)),
      one.M_lat,
    ),
    ...perBound.flatMap(({ u }, j) =>
      rows(
        `U of the bound ${used[j]}`,
        u,
        one.U.map((row) => row[j] ?? 'missing'),
      ),
    ),
  ]
}

const slowerThan = ({ timed, within }: Tally, bound: number) => timed - (within[bound] ?? 0)

/** What each row adds to the buckets of the one before. */
function bucketDeltas({ cumulative_buckets }: HistogramCase) {
  const tally = (buckets: readonly number[]): Tally => ({
    requests: buckets.at(-1) ?? 0,
    errors: 0,
    timed: buckets.at(-1) ?? 0,
    within: buckets.slice(0, -1),
  })
  return cumulative_buckets.map((row, i) => {
    const before = cumulative_buckets[i - 1] ?? { canary: [], base: [] }
    return {
      canary: minus(tally(row.canary), tally(before.canary)),
      base: minus(tally(row.base), tally(before.base)),
    }
  })
}

const engine: Check<EngineCase> = (one, methodWith) => {
  const setup = setupOf(one, methodWith(one.cfg))
  const states = folded(one.rows, beginEngine(setup), (state, row) => step(setup, state, row, one.rate))
  return one.rows.flatMap(([, , [weight, verdict, M, U]], i) => {
    const ours = states[i] as Engine
    const where = `row ${i + 1}:`
    const decided = [
      { what: `${where} weight`, ours: ours.decision === 'promote' ? 1 : ours.weight, theirs: weight },
      {
        what: `${where} verdict`,
        ours: ours.decision === 'full' ? 'bake' : ours.decision,
        theirs: verdict,
      },
    ]
    if (verdict === 'blind') return decided
    // A rollback is decided before the bound is looked at again.
    const bounded = verdict === 'rollback' ? states[i - 1] : ours
    return [
      ...decided,
      { what: `${where} M`, ours: ours.harm, theirs: M },
      { what: `${where} U`, ours: bounded?.atMost ?? 1, theirs: U },
    ]
  })
}

/** The case tells tails, not bounds: their order is enough. */
const setupOf = (
  { rate, hist_n, hist_err, phi = 1, tail, slo_err }: EngineCase,
  method: Method,
): EngineSetup => ({
  method,
  baseline: {
    rate,
    interval: method.tick,
    requests: hist_n,
    errors: hist_err,
    dispersion: phi,
    latency: tail.map((share, i) => ({ bound: i, tail: share })),
  },
  success: 1 - slo_err,
})

function step(setup: EngineSetup, state: Engine, [at, counts]: EngineRow, rate: number): Engine {
  if (counts === null) return blindEngine(setup, state, at)
  const [n, x, m, y, slow, stableSlow] = counts
  return stepEngine(setup, state, {
    at,
    canary: { requests: n, errors: x, timed: n, slow },
    stable: { requests: m, errors: y, timed: m, slow: stableSlow },
    rate,
  })
}
