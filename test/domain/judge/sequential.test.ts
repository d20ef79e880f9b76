// The judge of readings: what it makes of a gateway's counters, and what it tells.
import { describe, expect, it } from 'vitest'
import type { EngineSetup } from '../../../domain/judge/engine.ts'
import type { Counts, Reading } from '../../../domain/judge/judge.ts'
import { defaultMethod } from '../../../domain/judge/method.ts'
import {
  beginCanary,
  type CanaryQuestion,
  judgeCanary,
  missCanary,
  type SequentialState,
} from '../../../domain/judge/sequential.ts'

const start = Date.UTC(2026, 0, 1)
const setup: EngineSetup = {
  method: { ...defaultMethod, warmup: 0 },
  baseline: {
    rate: 100,
    interval: 1,
    requests: 1e6,
    errors: 1000,
    dispersion: 1,
    latency: [{ bound: 0.5, tail: 0.001 }],
  },
  success: 0.99,
}
const question: CanaryQuestion = { canary: 'new', stable: 'old', setup, weight: 50, since: start }

const counts = (revision: string, at: number, requests: number, errors = 0, slow = 0): Counts => ({
  revision,
  instance: 'p1',
  at,
  requests,
  errors,
  timed: requests,
  within: [requests - slow],
})
/** The gateway's counters so many seconds after the canary's first request: [requests, errors, slow]. */
function reading(seconds: number, canary: readonly number[], stable: readonly number[]): Reading {
  const at = start + seconds * 1000
  const [n = 0, x = 0, slow = 0] = canary
  const [m = 0, y = 0, late = 0] = stable
  const both = [counts('new', at, n, x, slow), counts('old', at, m + 5000, y + 7, late)]
  const route = [counts('', at, n + m + 9000, x + y + 40, slow + late)]
  return { at, scrapedAt: at, interval: 1000, counts: n > 0 ? both : both.slice(1), route }
}
const before = () => beginCanary(setup, reading(-1, [0], [0]))

/** Judges readings one after the other; what the last one brings. */
function judged(readings: readonly Reading[], from: SequentialState = before()) {
  const first = { state: from, verdict: judgeCanary(question, from, readings[0] as Reading).verdict }
  return readings.reduce((last, next) => judgeCanary(question, last.state, next), first)
}

describe('the sequential judge', () => {
  it('counts what came since it began, and not what was before', () => {
    const { verdict } = judged([reading(1, [5], [95]), reading(2, [10], [190])])
    expect(verdict.kind).toBe('undecided')
    expect(verdict.evidence).toMatchObject({ from: start, to: start + 2000, looks: 2 })
    expect(verdict.evidence.canary).toMatchObject({ requests: 10, errors: 0 })
    expect(verdict.evidence.stable).toMatchObject({ requests: 190, errors: 0 })
  })

  it('takes a reading once', () => {
    const one = reading(1, [5, 2], [95])
    const { state } = judged([one])
    expect(judgeCanary(question, state, one).state).toEqual(state)
  })

  it('finds harm, and says with which counts', () => {
    const { verdict } = judged([reading(1, [5, 5], [95]), reading(2, [10, 10], [190])])
    expect(verdict).toMatchObject({ kind: 'harmful' })
    expect(verdict.reason).toMatch(
      /^\d+ of \d+ requests failed, of stable 0 of \d+ \(evidence of harm \d+ of 100\)$/,
    )
    expect(verdict.evidence.test).toMatchObject({ limit: 100, harmed: 10 })
  })

  it('finds slowness, and says so', () => {
    const slow = [1, 2, 3, 4, 5, 6, 7, 8].map((at) => reading(at, [10 * at, 0, 6 * at], [90 * at]))
    const { verdict } = judged(slow)
    expect(verdict).toMatchObject({ kind: 'harmful', reason: expect.stringContaining('slower') })
  })

  it('tells harmed requests beyond what stable suffers too', () => {
    const { verdict } = judged([reading(1, [100, 10], [900, 90])])
    expect(verdict.evidence.test?.harmed).toBe(0)
  })

  it('follows the traffic', () => {
    const looks = Array.from({ length: 60 }, (_, i) => reading(i + 1, [10 * (i + 1)], [990 * (i + 1)]))
    const { state, verdict } = judged(looks)
    expect(state.rate).toBeGreaterThan(800)
    expect(verdict.evidence.test?.rate).toBe(state.rate)
    // A tenth of a percent of harm is seen with so much traffic, ten points are not with none.
    expect(verdict.evidence.test?.detectable).toBeLessThan(0.005)
  })

  it('holds without news, says that data is missing, and goes to nothing', () => {
    const { state } = judged([reading(1, [5], [95])])
    expect(missCanary(question, state, 5).verdict).toMatchObject({ kind: 'undecided', noData: false })
    const quiet = missCanary(question, state, 30)
    expect(quiet.verdict).toMatchObject({ noData: true, reason: expect.stringContaining('30 s') })
    const lost = missCanary(question, quiet.state, 61)
    expect(lost.verdict).toMatchObject({ noData: true, course: { weight: 0, phase: 'blind' } })
  })

  it('counts no time in which nobody saw the canary', () => {
    const { state } = judged([reading(1, [5], [95]), reading(2, [10], [190])])
    const before = state.engine.seen
    const quiet = missCanary(question, state, 30).state
    const back = judgeCanary(question, quiet, reading(400, [15], [285])).state
    expect(back.engine.seen).toBe(before)
    expect(back.sides.canary.requests).toBe(15)
    expect(judgeCanary(question, back, reading(401, [20], [380])).state.engine.seen).toBe(before + 1)
  })

  it('stays small with many proxies and long names', () => {
    const name = (side: string) => `${side}-${'x'.repeat(50)}`
    const many = (at: number): Reading => {
      const proxies = Array.from({ length: 60 }, (_, i) => `10.244.100.${i}:8081`)
      const of = (revision: string, source = '') =>
        proxies.map((proxy) => ({ ...counts(revision, at, 1e9 + at, 1e6), instance: `${proxy}${source}` }))
      const both = [...of(name('new'), '#0'), ...of(name('old'), '#1')]
      return { at, scrapedAt: at, interval: 1000, counts: both, route: of('') }
    }
    const asked = { ...question, canary: name('new'), stable: name('old') }
    let state = beginCanary(setup, many(start - 1000))
    for (let i = 1; i < 20; i++) state = judgeCanary(asked, state, many(start + i * 1000)).state
    expect(JSON.stringify(state).length).toBeLessThan(16_000)
  })

  it('goes on from JSON as if nothing had happened', () => {
    const { state } = judged([reading(1, [5, 1], [95]), reading(2, [10, 1], [190, 1])])
    const there = JSON.parse(JSON.stringify(state)) as SequentialState
    const next = reading(3, [16, 1], [284, 1])
    expect(judgeCanary(question, there, next)).toEqual(judgeCanary(question, state, next))
  })
})
