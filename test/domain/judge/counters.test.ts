// Counters: whatever restarts, repeats, or comes late, each request is counted once, or for want of room on neither side.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  advance,
  type Counters,
  counterDelta,
  type Delta,
  noCounters,
  noRequests,
  plus,
  type Room,
} from '../../../domain/judge/counters.ts'
import type { Counts, Reading, Tally } from '../../../domain/judge/judge.ts'

const start = Date.UTC(2026, 0, 1)
const minute = 60_000

const tallyOf = (requests: number, errors = 0): Tally => ({
  requests,
  errors,
  timed: requests,
  within: [Math.floor(requests / 2), requests],
})

const count = (revision: string, instance: string, at: number, tally: Tally): Counts => ({
  revision,
  instance,
  at,
  ...tally,
})

const reading = (at: number, counts: readonly Counts[], route: readonly Counts[] = []): Reading => ({
  at,
  counts,
  route,
})

/** Takes reading after reading; answers the counters and all that was counted. */
function takeAll(readings: readonly Reading[], room?: Room) {
  let counters: Counters = noCounters
  const deltas: Delta[] = []
  for (const one of readings) {
    const next = advance(counters, one, room)
    // What a heartbeat keeps is JSON; a number that it cannot hold would be missed in the totals.
    counters = JSON.parse(JSON.stringify(next.counters)) as Counters
    deltas.push(...next.deltas)
  }
  const total = (revision: string | undefined) =>
    deltas
      .filter((delta) => delta.revision === revision)
      .reduce((all, { tally }) => plus(all, tally), noRequests)
  return { counters, deltas, total }
}

describe('one counter', () => {
  it.each([
    [10, 15, false, 5],
    [10, 10, false, 0],
    [10, 3, false, 3],
    [10, 0, false, 0],
    [undefined, 7, true, 7],
    [undefined, 7, false, 0],
    [10, undefined, false, undefined],
    [10, Number.NaN, true, undefined],
    [10, -1, false, undefined],
    [0, 0, false, 0],
  ])('%s, then %s (process began since: %s) adds %s', (previous, current, startedSince, added) => {
    expect(counterDelta(previous, current, startedSince)).toBe(added)
  })
})

describe('a reading', () => {
  const at = (seconds: number) => start + seconds * 1000
  const seen = (seconds: number, requests: number, instance = 'p1') =>
    reading(at(seconds), [count('a', instance, at(seconds), tallyOf(requests))])

  it('adds what is new since the one before; the first only says where the counters stood', () => {
    expect(takeAll([seen(0, 1000), seen(5, 1007)]).total('a')).toEqual({
      requests: 7,
      errors: 0,
      timed: 7,
      within: [3, 7],
    })
  })

  it('counts a restart from zero in all of its numbers, even in those that are higher again', () => {
    const before = count('a', 'p1', at(0), tallyOf(100, 1))
    const after = count('a', 'p1', at(5), tallyOf(60, 3))
    expect(takeAll([reading(at(0), [before]), reading(at(5), [after])]).total('a')).toEqual(tallyOf(60, 3))
  })

  it('counts all of a proxy, and of a revision, that appears later', () => {
    const later = reading(at(5), [
      count('a', 'p1', at(5), tallyOf(100)),
      count('b', 'p1', at(5), tallyOf(9)),
      count('a', 'p2', at(5), tallyOf(30)),
    ])
    const { total } = takeAll([seen(0, 100), later])
    expect([total('a').requests, total('b').requests]).toEqual([30, 9])
  })

  it('knows one revision’s counters in several places, and the route’s', () => {
    const both = (seconds: number, first: number, second: number, route: number) =>
      reading(
        at(seconds),
        [count('a', 'p1#0', at(seconds), tallyOf(first)), count('a', 'p1#1', at(seconds), tallyOf(second))],
        [count('shop', 'p1', at(seconds), tallyOf(route))],
      )
    const { total } = takeAll([both(0, 10, 500, 600), both(5, 12, 530, 640)])
    expect([total('a').requests, total(undefined).requests]).toEqual([32, 40])
  })

  it.each([
    ['not a number', { requests: Number.NaN }],
    ['negative', { errors: -1 }],
    ['endless', { within: [Number.POSITIVE_INFINITY, 1] }],
    ['of no time', { at: Number.NaN }],
  ])('is no data where a count is %s', (_, wrong) => {
    const bad = { ...count('a', 'p1', at(5), tallyOf(105)), ...wrong }
    const { deltas, total } = takeAll([seen(0, 100), reading(at(5), [bad]), seen(10, 120)])
    expect(deltas.map((delta) => delta.at)).toEqual([at(0), at(10)])
    expect(total('a').requests).toBe(20)
  })

  it('is no data when its counts are older than what is known, whenever it was asked', () => {
    const late = { ...seen(5, 50), at: at(60) }
    expect(takeAll([seen(0, 0), seen(10, 100), late]).total('a').requests).toBe(100)
  })

  it('begins with nothing where the gateway was read and had counted nothing', () => {
    const nothing = { ...reading(at(0), []), scrapedAt: at(0) }
    expect(takeAll([nothing, seen(5, 30)]).total('a').requests).toBe(30)
  })

  it('does not begin where the gateway was not read', () => {
    expect(takeAll([reading(at(0), []), seen(5, 30)]).total('a').requests).toBe(0)
  })

  it('counts latency from its first sight when the bounds were not asked for before', () => {
    const untimed = { ...count('a', 'p1', at(0), tallyOf(100)), timed: 0, within: [] }
    const { total } = takeAll([reading(at(0), [untimed]), seen(5, 110), seen(10, 130)])
    expect(total('a')).toEqual({ requests: 30, errors: 0, timed: 20, within: [10, 20] })
  })
})

describe('room', () => {
  const names = Array.from({ length: 40 }, (_, i) => `10.244.${10 + i}.12:8081`)
  const sides = ['a', 'b'] as const

  /** Each proxy has counted so many requests of both revisions. */
  const all = (at: number, requests: number, proxies: readonly string[] = names) =>
    reading(
      at,
      proxies.flatMap((proxy) =>
        sides.map((revision) => count(revision, `${proxy}#3`, at, tallyOf(requests))),
      ),
      proxies.map((proxy) => count('shop', proxy, at, tallyOf(2 * requests))),
    )

  it('takes under 9 KB with long names, long numbers, four bounds and more proxies than are counted', () => {
    const many = (i: number) => ({
      requests: 9_000_000_000 + i,
      errors: 8_000_000_000 + i,
      timed: 9_000_000_000 + i,
      within: [0, 1, 2, 3].map((bound) => 7_000_000_000 + bound + i),
    })
    const long = (side: string) => `${'long-'.repeat(11)}name${side}`
    const readings = [0, 1, 2].map((i) => {
      const at = start + i * 86_400_000
      const series = names.flatMap((proxy) =>
        [1, 2].flatMap((place) => sides.map((side) => count(long(side), `${proxy}#${place}`, at, many(i)))),
      )
      return reading(
        at,
        series,
        names.map((proxy) => count(long('shop'), proxy, at, many(i))),
      )
    })
    const { counters, total } = takeAll(readings)
    expect(JSON.stringify(counters).length).toBeLessThan(9216)
    expect(total(long('a')).requests).toBeGreaterThan(0)
  })

  it('is the first proxies by name, the same for both sides', () => {
    const { total, counters } = takeAll([all(start, 100), all(start + 5000, 110)])
    expect(Object.keys(counters.proxies).sort()).toEqual(names.slice(0, 18))
    expect(total('a')).toEqual(total('b'))
    expect(total('a').requests).toBe(180)
    expect(total(undefined).requests).toBe(360)
  })

  it('counts all of a canary that appears at the counted proxies, and nothing of it elsewhere', () => {
    const before = all(start, 100)
    const stableOnly = { ...before, counts: before.counts.filter(({ revision }) => revision === 'a') }
    const { total } = takeAll([stableOnly, all(start + 5000, 100)])
    expect([total('a').requests, total('b').requests]).toEqual([0, 1800])
  })

  const small = { proxies: 2, each: 5 }

  it('is made for a new proxy when another has been silent for ten minutes', () => {
    const { total } = takeAll(
      [
        all(start, 100, ['p1', 'p2']),
        all(start + minute, 100, ['p1', 'p3']), // no room yet
        all(start + 11 * minute, 150, ['p1', 'p3']), // from its first sight
        all(start + 12 * minute, 170, ['p1', 'p3']),
      ],
      small,
    )
    expect(total('a').requests).toBe(50 + 20 + 20)
  })

  it('never takes a proxy that comes back for a new one', () => {
    const { total } = takeAll(
      [
        all(start, 100, ['p1', 'p2']),
        all(start + 11 * minute, 7, ['p1', 'p3']), // p2 is forgotten; p1 restarted
        all(start + 22 * minute, 107, ['p2', 'p3']), // p1 is forgotten, p2 known no more
        all(start + 23 * minute, 110, ['p2', 'p3']),
      ],
      small,
    )
    expect(total('a').requests).toBe(7 + 100 + 3 + 3)
  })

  it('does not let one proxy’s many counters take it all', () => {
    const places = (at: number, requests: number) =>
      reading(
        at,
        names.map((_, i) => count('a', `p1#${i}`, at, tallyOf(requests))),
      )
    const { total, counters } = takeAll([places(start, 0), places(start + 5000, 1)])
    expect(total('a').requests).toBe(5)
    expect(JSON.stringify(counters).length).toBeLessThan(9216)
  })
})

/** What one proxy counts of one revision between two scrapes; `restarts`: its process began anew before. */
interface Span {
  readonly requests: number
  readonly errors: number
  readonly restarts: boolean
}

const span = fc.record({ requests: fc.nat({ max: 500 }), errors: fc.nat({ max: 9 }), restarts: fc.boolean() })
const proxies = ['p1', 'p2', 'p3'] as const
const revisions = ['a', 'b'] as const
const series = proxies.flatMap((proxy) => revisions.map((revision) => ({ proxy, revision })))
/** Of each scrape, what happened before it at each proxy to each revision. */
const scrapes = fc.array(fc.array(span, { minLength: series.length, maxLength: series.length }), {
  minLength: 2,
  maxLength: 12,
})

const numbers = ({ requests, errors, timed, within }: Tally) => [requests, errors, timed, ...within]

/** What the scrapes read, one reading each, what was really served since the first, and before which scrapes a process began anew. */
function told(spans: readonly (readonly Span[])[]) {
  const standing = new Map<number, Tally>()
  const restarted = new Set<number>()
  const readings = spans.map((all, i) => {
    const at = start + i * 5000
    const counts = all.map(({ requests, errors, restarts }, j) => {
      const before = standing.get(j) ?? noRequests
      const fresh = tallyOf(requests, errors)
      // A counter that comes back above what it was cannot be told from one that went on.
      const falls = numbers(fresh).some((number, k) => number < (numbers(before)[k] ?? 0))
      if (i > 0 && restarts && falls) restarted.add(i)
      const now = i > 0 && restarts && falls ? fresh : plus(before, fresh)
      standing.set(j, now)
      return count(series[j]?.revision ?? '', series[j]?.proxy ?? '', at, now)
    })
    return reading(at, counts)
  })
  const served = (revision: string) =>
    spans
      .slice(1)
      .flatMap((all) => all.filter((_, j) => series[j]?.revision === revision))
      .reduce((sum, { requests, errors }) => plus(sum, tallyOf(requests, errors)), tallyOf(0))
  return { readings, served, restarted }
}

describe('whatever happens', () => {
  const expectServed = (readings: readonly Reading[], served: (revision: string) => Tally) => {
    const { total } = takeAll(readings)
    for (const revision of revisions) expect(total(revision)).toEqual(served(revision))
  }

  it('restarts lose nothing that was read', () => {
    fc.assert(
      fc.property(scrapes, (spans) => {
        const { readings, served } = told(spans)
        expectServed(readings, served)
      }),
    )
  })

  it('readings that are repeated, or come again late, add nothing', () => {
    fc.assert(
      fc.property(scrapes, fc.array(fc.nat({ max: 11 }), { maxLength: 12 }), (spans, echoes) => {
        const { readings, served } = told(spans)
        const echoed = readings.flatMap((one, i) => [one, readings[Math.min(i, echoes[i] ?? i)] ?? one])
        expectServed(echoed, served)
      }),
    )
  })

  it('readings of the proxies may come apart, in any order that is each proxy’s own', () => {
    fc.assert(
      fc.property(scrapes, fc.array(fc.constantFrom(...proxies), { maxLength: 40 }), (spans, order) => {
        const { readings, served } = told(spans)
        const [first, ...later] = readings
        const queues = new Map<string, Reading[]>(
          proxies.map((proxy) => [
            proxy,
            later.map((one) => ({ ...one, counts: one.counts.filter(({ instance }) => instance === proxy) })),
          ]),
        )
        const mixed = [...order, ...proxies.flatMap((proxy) => Array.from({ length: 12 }, () => proxy))]
        const apart = mixed.flatMap((proxy) => queues.get(proxy)?.shift() ?? [])
        expectServed([first as Reading, ...apart], served)
      }),
    )
  })

  it('readings that are lost are made up for by the next, unless a process began anew between them', () => {
    fc.assert(
      fc.property(scrapes, fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }), (spans, lost) => {
        const { readings, served, restarted } = told(spans)
        const needed = (i: number) =>
          i === 0 || i === readings.length - 1 || restarted.has(i) || restarted.has(i + 1)
        expectServed(
          readings.filter((_, i) => needed(i) || !lost[i]),
          served,
        )
      }),
    )
  })

  it('proxies that come and go are never counted twice, however little room there is', () => {
    const pool = ['p1', 'p2', 'p3', 'p4', 'p5']
    const look = fc.record({
      after: fc.integer({ min: 1, max: 30 }),
      here: fc.subarray(pool),
      requests: fc.nat({ max: 100 }),
      apart: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(look, { minLength: 2, maxLength: 30 }), (looks) => {
        const old = pool.slice(0, 2)
        const standing = new Map(pool.map((proxy) => [proxy, old.includes(proxy) ? 1000 : 0]))
        const all = (at: number, here: readonly string[]) =>
          here.flatMap((proxy) =>
            revisions.map((revision) => count(revision, proxy, at, tallyOf(standing.get(proxy) ?? 0))),
          )
        const first = reading(start, all(start, old))
        let [at, served] = [start, 0]
        const readings = looks.flatMap(({ after, here, requests, apart }) => {
          at += after * minute
          served += pool.length * requests
          for (const proxy of pool) standing.set(proxy, (standing.get(proxy) ?? 0) + requests)
          const counts = all(at, here)
          return apart ? counts.map((one) => reading(at, [one])) : [reading(at, counts)]
        })
        const { total } = takeAll([first, ...readings], { proxies: 2, each: 5 })
        for (const revision of revisions) expect(total(revision).requests).toBeLessThanOrEqual(served)
      }),
    )
  })
})
