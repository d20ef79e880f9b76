// What the stable side has been like: measured once before the canary gets its first request.
import { PermanentFailure } from '../failure.ts'
import { advance, type Delta, noCounters, noRequests, plus, type Room } from './counters.ts'
import { enoughHistory } from './defaults.ts'
import { judgedBounds, type Tail, tailsOf } from './histogram.ts'
import type { History, Objectives, Reading, Tally } from './judge.ts'
import type { Method } from './method.ts'
import { dispersion } from './reference.ts'

/** Plain JSON. Shares are fractions of 1. */
export interface Baseline {
  /** The App's requests a second in the last minutes; absent when the metrics could not say. */
  readonly rate?: number
  /** Seconds between two readings of the gateway. */
  readonly interval: number
  /** What the history held, earlier canaries cut out. */
  readonly requests: number
  readonly errors: number
  /** φ: how much burstier than independent the errors are; 1 when they are not. */
  readonly dispersion: number
  /** The latency bounds that are judged, in seconds, with the share of stable's answers that were slower; the objective's own is last. */
  readonly latency: readonly Tail[]
}

export interface BaselineOptions {
  /** The revisions that were ever stable: what another one did says nothing about them. */
  readonly stable: readonly string[]
  /** Milliseconds between two readings of the gateway, where known. */
  readonly interval?: number
  readonly objective?: Objectives['latency']
  readonly method: Method
}

export function makeBaseline(history: History, options: BaselineOptions): Baseline {
  const { stable, interval, objective, method } = options
  const minutes = minutesOf(history)
  const alone = minutes.flatMap((minute) => servedAlone(minute, stable) ?? [])
  const total = alone.reduce(plus, noRequests)
  const rate = recentRate(minutes)
  return {
    ...(rate !== undefined && { rate }),
    interval: interval === undefined ? method.tick : interval / 1000,
    requests: total.requests,
    errors: total.errors,
    dispersion: dispersion(alone),
    latency: objective ? latencyOf(history.bounds, total, objective) : [],
  }
}

/** What one revision answered in the last minutes, whoever answered beside it. */
export interface RecentTally {
  readonly tally: Tally
  /** Milliseconds since the epoch. */
  readonly from: number
  readonly to: number
}

/** Undefined when the gateway was not read twice in that time: nothing is known then, also not that there were no requests. */
export function recentTally(history: History, revision: string, now: number): RecentTally | undefined {
  const recent = minutesOf(history).filter(({ to, span }) => to - span >= now - rateSpan - minute)
  const [first, last] = [recent[0], recent.at(-1)]
  if (!first || !last || now - last.to > 2 * minute) return undefined
  const deltas = recent.flatMap((one) => one.deltas).filter((delta) => delta.revision === revision)
  const tally = deltas.map((delta) => delta.tally).reduce(plus, noRequests)
  return { tally, from: first.to - first.span, to: last.to }
}

const minute = 60_000

/** The App's requests a second between two readings; undefined when the gateway was not read between them. */
export function rateBetween(before: Reading, after: Reading): number | undefined {
  const seconds = ((after.scrapedAt ?? 0) - (before.scrapedAt ?? after.scrapedAt ?? 0)) / 1000
  if (seconds <= 0) return undefined
  const { deltas } = advance(advance(noCounters, before, everything).counters, after, everything)
  const ofRevisions = deltas.filter(({ revision }) => revision !== undefined)
  return ofRevisions.reduce((all, { tally }) => all + tally.requests, 0) / seconds
}

/** Nothing of the past rides in a heartbeat: each proxy and each revision is counted. */
const everything: Room = { proxies: Number.POSITIVE_INFINITY, each: Number.POSITIVE_INFINITY }

/** What happened between two readings of the history. */
interface Minute {
  /** Milliseconds. */
  readonly span: number
  readonly to: number
  readonly deltas: readonly Delta[]
}

/** The first reading only says where the counters stood. */
function minutesOf({ readings }: History): readonly Minute[] {
  let counters = noCounters
  return readings
    .map((reading, i) => {
      const next = advance(counters, reading, everything)
      counters = next.counters
      return { span: reading.at - (readings[i - 1]?.at ?? reading.at), to: reading.at, deltas: next.deltas }
    })
    .slice(1)
}

/** What a minute says of stable: nothing when another revision took requests too, since it was a release. */
function servedAlone({ deltas }: Minute, stable: readonly string[]): Tally | undefined {
  const busy = deltas.filter(({ tally }) => tally.requests > 0)
  const [revision, ...others] = new Set(busy.map((delta) => delta.revision))
  if (revision === undefined || others.length > 0 || !stable.includes(revision)) return undefined
  return busy.map(({ tally }) => tally).reduce(plus)
}

/** Requests a second of all revisions in the last minutes of data; none is a rate too, no data is not. */
function recentRate(minutes: readonly Minute[]): number | undefined {
  const last = minutes.at(-1)
  const recent = minutes.filter(({ to }) => last && to > last.to - rateSpan)
  const seconds = recent.reduce((all, { span }) => all + span, 0) / 1000
  if (seconds <= 0) return undefined
  const requests = recent.flatMap(({ deltas }) => deltas).reduce((all, { tally }) => all + tally.requests, 0)
  return requests / seconds
}

const rateSpan = 5 * 60_000

function latencyOf(
  bounds: readonly number[],
  total: Tally,
  { below, share }: NonNullable<Objectives['latency']>,
): readonly Tail[] {
  if (bounds.length > 0 && !bounds.includes(below))
    throw new PermanentFailure(
      'Invalid',
      `cannot judge latency below ${below} s: the gateway counts only answers below ${bounds.join(', ')} s; choose one of these or add the bound to the gateway's buckets`,
    )
  const promised = { bound: below, tail: 1 - share }
  if (total.timed < enoughHistory) return [promised]
  const tails = tailsOf(bounds, total)
  return judgedBounds(tails, tails.find(({ bound }) => bound === below) ?? promised)
}
