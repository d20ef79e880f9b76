// What a day of raw counters says of the stable side.
import { describe, expect, it } from 'vitest'
import { makeBaseline, rateBetween } from '../../../domain/judge/baseline.ts'
import { plus } from '../../../domain/judge/counters.ts'
import type { Counts, History, Tally } from '../../../domain/judge/judge.ts'
import { defaultMethod as method } from '../../../domain/judge/method.ts'

const start = Date.UTC(2026, 0, 1)
const bounds = [0.1, 0.25, 0.5, 1]
const objective = { below: 0.5, share: 0.99 }

/** A third of the answers take longer than 100 ms, a tenth 250 ms, one in fifty 500 ms, none a second. */
const served = (requests: number, errors = 0): Tally => ({
  requests,
  errors,
  timed: requests,
  within: [0.67, 0.9, 0.98, 1].map((share) => Math.round(requests * share)),
})

/** What each revision serves in each minute, as a gateway's counters that go on from `before`. */
function historyOf(
  minutes: readonly Readonly<Record<string, Tally>>[],
  { before = served(100_000, 500), instance = 'p1' } = {},
): History {
  const standing = new Map<string, Tally>()
  const readings = [{}, ...minutes].map((minute: Readonly<Record<string, Tally>>, i) => {
    const at = start + i * 60_000
    if (i === 0 && minutes[0]) for (const revision of Object.keys(minutes[0])) standing.set(revision, before)
    for (const [revision, tally] of Object.entries(minute))
      standing.set(revision, plus(standing.get(revision) ?? served(0), tally))
    const counts = [...standing].map(([revision, tally]): Counts => ({ revision, instance, at, ...tally }))
    return { at, counts, route: [] }
  })
  return { bounds, readings }
}

const repeated = <T>(n: number, one: T): T[] => Array.from({ length: n }, () => one)

describe('the baseline', () => {
  it('is what happened since the first reading, however much was counted before', () => {
    const history = historyOf(repeated(60, { a: served(600, 1) }))
    expect(makeBaseline(history, { stable: ['a'], interval: 2000, method })).toEqual({
      rate: 10,
      interval: 2,
      requests: 36_000,
      errors: 60,
      dispersion: 1,
      latency: [],
    })
  })

  it('leaves out the minutes of earlier canaries, and what was never stable', () => {
    const history = historyOf([
      ...repeated(10, { a: served(600, 1) }),
      ...repeated(5, { a: served(300, 1), b: served(300, 200) }), // b was a canary, and promoted
      ...repeated(10, { b: served(600, 2) }),
      ...repeated(5, { b: served(600, 2), c: served(0) }), // no request of c: no release
      ...repeated(3, { c: served(600, 400) }), // c was never stable
    ])
    const baseline = makeBaseline(history, { stable: ['a', 'b'], method })
    expect([baseline.requests, baseline.errors]).toEqual([15_000, 40])
  })

  it('counts restarts and lost minutes as the judge does', () => {
    const { readings } = historyOf(repeated(10, { a: served(600, 1) }))
    const restarted = readings.map((one, i) =>
      i < 6
        ? one
        : { ...one, counts: one.counts.map((count) => ({ ...count, ...served(600 * (i - 5), i - 5) })) },
    )
    const gaps = restarted.filter((_, i) => i !== 2 && i !== 3 && i !== 8)
    const baseline = makeBaseline({ bounds, readings: gaps }, { stable: ['a'], method })
    expect([baseline.requests, baseline.errors]).toEqual([6000, 10])
  })

  it('knows more revisions and proxies than a heartbeat has room for', () => {
    const releases = Array.from({ length: 50 }, (_, i) => ({ [`r${i}`]: served(600, 1) }))
    const one = historyOf(releases)
    const other = historyOf(releases, { instance: 'p2' })
    const readings = one.readings.map((reading, i) => ({
      ...reading,
      counts: [...reading.counts, ...(other.readings[i]?.counts ?? [])],
    }))
    const stable = releases.flatMap((release) => Object.keys(release))
    expect(makeBaseline({ bounds, readings }, { stable, method }).requests).toBe(50 * 2 * 600)
  })

  it('tells bursts', () => {
    const bursts = historyOf(
      Array.from({ length: 600 }, (_, i) => ({ a: served(600, i % 10 === 0 ? 8 : 0) })),
    )
    // Eight errors in each tenth minute: (0.1·7.2² + 0.9·0.8²) / 0.8.
    expect(makeBaseline(bursts, { stable: ['a'], method }).dispersion).toBeCloseTo(7.2, 1)
  })

  it('takes the method’s tick where nobody knows how often the gateway is read', () => {
    expect(makeBaseline({ bounds, readings: [] }, { stable: ['a'], method }).interval).toBe(5)
  })
})

describe('the rate', () => {
  const rateOf = (history: History) => makeBaseline(history, { stable: ['a'], method }).rate

  it('is of all revisions, over the last five minutes', () => {
    const history = historyOf([
      ...repeated(20, { a: served(6000) }),
      ...repeated(5, { a: served(600), b: served(600) }),
    ])
    expect(rateOf(history)).toBe(20)
  })

  it('is zero where there was none, and unknown where there is no data', () => {
    expect(rateOf(historyOf(repeated(10, { a: served(0) })))).toBe(0)
    expect(rateOf({ bounds, readings: [] })).toBeUndefined()
    expect(rateOf(historyOf([]))).toBeUndefined()
  })

  it('spans a gap in the data', () => {
    const { readings } = historyOf(repeated(20, { a: served(600) }))
    expect(rateOf({ bounds, readings: readings.filter((_, i) => i < 10 || i === 20) })).toBe(10)
  })
})

describe('the rate between two readings', () => {
  const reading = (at: number, revisions: number, tally: Tally, scrapedAt?: number) => ({
    at,
    ...(scrapedAt !== undefined && { scrapedAt }),
    counts: Array.from(
      { length: revisions },
      (_, i): Counts => ({ revision: `r${i}`, instance: 'p1', at, ...tally }),
    ),
    route: [{ revision: 'shop', instance: 'p1', at, ...tally }],
  })

  it('is of all revisions, however many, and not of the route again', () => {
    const [before, after] = [
      reading(start, 30, served(100), start),
      reading(start + 2000, 30, served(110), start + 2000),
    ]
    expect(rateBetween(before, after)).toBe(150)
  })

  it('is unknown where the gateway was not read anew', () => {
    const before = reading(start, 1, served(100), start)
    expect(rateBetween(before, reading(start + 2000, 1, served(110), start))).toBeUndefined()
    expect(rateBetween(before, reading(start + 2000, 1, served(110)))).toBeUndefined()
    expect(rateBetween({ ...before, counts: [] }, reading(start + 2000, 1, served(110), start + 2000))).toBe(
      55,
    )
  })
})

describe('the latency bounds', () => {
  const latencyOf = (history: History, below = objective.below) =>
    makeBaseline(history, { stable: ['a'], objective: { ...objective, below }, method }).latency

  it('are those that tell most, with stable’s tails, and the objective’s last', () => {
    expect(latencyOf(historyOf(repeated(60, { a: served(600) })), 1)).toEqual([
      { bound: 0.1, tail: 0.33 },
      { bound: 0.25, tail: 0.1 },
      { bound: 0.5, tail: 0.02 },
      { bound: 1, tail: 0 },
    ])
  })

  it('are the objective’s alone, as promised, where there is too little history', () => {
    const few = historyOf([{ a: served(199) }])
    expect(latencyOf(few)).toEqual([{ bound: 0.5, tail: 1 - 0.99 }])
    expect(latencyOf(historyOf([{ a: served(200) }])).length).toBe(4)
    expect(latencyOf({ bounds: [], readings: [] })).toEqual([{ bound: 0.5, tail: 1 - 0.99 }])
  })

  it('cannot be judged where the gateway has no bucket of the objective', () => {
    const history = historyOf([{ a: served(600) }])
    expect(() => latencyOf(history, 0.3)).toThrow(
      expect.objectContaining({
        reason: 'Invalid',
        message:
          "cannot judge latency below 0.3 s: the gateway counts only answers below 0.1, 0.25, 0.5, 1 s; choose one of these or add the bound to the gateway's buckets",
      }),
    )
  })

  it('are nobody’s business without an objective', () => {
    const history = historyOf(repeated(60, { a: served(600) }))
    expect(makeBaseline(history, { stable: ['a'], method }).latency).toEqual([])
  })
})
