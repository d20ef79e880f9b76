// Turns cumulative counters into what happened between two readings: restarts lose nothing, what was seen before adds nothing.
import type { Counts, Reading, Tally } from './judge.ts'

/** What a counter said last. */
interface Baseline extends Tally {
  readonly at: number
}

/** Plain JSON. `began` is when counters were first seen: one that appears later started from zero. */
export interface Counters {
  readonly began: number | null
  readonly baselines: Readonly<Record<string, Baseline>>
}

export const noCounters: Counters = { began: null, baselines: {} }

export const noRequests: Tally = { requests: 0, errors: 0, fast: 0 }

/** More instances than any gateway has; the ones silent for longest are forgotten first. */
const maxBaselines = 120

/** What one counter added, and when it was read. */
export interface Delta {
  /** The revision; undefined for the route as a whole. */
  readonly revision: string | undefined
  readonly at: number
  readonly tally: Tally
}

/** Takes a reading: what is new in it, and the counters to compare the next one with. */
export function advance(
  counters: Counters,
  reading: Reading,
): { readonly counters: Counters; readonly deltas: readonly Delta[] } {
  const seen = [
    ...reading.counts.map((count) => ({ count, key: `${count.revision} ${count.instance}`, route: false })),
    ...reading.route.map((count) => ({
      count,
      key: `/route ${count.revision} ${count.instance}`,
      route: true,
    })),
  ]
  if (seen.length === 0) return { counters, deltas: [] }
  const began = counters.began ?? reading.at
  const fresh = seen.filter(
    ({ count, key }) => count.at > (counters.baselines[key]?.at ?? Number.NEGATIVE_INFINITY),
  )
  const deltas = fresh.map(({ count, key, route }) => ({
    revision: route ? undefined : count.revision,
    at: count.at,
    tally: added(counters.baselines[key], count, reading.at > began),
  }))
  const baselines = { ...counters.baselines }
  for (const { count, key } of fresh) baselines[key] = pick(count)
  return { counters: { began, baselines: newest(baselines) }, deltas }
}

export const plus = (a: Tally, b: Tally): Tally => ({
  requests: a.requests + b.requests,
  errors: a.errors + b.errors,
  fast: a.fast + b.fast,
})

/** What the counter added since its baseline. Lower than before: its proxy restarted, and all of it is new. */
function added(before: Baseline | undefined, now: Counts, startedSince: boolean): Tally {
  if (!before) return startedSince ? tallyOf(now) : noRequests
  if (now.requests < before.requests || now.errors < before.errors || now.fast < before.fast)
    return tallyOf(now)
  return {
    requests: now.requests - before.requests,
    errors: now.errors - before.errors,
    fast: now.fast - before.fast,
  }
}

const tallyOf = ({ requests, errors, fast }: Tally): Tally => ({ requests, errors, fast })

const pick = ({ at, requests, errors, fast }: Counts): Baseline => ({ at, requests, errors, fast })

function newest(baselines: Record<string, Baseline>): Counters['baselines'] {
  const entries = Object.entries(baselines)
  if (entries.length <= maxBaselines) return baselines
  return Object.fromEntries(entries.sort(([, a], [, b]) => b.at - a.at).slice(0, maxBaselines))
}
