// What the metrics say now: numbers that were counted, and no number where nothing was.
import { describe, expect, it } from 'vitest'
import { AppSpec } from '../../../domain/app.ts'
import type { History } from '../../../domain/judge/judge.ts'
import { type Metered, measure } from '../../../domain/outlook/measured.ts'
import { makePlan } from '../../../domain/plan.ts'

const now = Date.UTC(2026, 2, 1, 12)
const sha = 'a'.repeat(40)
const planOf = (release: object) =>
  makePlan(
    { app: { namespace: 'default', name: 'shop' }, seq: 8, sha },
    { sha, title: '', author: '', committedAt: 0 },
    { repository: '', branch: '' },
    AppSpec.parse({ release }),
  )
const timed = planOf({ objectives: { success: '99%', latency: { below: '500ms', for: '95%' } } })

/** `perMinute` requests of which one in a hundred fails and one in ten is slow; the last reading `ago` milliseconds ago. */
function history(perMinute: number, ago = 30_000, minutes = 30): History {
  const readings = Array.from({ length: minutes + 1 }, (_, i) => {
    const requests = 1000 + perMinute * i
    const errors = Math.round(requests / 100)
    const within = [Math.round(requests * 0.9)]
    const at = now - ago - (minutes - i) * 60_000
    return {
      at,
      counts: [{ revision: 's', instance: 'p', at, requests, errors, timed: requests, within }],
      route: [],
    }
  })
  return { bounds: [0.5], readings }
}

const query = (bounds: readonly number[]) => `q[${bounds}]`
const answered = (past: History, more: Partial<Metered> = {}): Metered => ({
  answer: { kind: 'answered', history: past, interval: 5000 },
  query,
  ...more,
})
const sides = { stable: 's', served: ['s'] }
const valuesOf = (metered: Metered, from: typeof sides | { served: string[] } = sides) =>
  measure(timed, from, metered, now).queries.flatMap(({ objectives }) => objectives.map(({ value }) => value))

describe('the values', () => {
  it('are what stable answered in the last minutes', () => {
    const { queries } = measure(timed, sides, answered(history(600)), now)
    const [success, latency] = queries[0]?.objectives ?? []
    expect(queries[0]?.promql).toBe('q[0.5]')
    expect(success).toMatchObject({
      objective: 'success',
      atLeast: 0.99,
      value: { kind: 'measured', good: 2970, total: 3000, to: now - 30_000 },
    })
    expect(latency).toMatchObject({
      objective: 'latency',
      atLeast: 0.95,
      below: 0.5,
      value: { kind: 'measured', good: 2700, total: 3000 },
    })
  })

  it.each([
    ['no request came', answered(history(0)), 'no data', 'no request'],
    ['the metrics know nothing', answered({ bounds: [], readings: [] }), 'no data', 'counted nothing'],
    ['the gateway is not read any more', answered(history(600, 600_000)), 'no data', 'counted nothing'],
    [
      'nobody was asked',
      { answer: { kind: 'not asked', why: 'no address' }, query },
      'not asked',
      'no address',
    ],
    ['there was no answer', { answer: { kind: 'no data', why: 'refused' }, query }, 'no data', 'refused'],
  ] as const)('are none, never 0, when %s', (_, metered, kind, why) => {
    const values = valuesOf(metered)
    expect(values).toHaveLength(2)
    for (const value of values) {
      expect(value).toMatchObject({ kind, why: expect.stringContaining(why) })
      expect(value).not.toHaveProperty('good')
    }
  })

  it('are none before anything is stable', () => {
    expect(valuesOf(answered(history(600)), { served: [] })).toMatchObject([
      { kind: 'no data' },
      { kind: 'no data' },
    ])
  })

  it('know nothing of latency where nobody asks for it', () => {
    const { queries } = measure(planOf({}), sides, answered(history(600)), now)
    expect(queries).toMatchObject([{ promql: 'q[]', objectives: [{ objective: 'success' }] }])
  })
})

describe('what is expected', () => {
  it('follows the traffic and the error rate of the past', () => {
    const { expected } = measure(planOf({}), sides, answered(history(6000)), now)
    expect(expected).toMatchObject({ rate: 100, assumed: false, reachedFull: 1, runs: 60 })
    expect(expected?.base).toBeCloseTo(0.01, 3)
    expect(expected?.full?.median).toBeGreaterThan(20)
    expect(expected?.first).toBe(10)
  })

  it('takes the rate that somebody says, and says what it assumes', () => {
    const silent: Metered = { answer: { kind: 'not asked', why: '' }, query, rate: 100 }
    expect(measure(planOf({}), sides, silent, now).expected).toMatchObject({
      rate: 100,
      base: 0.001,
      assumed: true,
    })
  })

  it.each([
    ['nobody knows the traffic', planOf({}), { answer: { kind: 'not asked', why: '' }, query }],
    ['nobody comes', planOf({}), answered(history(0))],
    ['all traffic is given at once', planOf({ strategy: 'immediate' }), answered(history(6000))],
  ] as const)('is not told when %s', (_, plan, metered) => {
    expect(measure(plan, sides, metered as Metered, now)).not.toHaveProperty('expected')
  })
})
