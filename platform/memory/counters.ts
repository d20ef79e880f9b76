// The counters of the memory platform's gateway for one App: as they are, as they were last read, and as they were each minute.
import type { Counts, Reading } from '../../domain/judge/judge.ts'

/** Requests so far; fractions add up. */
export interface Count {
  readonly requests: number
  readonly errors: number
  /** For each of the gateway's bounds. */
  readonly within: readonly number[]
}

export type Counters = ReturnType<typeof counters>

/** The name that stands for what the gateway answered by itself. */
export const itself = ''

const day = 24 * 60

export function counters(bounds: readonly number[]) {
  const none: Count = { requests: 0, errors: 0, within: bounds.map(() => 0) }
  let instance = 1
  let live = new Map<string, Count>()
  let read: Pick<Reading, 'counts' | 'route'> = { counts: [], route: [] }
  const minutes: Reading[] = []

  return {
    add(name: string, count: Count) {
      live.set(name, plus(live.get(name) ?? none, count))
    },
    /** The proxy starts again: its counters begin at nothing, under another instance. */
    restart() {
      instance += 1
      live = new Map()
    },
    failed: (): number => Math.floor([...live.values()].reduce((sum, { errors }) => sum + errors, 0)),
    /** Prometheus reads the gateway. */
    scrape(at: number) {
      const shown = (revision: string, count: Count) =>
        whole(revision, `gateway-${instance}`, at, count, bounds)
      const counts = [...live].filter(([name]) => name !== itself).map(([name, count]) => shown(name, count))
      const route = shown(itself, [...live.values()].reduce(plus, none))
      // A counter that has counted nothing is not there.
      const hasCounted = ({ requests }: Counts) => requests > 0
      read = { counts: counts.filter(hasCounted), route: [route].filter(hasCounted) }
    },
    /** What was read last, when that was no longer ago. */
    read: (since: number) => ({
      counts: read.counts.filter(({ at }) => at >= since),
      route: read.route.filter(({ at }) => at >= since),
    }),
    /** Remembers what was read last as what the minute ended with. */
    endMinute(at: number) {
      const counts = read.counts.filter((count) => count.at > at - 60_000).map((count) => ({ ...count, at }))
      minutes.push({ at, counts, route: [] })
      if (minutes.length > 7 * day) minutes.shift()
    },
    minutes: (): readonly Reading[] => minutes,
  }
}

const plus = (a: Count, b: Count): Count => ({
  requests: a.requests + b.requests,
  errors: a.errors + b.errors,
  within: a.within.map((count, index) => count + (b.within[index] ?? 0)),
})

function whole(
  revision: string,
  instance: string,
  at: number,
  { requests, errors, within }: Count,
  bounds: readonly number[],
): Counts {
  return {
    revision,
    instance,
    at,
    requests: Math.floor(requests),
    errors: Math.floor(errors),
    timed: bounds.length === 0 ? 0 : Math.floor(requests),
    within: within.map(Math.floor),
  }
}
