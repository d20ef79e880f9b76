// The simulated world does to requests what it says.
import { describe, expect, it } from 'vitest'
import { upperTail } from '../../../domain/simulation/normal.ts'
import { createRandom } from '../../../domain/simulation/random.ts'
import { truths } from '../../../domain/simulation/truths.ts'
import {
  answer,
  type Conditions,
  createWorld,
  errorRate,
  harmAfter,
  harmRate,
  isBlind,
} from '../../../domain/simulation/world.ts'

const conditions: Conditions = {
  truth: {},
  rate: 100,
  base: 0.01,
  success: 0.98,
  latency: { below: 0.5, share: 0.99 },
}
const world = (part: Partial<Conditions>) => createWorld({ ...conditions, ...part })

describe('the normal distribution', () => {
  it.each([
    [0, 0.5],
    [1, 0.15865525393145707],
    [1.96, 0.024997895148220435],
    [2.5, 0.006209665325776132],
    [3, 0.0013498980316301],
    [6, 9.865876450377e-10],
    [-1.5, 0.9331927987311419],
  ])('lies beyond %d with the right share', (z, expected) => {
    expect(Math.abs(upperTail(z) / expected - 1)).toBeLessThan(1e-9)
  })
})

describe('the truth', () => {
  it('adds to the error rate, which ends at 1', () => {
    expect(errorRate(world({ truth: truths['+2pp'] }), 'canary', 0)).toBeCloseTo(0.03, 12)
    expect(errorRate(world({ truth: truths['+2pp'] }), 'stable', 0)).toBe(0.01)
    expect(errorRate(world({ truth: truths.broken }), 'canary', 0)).toBe(1)
  })

  it('leaks from its moment on, up to its most', () => {
    const leaking = world({ truth: truths.leak })
    const rise = (at: number) => errorRate(leaking, 'canary', at) - 0.01
    expect(rise(299)).toBe(0)
    expect(rise(360)).toBeCloseTo(0.005, 12)
    expect(rise(10_000)).toBeCloseTo(0.1, 12)
  })

  it('shares a drift between both sides, from its beginning until its end', () => {
    const drifting = world({ drift: { from: 60, until: 120, errors: 0.03 } })
    const rates = [59, 60, 119, 120].map((at) => errorRate(drifting, 'stable', at))
    expect(rates).toEqual([0.01, 0.04, 0.04, 0.01])
    expect(errorRate(drifting, 'canary', 60)).toBe(0.04)
    expect(harmRate(drifting, 60)).toBe(0)
  })

  it('hides the metrics during an outage', () => {
    const lost = world({ outage: { from: 20, until: 140 } })
    expect([19, 20, 139, 140].map((at) => isBlind(lost, at))).toEqual([false, true, true, false])
  })
})

describe('harm', () => {
  it('is what the canary fails or delays beyond stable', () => {
    expect(harmRate(world({ truth: truths.broken }), 0)).toBeCloseTo(0.99, 12)
    const slow = harmRate(world({ truth: truths['latency-x2'] }), 0)
    const tail = (factor: number) => upperTail(Math.log(0.5 / (0.08 * factor)) / 0.6)
    expect(slow).toBeCloseTo(tail(2) - tail(1), 12)
  })

  it('goes on until the horizon after a wrong promotion', () => {
    expect(harmAfter(world({ truth: truths['+2pp'] }), 800)).toBeCloseTo(100 * 0.02 * 1000, 6)
    expect(harmAfter(world({ truth: truths['+2pp'] }), 1800)).toBe(0)
    const leak = harmAfter(world({ truth: truths.leak }), 300)
    // 20 minutes of a straight rise to 10 pp, then 5 minutes at 10 pp; the rule's steps are 7.5 s.
    expect(Math.abs(leak / (100 * (1200 * 0.05 + 300 * 0.1)) - 1)).toBeLessThan(0.001)
  })
})

describe('answers', () => {
  const draws = 20_000

  it.each([
    ['one by one', {}],
    ['in bursts', { burst: 3 }],
  ])('fail with the right share, %s', (_, part) => {
    const random = createRandom(5)
    const bursty = world(part)
    let [requests, errors, squares] = [0, 0, 0]
    for (let i = 0; i < draws; i++) {
      const one = answer(bursty, random, 'canary', 300, 0, [])
      requests += one.requests
      errors += one.errors
      squares += one.errors * one.errors
    }
    const mean = errors / draws
    const variance = squares / draws - mean * mean
    expect(Math.abs(requests / draws - 300)).toBeLessThan(4 * Math.sqrt(300 / draws))
    expect(Math.abs(mean - 3)).toBeLessThan(4 * Math.sqrt(variance / draws))
    // A burst of mean 3 has a mean square of 15: the variance is 5 times a Poisson count's.
    expect(variance / mean).toBeGreaterThan('burst' in part ? 4.5 : 0.9)
    expect(variance / mean).toBeLessThan('burst' in part ? 5.5 : 1.1)
  })

  it('are slower than each bound with the right share, fewer the higher the bound', () => {
    const random = createRandom(6)
    const slow = world({ truth: truths['latency-x2'] })
    const bounds = [2, 3, 4]
    const sums = [0, 0, 0]
    for (let i = 0; i < draws; i++) {
      const one = answer(slow, random, 'canary', 50, 0, bounds)
      const numbers = [one.requests, ...one.slow]
      if (numbers.some((value, j) => j > 0 && value > (numbers[j - 1] ?? 0))) expect.fail(`${numbers} rises`)
      one.slow.forEach((value, j) => {
        sums[j] = (sums[j] ?? 0) + value
      })
    }
    for (const [j, bound] of bounds.entries()) {
      const expected = 50 * (slow.canaryTails[bound] ?? 0)
      expect(Math.abs((sums[j] ?? 0) / draws - expected)).toBeLessThan(4 * Math.sqrt(expected / draws))
    }
  })
})
