// What the metrics say of the App now: the objectives' present values, and how a good version would fare with this traffic.
import { methodOf } from '../analysis.ts'
import { type Baseline, makeBaseline, type RecentTally, recentTally } from '../judge/baseline.ts'
import { boundsOf } from '../judge/blame.ts'
import { enoughHistory } from '../judge/defaults.ts'
import type { History, Objectives } from '../judge/judge.ts'
import { defaultMethod } from '../judge/method.ts'
import { firstWeight } from '../judge/ramp.ts'
import type { Plan } from '../release.ts'
import { forecastFull } from '../simulation/forecast.ts'
import type { Spread } from '../simulation/summary.ts'
import { movesAtOnce } from '../strategy.ts'

/** What was asked of the metrics, and what they answered. */
export interface Metered {
  readonly answer:
    | {
        readonly kind: 'answered'
        readonly history: History
        /** Milliseconds between two readings of the gateway. */
        readonly interval?: number
      }
    | { readonly kind: 'not asked' | 'no data'; readonly why: string }
  /** The question of each look, for these latency bounds. */
  readonly query: (bounds: readonly number[]) => string
  /** Requests a second, when somebody said so: it counts in place of what is measured. */
  readonly rate?: number
}

/** A number that was counted, or why there is none. What is missing is never a 0. */
export type Value =
  | {
      readonly kind: 'measured'
      readonly good: number
      readonly total: number
      readonly from: number
      readonly to: number
    }
  | { readonly kind: 'no data' | 'not asked'; readonly why: string }

export interface ObjectiveValue {
  readonly objective: 'success' | 'latency'
  /** The share that is asked for. */
  readonly atLeast: number
  /** Seconds. */
  readonly below?: number
  /** Of the stable revision. */
  readonly value: Value
}

/** A question that the judge asks at each look, with what it judges by the answer. */
export interface Query {
  readonly promql: string
  readonly objectives: readonly ObjectiveValue[]
}

/** How a version as good as stable would fare. Times are seconds, shares fractions of 1. */
export interface Expected {
  /** Requests a second, and the share of them that stable fails; `assumed` where the past is too short to say. */
  readonly rate: number
  readonly base: number
  readonly assumed: boolean
  /** Thousandths that it begins with. */
  readonly first?: number
  readonly full?: Spread
  readonly reachedFull: number
  readonly runs: number
}

export interface Measured {
  readonly queries: readonly Query[]
  /** Absent where the traffic is not known, or nothing is compared. */
  readonly expected?: Expected
}

const runs = 60
/** What `slipway simulate` takes when nobody says otherwise. */
const usualBase = 0.001

/** `served`: the revisions that were ever stable. Throws `Invalid` where the gateway does not count by the objective's bound. */
export function measure(
  plan: Plan,
  { stable, served }: { readonly stable?: string; readonly served: readonly string[] },
  metered: Metered,
  now: number,
): Measured {
  const { objectives } = plan.spec.release
  const baseline = baselineOf(plan, served, metered)
  const bounds = baseline ? boundsOf(baseline) : []
  const asked = bounds.length > 0 || !objectives.latency ? bounds : [objectives.latency.below]
  const values = objectiveValues(objectives, metered, stable, now)
  const expected = expectedOf(plan, baseline, metered)
  return { queries: [{ promql: metered.query(asked), objectives: values }], ...(expected && { expected }) }
}

function baselineOf(
  { spec: { release } }: Plan,
  served: readonly string[],
  { answer }: Metered,
): Baseline | undefined {
  if (answer.kind !== 'answered') return undefined
  const { history, interval } = answer
  const { latency } = release.objectives
  return makeBaseline(history, {
    stable: served,
    method: methodOf(release),
    ...(latency && { objective: latency }),
    ...(interval !== undefined && { interval }),
  })
}

function objectiveValues(
  { success, latency }: Objectives,
  { answer }: Metered,
  stable: string | undefined,
  now: number,
): readonly ObjectiveValue[] {
  const counted = countedOf(answer, stable, now)
  const value: Counting = (total, good) => {
    if ('kind' in counted) return counted
    const { from, to } = counted
    const all = total(counted)
    return all > 0 ? { kind: 'measured', good: good(counted), total: all, from, to } : nobodyCame
  }
  const at = latency && answer.kind === 'answered' ? answer.history.bounds.indexOf(latency.below) : -1
  return [
    {
      objective: 'success',
      atLeast: success,
      value: value(
        ({ tally }) => tally.requests,
        ({ tally }) => tally.requests - tally.errors,
      ),
    },
    ...(latency ? [latencyValue(latency, value, at)] : []),
  ]
}

type Counting = (total: (recent: RecentTally) => number, good: (recent: RecentTally) => number) => Value

const latencyValue = (
  { below, share }: NonNullable<Objectives['latency']>,
  value: Counting,
  at: number,
): ObjectiveValue => ({
  objective: 'latency',
  atLeast: share,
  below,
  // Without the bound's bucket nothing was counted by it.
  value: value(
    ({ tally }) => (at < 0 ? 0 : tally.timed),
    ({ tally }) => tally.within[at] ?? 0,
  ),
})

const nobodyCame: Value = { kind: 'no data', why: 'it had no request in the last minutes' }

function countedOf(
  answer: Metered['answer'],
  stable: string | undefined,
  now: number,
): RecentTally | Exclude<Value, { kind: 'measured' }> {
  if (stable === undefined) return { kind: 'no data', why: 'no revision is stable yet' }
  if (answer.kind !== 'answered') return answer
  return (
    recentTally(answer.history, stable, now) ?? {
      kind: 'no data',
      why: 'the gateway counted nothing of it in the last minutes',
    }
  )
}

/** Undefined where all traffic is given at once, or nobody knows how much comes. */
function expectedOf(
  plan: Plan,
  baseline: Baseline | undefined,
  { rate: said }: Metered,
): Expected | undefined {
  const {
    spec: { release },
    judge,
  } = plan
  const rate = said ?? baseline?.rate
  if (rate === undefined || rate <= 0 || movesAtOnce(release)) return undefined
  const known = baseline !== undefined && baseline.requests >= enoughHistory
  const base = known ? Math.min(baseline.errors / baseline.requests, mostBase) : usualBase
  const interval = baseline?.interval ?? defaultMethod.tick
  const { full, reachedFull } = forecastFull({
    release,
    rate,
    base,
    tick: interval,
    runs,
    seed: 1,
  })
  const past = { interval, requests: 0, errors: 0, dispersion: 1, latency: [], ...baseline, rate }
  return {
    rate,
    base,
    assumed: !known,
    ...(judge?.kind === 'ramp' && {
      first: Math.round(
        1000 * firstWeight({ method: judge.method, baseline: past, success: release.objectives.success }),
      ),
    }),
    ...(full && { full }),
    reachedFull,
    runs,
  }
}

/** Beyond it nothing is simulated: such a service has other troubles than a canary's. */
const mostBase = 0.2
