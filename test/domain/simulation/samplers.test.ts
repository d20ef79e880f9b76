// The samplers are held against the exact probabilities: mean, variance, each count, and the tails.
import { describe, expect, it } from 'vitest'
import { binomial } from '../../../domain/simulation/binomial.ts'
import { logFactorial } from '../../../domain/simulation/factorial.ts'
import { negativeBinomial } from '../../../domain/simulation/negative-binomial.ts'
import { poisson } from '../../../domain/simulation/poisson.ts'
import { createRandom } from '../../../domain/simulation/random.ts'

const draws = 100_000

/** Draws as often as `draws` says and holds the counts against the probability of each. */
function holdAgainst(sample: () => number, probability: (k: number) => number, most: number) {
  const seen = new Map<number, number>()
  let [sum, squares] = [0, 0]
  for (let i = 0; i < draws; i++) {
    const k = sample()
    seen.set(k, (seen.get(k) ?? 0) + 1)
    sum += k
    squares += k * k
  }
  const mean = sum / draws
  return { mean, variance: squares / draws - mean * mean, ...chiSquare(seen, probability, most) }
}

/** Neighbouring counts are put together until at least 10 are expected; `z` is the statistic in standard deviations. */
function chiSquare(seen: Map<number, number>, probability: (k: number) => number, most: number) {
  let [statistic, cells, expected, found] = [0, 0, 0, 0]
  let left = draws
  for (let k = 0; k <= most; k++) {
    expected += probability(k) * draws
    found += seen.get(k) ?? 0
    left -= seen.get(k) ?? 0
    if (expected < 10 && k < most) continue
    statistic += (found - expected) ** 2 / Math.max(expected, 1)
    cells++
    expected = 0
    found = 0
  }
  return { z: (statistic - (cells - 1)) / Math.sqrt(2 * Math.max(1, cells - 1)), beyond: left }
}

describe('the generator', () => {
  it('tells the same story for the same seed and another for another', () => {
    const story = (...words: number[]) => Array.from({ length: 5 }, createRandom(...words))
    expect(story(1, 2)).toEqual(story(1, 2))
    expect(story(1, 2)).not.toEqual(story(2, 1))
    expect(story(1)).not.toEqual(story(1 + 2 ** 32))
    expect(story(1, 0)).not.toEqual(story(1))
  })

  it('keeps to [0, 1) and fills it evenly, in pairs too', () => {
    const random = createRandom(7)
    const cells = new Float64Array(64)
    for (let i = 0; i < draws; i++) {
      const [x, y] = [random(), random()]
      if (x < 0 || x >= 1) expect.fail(`${x} is outside [0, 1)`)
      const cell = Math.floor(x * 8) * 8 + Math.floor(y * 8)
      cells[cell] = (cells[cell] ?? 0) + 1
    }
    const expected = draws / 64
    const statistic = cells.reduce((all, found) => all + (found - expected) ** 2 / expected, 0)
    expect(Math.abs(statistic - 63) / Math.sqrt(2 * 63)).toBeLessThan(4)
  })
})

describe('the logarithm of the factorial', () => {
  it('is exact where the table ends and the series begins', () => {
    for (const k of [2, 10, 255, 256, 257, 1000]) {
      let sum = 0
      for (let i = 2; i <= k; i++) sum += Math.log(i)
      expect(Math.abs(logFactorial(k) - sum)).toBeLessThan(1e-12 * sum)
    }
  })
})

describe('Poisson', () => {
  it.each([0.01, 0.7, 5, 9.99, 10, 12.5, 50, 500, 86_400])('of mean %d is as it must be', (mean) => {
    const random = createRandom(11, mean * 100)
    const probability = (k: number) => Math.exp(k * Math.log(mean) - mean - logFactorial(k))
    const most = Math.ceil(mean + 8 * Math.sqrt(mean) + 10)
    const held = holdAgainst(() => poisson(random, mean), probability, most)
    expect(Math.abs(held.mean - mean)).toBeLessThan(4 * Math.sqrt(mean / draws))
    // The variance of the variance is (μ + 2μ²)/draws.
    expect(Math.abs(held.variance - mean)).toBeLessThan(4 * Math.sqrt((mean + 2 * mean * mean) / draws))
    expect(Math.abs(held.z)).toBeLessThan(4)
    expect(held.beyond).toBe(0)
  })

  it('of mean 0 is 0, and refuses what is no mean', () => {
    expect(poisson(createRandom(1), 0)).toBe(0)
    expect(() => poisson(createRandom(1), -1)).toThrow(/mean -1/)
    expect(() => poisson(createRandom(1), Number.NaN)).toThrow(/NaN/)
  })
})

describe('binomial', () => {
  it.each([
    [1, 0.5],
    [40, 0.001],
    [1000, 0.001],
    [5000, 0.0019],
    [5000, 0.0021],
    [30, 0.4],
    [60, 0.5],
    [500, 0.3],
    [500, 0.97],
    [86_400, 0.001],
    [86_400, 0.9995],
  ])('of %d trials with probability %d is as it must be', (trials, p) => {
    const random = createRandom(13, trials, p * 1e6)
    const probability = (k: number) =>
      Math.exp(
        logFactorial(trials) -
          logFactorial(k) -
          logFactorial(trials - k) +
          k * Math.log(p) +
          (trials - k) * Math.log1p(-p),
      )
    const [mean, variance] = [trials * p, trials * p * (1 - p)]
    const held = holdAgainst(() => binomial(random, trials, p), probability, trials)
    expect(Math.abs(held.mean - mean)).toBeLessThan(4 * Math.sqrt(variance / draws))
    const fourth = variance * (1 + (3 * trials - 6) * p * (1 - p))
    expect(Math.abs(held.variance - variance)).toBeLessThan(
      4 * Math.sqrt((fourth - variance ** 2) / draws) + 1e-3,
    )
    expect(Math.abs(held.z)).toBeLessThan(4)
    expect(held.beyond).toBe(0)
  })

  it('knows the certain cases and refuses the impossible ones', () => {
    const random = createRandom(1)
    expect([binomial(random, 0, 0.3), binomial(random, 9, 0), binomial(random, 9, 1)]).toEqual([0, 0, 9])
    expect(() => binomial(random, 9, 1.1)).toThrow(/probability 1.1/)
  })
})

describe('negative binomial', () => {
  it.each([
    [1, 1 / 3],
    [4, 1 / 3],
    [20, 0.5],
  ])('of %d successes with probability %d is as it must be', (successes, p) => {
    const random = createRandom(17, successes)
    const probability = (k: number) =>
      Math.exp(
        logFactorial(k + successes - 1) -
          logFactorial(k) -
          logFactorial(successes - 1) +
          successes * Math.log(p) +
          k * Math.log1p(-p),
      )
    const held = holdAgainst(() => negativeBinomial(random, successes, p), probability, 1000)
    expect(Math.abs(held.z)).toBeLessThan(4)
    expect(held.beyond).toBe(0)
  })

  it('has nothing on top when every error comes alone', () => {
    expect(negativeBinomial(createRandom(1), 5, 1)).toBe(0)
  })
})
