// Turns cumulative counters into what happened between two readings: restarts lose nothing, what was seen before adds nothing.
import type { Counts, Reading, Tally } from './judge.ts'

/** What a counter said last: when, in milliseconds after `began`; then requests, errors, timed, and `within`. */
type Last = readonly number[]

/** Plain JSON, and small: it rides in a heartbeat. */
export interface Counters {
  /** When counters were first looked for: one that appears later started from zero. */
  readonly began: number | null
  /** Whether a proxy was forgotten to make room: an unknown one may then be no new one. */
  readonly forgot: boolean
  readonly revisions: readonly string[]
  /** By proxy; then by the revision's place in `revisions` (the route: nothing) and what tells the counter from others, `#3`. */
  readonly proxies: Readonly<Record<string, Readonly<Record<string, Last>>>>
}

export const noCounters: Counters = { began: null, forgot: false, revisions: [], proxies: {} }

export const noRequests: Tally = { requests: 0, errors: 0, timed: 0, within: [] }

/** How many proxies are counted, and how many counters of each. */
export interface Room {
  readonly proxies: number
  readonly each: number
}
/** With four bounds these take under 9 KB of a heartbeat. */
const heartbeatRoom: Room = { proxies: 18, each: 5 }

/** Milliseconds without a word after which a proxy is gone. */
const goneAfter = 10 * 60_000

/** Marks a proxy that may have been seen before: whatever is new there is counted from its first sight only. */
const maybeKnown = '?'

/** What one counter added, and when it was read. */
export interface Delta {
  /** The revision; undefined for the route as a whole. */
  readonly revision: string | undefined
  readonly at: number
  readonly tally: Tally
}

/**
 * Takes a reading: what is new in it, and the counters to compare the next one with. Where there are more proxies than room, the first
 * by name are counted and the others never: canary and stable lose the same ones, so the comparison stays fair.
 */
export function advance(
  counters: Counters,
  reading: Reading,
  room: Room = heartbeatRoom,
): { readonly counters: Counters; readonly deltas: readonly Delta[] } {
  const seen = [
    ...reading.counts.map((count) => sighted(count, count.revision)),
    ...reading.route.map((count) => sighted(count, undefined)),
  ].filter(({ count }) => isCount(count))
  if (seen.length === 0 && reading.scrapedAt === undefined) return { counters, deltas: [] }

  const began = counters.began ?? reading.at
  const kept = withRoom(counters, new Set(seen.map(({ proxy }) => proxy)), reading.at, room)
  const ledger = { began, room, later: reading.at > began, kept }
  const deltas = seen.flatMap((one) => enter(ledger, one) ?? [])
  return { counters: { began, ...kept }, deltas }
}

/** What a counter added; undefined: `current` is no count. Lower than before, its process restarted and all of it is new. */
export function counterDelta(
  previous: number | undefined,
  current: number | undefined,
  startedSince: boolean,
): number | undefined {
  if (current === undefined || !(current >= 0)) return undefined
  if (previous === undefined) return startedSince ? current : 0
  return current >= previous ? current - previous : current
}

export const plus = (a: Tally, b: Tally): Tally => combine(a, b, (x, y) => x + y)

export const minus = (a: Tally, b: Tally): Tally => combine(a, b, (x, y) => x - y)

/** A side that holds no latency bounds counts as zeros. */
function combine(a: Tally, b: Tally, join: (x: number, y: number) => number): Tally {
  const bounds = a.within.length > b.within.length ? a.within : b.within
  return {
    requests: join(a.requests, b.requests),
    errors: join(a.errors, b.errors),
    timed: join(a.timed, b.timed),
    within: bounds.map((_, i) => join(a.within[i] ?? 0, b.within[i] ?? 0)),
  }
}

interface Sighted {
  readonly count: Counts
  readonly revision: string | undefined
  readonly proxy: string
  readonly source: string
}

/** A proxy may count one revision in several places in turn: `10.244.0.12:8081#3`. */
function sighted(count: Counts, revision: string | undefined): Sighted {
  const [proxy = ''] = count.instance.split('#', 1)
  return { count, revision, proxy, source: count.instance.slice(proxy.length) }
}

const isCount = ({ at, requests, errors, timed, within }: Counts) =>
  [at, requests, errors, timed, ...within].every((number) => Number.isFinite(number) && number >= 0)

/** The counters while one reading is entered. */
interface Kept {
  forgot: boolean
  readonly revisions: string[]
  readonly proxies: Record<string, Record<string, Last>>
}

/** The counters, with room for the proxies that are new in the reading as far as there is any. */
function withRoom(counters: Counters, here: ReadonlySet<string>, at: number, room: Room): Kept {
  const kept: Kept = {
    forgot: counters.forgot,
    revisions: [...counters.revisions],
    proxies: Object.fromEntries(Object.entries(counters.proxies).map(([proxy, all]) => [proxy, { ...all }])),
  }
  const unknown = [...here].filter((proxy) => !kept.proxies[proxy]).sort()
  if (Object.keys(kept.proxies).length + unknown.length > room.proxies)
    forgetGone(kept, here, at - goneAfter - (counters.began ?? at))
  for (const proxy of unknown)
    if (Object.keys(kept.proxies).length < room.proxies)
      kept.proxies[proxy] = kept.forgot ? { [maybeKnown]: [] } : {}
  return kept
}

/** A proxy may come back with all that it had counted, so what is unknown afterwards is not taken for new. */
function forgetGone(kept: Kept, here: ReadonlySet<string>, before: number): void {
  for (const [proxy, counters] of Object.entries(kept.proxies)) {
    const latest = Math.max(...Object.values(counters).map(([at]) => at ?? Number.NEGATIVE_INFINITY))
    if (here.has(proxy) || latest >= before) continue
    delete kept.proxies[proxy]
    kept.forgot = true
  }
}

interface Ledger {
  readonly began: number
  readonly room: Room
  /** Whether this is not the first sight of all. */
  readonly later: boolean
  readonly kept: Kept
}

/** Enters one count; answers what it adds, or undefined when it is old or not counted. */
function enter({ began, room, later, kept }: Ledger, one: Sighted): Delta | undefined {
  const { count, revision, proxy, source } = one
  const counters = kept.proxies[proxy]
  if (!counters) return undefined
  const key = `${revision === undefined ? '' : placeOf(kept.revisions, revision)}${source}`
  const last = counters[key]
  if (last && count.at - began <= (last[0] ?? 0)) return undefined
  if (!last && Object.keys(counters).length >= room.each) return undefined
  counters[key] = [count.at - began, count.requests, count.errors, count.timed, ...count.within]
  // The route has served for longer than the canary: what it counted before is nobody's that is judged.
  const startedSince = later && revision !== undefined && !counters[maybeKnown]
  return { revision, at: count.at, tally: added(last, count, startedSince) }
}

function placeOf(revisions: string[], revision: string): number {
  const place = revisions.indexOf(revision)
  return place >= 0 ? place : revisions.push(revision) - 1
}

/** What the proxy's counters added. They restart together: when one fell, all of them count from zero. */
function added(last: Last | undefined, now: Counts, startedSince: boolean): Tally {
  const numbers = [now.requests, now.errors, now.timed, ...now.within]
  const before = last?.slice(1)
  const restarted = before?.some((number, i) => (numbers[i] ?? number) < number)
  const [requests = 0, errors = 0, ...latency] = numbers.map(
    (number, i) => counterDelta(restarted ? 0 : before?.[i], number, startedSince) ?? 0,
  )
  // Where other bounds were asked for before, nothing says since when these have counted.
  const isComparable = before === undefined || before.length === numbers.length
  const [timed = 0, ...within] = isComparable ? latency : latency.map(() => 0)
  return { requests, errors, timed, within }
}
