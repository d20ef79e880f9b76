// The frozen reference, and the burstiness of errors.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Baseline } from '../../../domain/judge/baseline.ts'
import { defaultMethod } from '../../../domain/judge/method.ts'
import { dispersion, frozenReference, poissonUpper } from '../../../domain/judge/reference.ts'
import { poisson } from '../../../domain/simulation/poisson.ts'
import { createRandom } from '../../../domain/simulation/random.ts'

describe('the upper bound of a rate', () => {
  it('is what so few errors would still allow once in a thousand', () => {
    expect(poissonUpper(0, 1000)).toBeCloseTo(0.013815510557964273, 15)
    expect(poissonUpper(8640, 8640000)).toBeCloseTo(0.0010407952164809573, 15)
  })

  it('covers the truth nearly always, and is not far above it', () => {
    const random = createRandom(7)
    const bounds = Array.from({ length: 4000 }, () => poissonUpper(poisson(random, 20), 10_000))
    expect(bounds.filter((bound) => bound < 0.002).length).toBeLessThanOrEqual(12)
    expect(Math.max(...bounds)).toBeLessThan(0.01)
  })

  it('grows with the errors, and falls with the requests', () => {
    fc.assert(
      fc.property(fc.nat({ max: 10_000 }), fc.integer({ min: 1, max: 1_000_000 }), (errors, requests) => {
        expect(poissonUpper(errors + 1, requests)).toBeGreaterThan(poissonUpper(errors, requests))
        expect(poissonUpper(errors, requests + 1)).toBeLessThan(poissonUpper(errors, requests))
        expect(poissonUpper(errors, requests)).toBeGreaterThan(errors / requests)
      }),
    )
  })
})

describe('the frozen reference', () => {
  const baseline = (requests: number, errors: number): Baseline => ({
    interval: 5,
    requests,
    errors,
    dispersion: 1,
    latency: [],
  })

  it('is the bound of the history, with some drift and the tolerance', () => {
    expect(frozenReference(baseline(86_400, 86), defaultMethod)).toBeCloseTo(
      1.1 * poissonUpper(86, 86_400) + 0.001,
      15,
    )
  })

  it('is off under 200 requests of history', () => {
    expect(frozenReference(baseline(199, 0), defaultMethod)).toBe(1)
    expect(frozenReference(baseline(200, 0), defaultMethod)).toBeLessThan(0.1)
  })

  it('is never more than everything', () => {
    expect(frozenReference(baseline(300, 300), defaultMethod)).toBe(1)
  })
})

describe('dispersion', () => {
  const random = createRandom(11)
  const geometric = (mean: number) => Math.floor(Math.log(random()) / Math.log(1 - 1 / mean))
  /** A day of minutes of so many requests, whose errors come in clusters of so many on average. */
  const day = (requests: number, rate: number, cluster: number) =>
    Array.from({ length: 1440 }, () => {
      const clusters = poisson(random, (requests * rate) / cluster)
      const errors = Array.from({ length: clusters }, () => 1 + (cluster > 1 ? geometric(cluster) : 0))
      return { requests, errors: errors.reduce((all, one) => all + one, 0) }
    })

  it('is one for independent errors', () => {
    expect(dispersion(day(6000, 0.001, 1))).toBe(1)
    expect(dispersion(day(60_000, 0.01, 1))).toBe(1)
  })

  it('is the clusters’ mean square by their mean for errors that come together', () => {
    // Geometric clusters of mean 3: E[S²]/E[S] = 15/3.
    expect(dispersion(day(6000, 0.001, 3))).toBeCloseTo(5, 0)
  })

  it('is at most twenty', () => {
    expect(dispersion(day(6000, 0.01, 200))).toBe(20)
  })

  it('is one without history, without errors, and with a handful of them', () => {
    expect(dispersion([])).toBe(1)
    expect(dispersion(day(600, 0, 1))).toBe(1)
    const handful = Array.from({ length: 1440 }, (_, i) => ({ requests: 60, errors: i < 9 ? 8 : 0 }))
    expect(dispersion(handful)).toBe(1)
    const enough = Array.from({ length: 1440 }, (_, i) => ({ requests: 60, errors: i < 10 ? 8 : 0 }))
    expect(dispersion(enough)).toBeCloseTo(8, 0)
  })

  it('is not decided by one error in a quiet minute of the night', () => {
    const busy = Array.from({ length: 1000 }, (_, i) => ({ requests: 6000, errors: i % 10 === 0 ? 1 : 0 }))
    const night = Array.from({ length: 440 }, (_, i) => ({ requests: 1, errors: i === 0 ? 1 : 0 }))
    expect(dispersion([...busy, ...night])).toBe(1)
  })
})
