// The fixed-objectives judge, told as what a gateway's counters would say.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { minus } from '../../../domain/judge/counters.ts'
import type { Counts, Reading, Tally, Verdict } from '../../../domain/judge/judge.ts'
import {
  beginThresholds,
  judgeThresholds,
  type StepQuestion,
  type ThresholdsState,
} from '../../../domain/judge/thresholds.ts'

const start = Date.UTC(2026, 0, 1)

const question = (change: Partial<StepQuestion> = {}): StepQuestion => ({
  canary: 'shop-b',
  stable: 'shop-a',
  objectives: { success: 0.995 },
  requests: 20,
  looks: 3,
  since: start,
  for: 10_000,
  ...change,
})

/** What a test says of some requests: none fails and none is slow, unless it says so. */
interface Some {
  readonly requests?: number
  readonly errors?: number
  readonly fast?: number
}

const tallyOf = ({ requests = 0, errors = 0, fast = requests }: Some): Tally => ({
  requests,
  errors,
  timed: requests,
  within: [fast],
})

const count = (revision: string, at: number, some: Some, instance = 'proxy-1'): Counts => ({
  revision,
  instance,
  at,
  ...tallyOf(some),
})

const reading = (at: number, counts: readonly Counts[], route: readonly Counts[] = []): Reading => ({
  at,
  counts,
  route,
})

/** Judges reading after reading; answers the last verdict. */
function judgeAll(readings: readonly Reading[], asked = question()) {
  let state: ThresholdsState = beginThresholds()
  const verdicts: Verdict[] = []
  for (const one of readings) {
    const next = judgeThresholds(asked, state, one)
    state = next.state
    verdicts.push(next.verdict)
  }
  return { state, verdicts, last: verdicts.at(-1) as Verdict }
}

/** Readings each two seconds, from the step's start; what happens in each span is given, counters add up. */
function traffic(spans: readonly Some[], before: Some = {}): Reading[] {
  let [requests, errors, fast] = [
    before.requests ?? 0,
    before.errors ?? 0,
    before.fast ?? before.requests ?? 0,
  ]
  const first = reading(start, [
    count('shop-a', start, { requests: 5000 }),
    count('shop-b', start, { requests, errors, fast }),
  ])
  return [
    first,
    ...spans.map((span, i) => {
      const at = start + (i + 1) * 2000
      requests += span.requests ?? 0
      errors += span.errors ?? 0
      fast += span.fast ?? span.requests ?? 0
      return reading(at, [
        count('shop-a', at, { requests: 5000 }),
        count('shop-b', at, { requests, errors, fast }),
      ])
    }),
  ]
}

const times = <T>(n: number, span: T): T[] => Array.from({ length: n }, () => span)

describe('success', () => {
  it('is harmful within a few seconds at 20 % errors', () => {
    const { verdicts } = judgeAll(traffic(times(5, { requests: 200, errors: 40 })))
    expect(verdicts.map(({ kind }) => kind)).toEqual([
      'undecided',
      'undecided',
      'undecided',
      'harmful',
      'harmful',
      'harmful',
    ])
    expect(verdicts[3]?.reason).toBe('120 of 600 requests failed (20 %; 0.5 % allowed), in 3 looks in a row')
    expect(verdicts[3]?.evidence).toEqual({
      from: start,
      to: start + 6000,
      canary: { requests: 600, errors: 120, timed: 600, within: [600] },
      stable: { requests: 0, errors: 0, timed: 0, within: [0] },
      looks: 3,
    })
  })

  it('is harmful before twelve requests are hurt when the canary gets five a second', () => {
    const { verdicts } = judgeAll(traffic(times(10, { requests: 10, errors: 2 })))
    const harmful = verdicts.find(({ kind }) => kind === 'harmful')
    expect(harmful?.evidence.canary.errors).toBeLessThan(12)
  })

  it('is not lost for a single odd error, which good requests outweigh in the end', () => {
    const { verdicts, last } = judgeAll(
      traffic([{ requests: 20 }, { requests: 5, errors: 1 }, ...times(9, { requests: 20 })]),
    )
    expect(verdicts.every(({ kind }) => kind !== 'harmful')).toBe(true)
    expect(verdicts[6]).toMatchObject({
      kind: 'undecided',
      noData: false,
      reason: '1 of 105 requests failed (0.95 %; 0.5 % allowed)',
    })
    expect(last.kind).toBe('safe')
  })

  it('is lost for a slow leak once the time is over', () => {
    const { verdicts } = judgeAll(traffic(times(5, [{ requests: 100 }, { requests: 100, errors: 4 }]).flat()))
    expect(verdicts.slice(0, 5).map(({ kind }) => kind)).not.toContain('harmful')
    expect(verdicts.at(-1)?.kind).toBe('harmful')
  })

  it('is lost when a canary breaks after a long good time', () => {
    const good = times(1800, { requests: 200 })
    const { verdicts } = judgeAll(
      traffic([...good, ...times(10, { requests: 200, errors: 40 })]),
      question({ for: 7_200_000 }),
    )
    expect(verdicts[1800]?.kind).toBe('undecided')
    expect(verdicts.slice(1801, 1806).map(({ kind }) => kind)).toContain('harmful')
  })

  it('is not safe while the last look was bad', () => {
    const spans = [...times(200, { requests: 100 }), { requests: 100, errors: 40 }]
    const { last } = judgeAll(traffic(spans), question({ for: 402_000 }))
    expect(last.kind).toBe('undecided')
  })
})

describe('latency', () => {
  const objectives = { success: 0.995, latency: { below: 0.5, share: 0.99 } }

  it('is harmful when too many answers are slow', () => {
    const { last } = judgeAll(traffic(times(3, { requests: 100, fast: 50 })), question({ objectives }))
    expect(last).toMatchObject({ kind: 'harmful' })
    expect(last.reason).toContain('150 of 300 requests took longer than 0.5 s (50 %; 1 % allowed)')
  })

  it('is safe when enough are fast', () => {
    const { last } = judgeAll(traffic(times(5, { requests: 100, fast: 99 })), question({ objectives }))
    expect(last.kind).toBe('safe')
  })

  it('is not decided when it is not known, however many requests succeeded', () => {
    const untimed = traffic(times(5, { requests: 100 })).map((one) => ({
      ...one,
      counts: one.counts.map((each) => ({ ...each, timed: 0, within: [0] })),
    }))
    expect(judgeAll(untimed, question({ objectives })).last).toMatchObject({
      kind: 'undecided',
      noData: true,
      reason: 'the latency is known of 0 of 20 requests needed',
    })
  })

  it('is nobody’s business without an objective', () => {
    expect(judgeAll(traffic(times(5, { requests: 100, fast: 0 }))).last.kind).toBe('safe')
  })
})

describe('time and data', () => {
  it('is safe when the step’s time is over, not before', () => {
    const { verdicts } = judgeAll(traffic(times(5, { requests: 200 })))
    expect(verdicts.map(({ kind }) => kind)).toEqual([...times(5, 'undecided'), 'safe'])
    expect(verdicts[5]?.reason).toBe('every objective is met on 1000 requests')
  })

  it('is never decided without a request', () => {
    const { last } = judgeAll(traffic(times(20, {})))
    expect(last).toMatchObject({
      kind: 'undecided',
      noData: true,
      reason: 'no request has reached shop-b yet',
    })
  })

  it('is not decided on too few requests, however long it takes', () => {
    const { last } = judgeAll(traffic([{ requests: 12, errors: 12 }, ...times(20, {})]))
    expect(last).toMatchObject({ kind: 'undecided', noData: true, reason: '12 of 20 requests needed' })
  })

  it('takes the App’s own number of requests', () => {
    const asked = question({ requests: 1001 })
    expect(judgeAll(traffic(times(5, { requests: 200 })), asked).last).toMatchObject({
      kind: 'undecided',
      noData: true,
    })
  })

  it('says so when the counters stand still, and does not take silence for the step’s time', () => {
    const readings = traffic(times(2, { requests: 200 }))
    const later = { ...(readings[2] as Reading), at: start + 60_000 }
    const { last } = judgeAll([...readings, later])
    expect(last).toMatchObject({ kind: 'undecided', noData: true })
    expect(last.reason).toContain('have not moved on for 56 s')
  })

  it('says nothing of a revision whose series are missing', () => {
    const { last } = judgeAll([reading(start, []), reading(start + 20_000, [])])
    expect(last).toMatchObject({ kind: 'undecided', noData: true })
  })

  it('does not count what was there before the step', () => {
    const { last } = judgeAll(traffic(times(5, { requests: 100 }), { requests: 10_000, errors: 9_000 }))
    expect(last).toMatchObject({ kind: 'safe', evidence: { canary: { requests: 500, errors: 0 } } })
  })

  it('counts all of a series that appears after the first reading', () => {
    const { last } = judgeAll([
      reading(start, [count('shop-a', start, { requests: 10 })]),
      reading(start + 2000, [count('shop-b', start + 2000, { requests: 30 })]),
    ])
    expect(last.evidence.canary.requests).toBe(30)
  })

  it('begins anew with the next step, but knows the counters', () => {
    const [first, second] = [traffic(times(5, { requests: 200 })), question({ since: start + 10_000 })]
    const { state } = judgeAll(first)
    const at = start + 12_000
    const { verdict } = judgeThresholds(second, state, reading(at, [count('shop-b', at, { requests: 1070 })]))
    expect(verdict.evidence).toMatchObject({ from: start + 10_000, canary: { requests: 70 }, looks: 1 })
  })
})

describe('what belongs to no look of this step', () => {
  it('is what was counted before the gateway served the step’s weight', () => {
    const asked = question({ since: start + 5000 })
    const { last } = judgeAll(
      traffic([{ requests: 50, errors: 50 }, { requests: 50, errors: 50 }, { requests: 30 }]),
      asked,
    )
    expect(last.evidence).toMatchObject({ canary: { requests: 30, errors: 0 }, looks: 1 })
  })

  it('is another instance, read at the same moment', () => {
    const twoProxies = Array.from({ length: 3 }, (_, i) => {
      const at = start + i * 2000
      const tally = { requests: 100 * i, errors: 50 * i }
      return ['proxy-1', 'proxy-2'].map((instance) => reading(at, [count('shop-b', at, tally, instance)]))
    })
    expect(judgeAll(twoProxies.flat()).last).toMatchObject({ kind: 'undecided', evidence: { looks: 2 } })
  })
})

describe('the gateway’s own answers', () => {
  /** The route sees `alone` requests that no revision saw. */
  const unready = (alone: number) =>
    Array.from({ length: 6 }, (_, i) => {
      const at = start + i * 2000
      const [a, b] = [{ requests: 1000 * i }, { requests: 50 * i }]
      const route = { requests: (1050 + alone) * i, errors: alone * i }
      return reading(at, [count('shop-a', at, a), count('shop-b', at, b)], [count('shop', at, route)])
    })

  it('count as the canary’s errors', () => {
    const { verdicts } = judgeAll(unready(20))
    expect(verdicts[3]).toMatchObject({
      kind: 'harmful',
      evidence: { canary: { requests: 210, errors: 60 } },
    })
  })

  it('are none when the revisions’ errors explain the route’s', () => {
    expect(judgeAll(unready(0)).last.kind).toBe('safe')
  })

  it('are seen even when no request reached a pod of the canary', () => {
    const readings = unready(20).map(({ at, counts, route }) => reading(at, counts.slice(0, 1), route))
    expect(judgeAll(readings).last.kind).toBe('harmful')
  })
})

describe('whatever the traffic', () => {
  const span = fc.record({
    requests: fc.integer({ min: 0, max: 500 }),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  const spans = fc.array(
    span.map(({ requests, share }) => ({
      requests,
      errors: Math.floor(requests * share),
      fast: Math.floor(requests * share),
    })),
    { minLength: 1, maxLength: 20 },
  )
  const tallies = (readings: readonly Reading[]) => judgeAll(readings).last.evidence.canary

  it('the order of the counts is irrelevant', () => {
    fc.assert(
      fc.property(spans, (all) => {
        const readings = traffic(all)
        const turned = readings.map((one) => ({ ...one, counts: one.counts.toReversed() }))
        expect(judgeAll(turned).verdicts).toEqual(judgeAll(readings).verdicts)
      }),
    )
  })

  it('a reading seen twice, or late, changes nothing', () => {
    fc.assert(
      fc.property(spans, fc.nat(), (all, pick) => {
        const readings = traffic(all)
        const again = readings[pick % readings.length] as Reading
        expect(judgeAll([...readings, again]).state).toEqual(judgeAll(readings).state)
      }),
    )
  })

  it('restarts of the proxy lose nothing that was read', () => {
    fc.assert(
      fc.property(spans, fc.nat(), (all, pick) => {
        const readings = traffic(all)
        const restart = 1 + (pick % all.length)
        const base = readings[restart - 1]?.counts[1] as Counts
        const after = tallyOf(all[restart - 1] as Some)
        // A counter that comes back above what it was cannot be told from one that went on.
        fc.pre(numbers(after).some((number, i) => number < (numbers(base)[i] as number)))
        const restarted = readings.map((one, i) =>
          i < restart
            ? one
            : {
                ...one,
                counts: one.counts.map((now) => (now.revision === 'shop-b' ? lowered(now, base) : now)),
              },
        )
        expect(tallies(restarted)).toEqual(tallies(readings))
      }),
    )
  })

  it('a reading split by instance, and a span split in two, give the same tallies', () => {
    fc.assert(
      fc.property(spans, (all) => {
        const readings = traffic(all)
        const byInstance = readings.flatMap((one) => one.counts.map((only) => ({ ...one, counts: [only] })))
        const halves = readings.flatMap((one, i) => {
          const before = readings[i - 1]
          return before ? [between(before, one), one] : [one]
        })
        expect(tallies(byInstance)).toEqual(tallies(readings))
        expect(tallies(halves)).toEqual(tallies(readings))
      }),
    )
  })

  it('the state survives JSON and stays small', () => {
    fc.assert(
      fc.property(spans, (all) => {
        let state = beginThresholds()
        for (const one of traffic(all)) {
          const instances = Array.from({ length: 50 }, (_, i) =>
            one.counts.map((each) => ({ ...each, instance: `10.0.0.${i}:9100` })),
          )
          state = judgeThresholds(question(), state, {
            ...one,
            counts: instances.flat(),
            route: one.counts,
          }).state
          expect(JSON.parse(JSON.stringify(state))).toEqual(state)
        }
        expect(JSON.stringify(state).length).toBeLessThan(16_384)
      }),
      { numRuns: 30 },
    )
  })

  it('good traffic is never harmful', () => {
    const good = fc.array(fc.record({ requests: fc.nat({ max: 5000 }) }), { minLength: 1, maxLength: 30 })
    fc.assert(
      fc.property(good, (all) => {
        expect(judgeAll(traffic(all)).verdicts.map(({ kind }) => kind)).not.toContain('harmful')
      }),
    )
  })

  it('fully broken traffic is harmful within three looks of enough requests', () => {
    const broken = fc.array(fc.integer({ min: 20, max: 5000 }), { minLength: 3, maxLength: 10 })
    fc.assert(
      fc.property(broken, (all) => {
        const { verdicts } = judgeAll(traffic(all.map((requests) => ({ requests, errors: requests }))))
        expect(verdicts[3]?.kind).toBe('harmful')
      }),
    )
  })
})

const numbers = ({ requests, errors, timed, within }: Tally) => [requests, errors, timed, ...within]

const lowered = (now: Counts, base: Counts): Counts => ({ ...now, ...minus(now, base) })

function between(before: Reading, after: Reading): Reading {
  const at = after.at - 1000
  const middle = (a: number, b: number) => a + Math.floor((b - a) / 3)
  const counts = after.counts.map((now, i) => {
    const then = before.counts[i] as Counts
    const [requests = 0, errors = 0, fast = 0] = [0, 1, 3].map((at) =>
      middle(numbers(then)[at] as number, numbers(now)[at] as number),
    )
    return { ...now, at, ...tallyOf({ requests, errors, fast }) }
  })
  return { at, counts, route: [] }
}
