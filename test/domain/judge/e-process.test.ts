// The bet against "the canary is not worse": fair where it is not, rich where it is.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  bet,
  type EProcess,
  type Hypothesis,
  newEProcess,
  type Pair,
} from '../../../domain/judge/e-process.ts'
import { defaultMethod as method } from '../../../domain/judge/method.ts'
import { binomial } from '../../../domain/simulation/binomial.ts'
import { poisson } from '../../../domain/simulation/poisson.ts'
import { createRandom, type Random } from '../../../domain/simulation/random.ts'
import { expectation, shareAtLeast } from './chances.ts'

const errors: Hypothesis = {
  ratio: method.errorRatio,
  tolerance: method.errorTolerance,
  ratios: method.ratios,
  dispersion: 1,
}
const latency: Hypothesis = {
  ratio: method.latencyRatio,
  tolerance: method.latencyTolerance,
  ratios: method.latencyRatios,
  dispersion: 1,
}
const absolute: Hypothesis = { ...errors, ratio: 0, tolerance: 0.01 }

const begin = (hypothesis: Hypothesis) => newEProcess(hypothesis.ratios, method)
const betAll = (hypothesis: Hypothesis, blocks: readonly Pair[], from = begin(hypothesis)) =>
  blocks.reduce((process, block) => bet(process, hypothesis, block, method), from)

const worst = ({ ratio, tolerance }: Hypothesis, stable: number) => Math.min(1, ratio * stable + tolerance)

describe('one block', () => {
  const size = fc.integer({ min: 1, max: 14 })
  const rate = fc.double({ min: 0, max: 0.8, noNaN: true })
  const hypothesis = fc.constantFrom(errors, latency, absolute, { ...errors, tolerance: 0 })
  /** What went before must not matter: the weights may depend on it. */
  const past = fc.array(
    fc.record({
      n: fc.nat({ max: 50 }),
      x: fc.nat({ max: 3 }),
      m: fc.nat({ max: 50 }),
      y: fc.nat({ max: 3 }),
    }),
    { maxLength: 4 },
  )

  it('is expected to win nothing, exactly, as long as the canary is not worse than tolerated', () => {
    fc.assert(
      fc.property(hypothesis, past, size, size, rate, (h, before, n, m, stable) => {
        const settled = betAll(h, before, begin(h))
        const process = { ...settled, pending: { n: 0, x: 0, m: 0, y: 0 } }
        const expected = expectation({ n, m }, { canary: worst(h, stable), stable }, (x, y) =>
          bet(process, h, { n, x, m, y }, method),
        )
        expect(expected(({ m: evidence }) => evidence)).toBeLessThanOrEqual(process.m * (1 + 1e-12))
      }),
      { numRuns: 150 },
    )
  })

  it('is expected to win when it is worse', () => {
    const start = begin(errors)
    const expected = expectation({ n: 10, m: 10 }, { canary: 0.3, stable: 0.01 }, (x, y) =>
      bet(start, errors, { n: 10, x, m: 10, y }, method),
    )
    expect(expected(({ m }) => m)).toBeGreaterThan(2)
  })

  it('wins more with each bad answer of the canary, and less with each of stable', () => {
    fc.assert(
      fc.property(hypothesis, size, size, fc.nat({ max: 13 }), fc.nat({ max: 13 }), (h, n, m, x, y) => {
        const of = (bad: number, stableBad: number) => betAll(h, [{ n, x: bad, m, y: stableBad }]).m
        expect(of(x + 1, y)).toBeGreaterThanOrEqual(of(x, y))
        expect(of(x, y + 1)).toBeLessThanOrEqual(of(x, y))
      }),
    )
  })

  it('says no more than the burst cap where errors come in bursts', () => {
    const disaster = { n: 1000, x: 1000, m: 1000, y: 0 }
    expect(betAll({ ...errors, dispersion: 2 }, [disaster]).m).toBeLessThanOrEqual(Math.exp(3))
    expect(betAll(errors, [disaster]).m).toBe(method.cap)
  })
})

interface World {
  readonly canary: number
  readonly stable: number
  readonly blocks: number
}

/** One release watched at every look: the most evidence that there ever was. */
function mostEvidence(
  random: Random,
  h: Hypothesis,
  { canary, stable, blocks }: World,
  enough: number,
): number {
  let process = begin(h)
  for (let i = 0; i < blocks && process.m < enough; i++) {
    const [n, m] = [poisson(random, 50), poisson(random, 50)]
    process = bet(
      process,
      h,
      { n, x: binomial(random, n, canary), m, y: binomial(random, m, stable) },
      method,
    )
  }
  return process.m
}

/** In how many releases harm was seen. */
function alarms(h: Hypothesis, world: World, runs: number): number {
  const limit = 1 / method.alpha
  return Array.from({ length: runs }, (_, run) =>
    mostEvidence(createRandom(2026, run), h, world, limit),
  ).filter((most) => most >= limit).length
}

describe('looking at every block', () => {
  const edge = (stable: number, h = errors) => ({ stable, canary: worst(h, stable), blocks: 300 })

  it.each([0.001, 0.01, 0.05])(
    'at the edge of the tolerance, stable failing %s: harm is seen in at most α',
    (stable) => {
      const seen = alarms(errors, edge(stable), 1500)
      expect(shareAtLeast(seen, 1500)).toBeLessThanOrEqual(method.alpha)
    },
  )

  it('sees a test that is too eager: without its tolerance it alarms more often than α', () => {
    const seen = alarms({ ...errors, tolerance: 0 }, edge(0.001), 500)
    expect(shareAtLeast(seen, 500)).toBeGreaterThan(method.alpha)
  })

  it.each<[string, Hypothesis, World]>([
    ['two in a hundred more fail', errors, { stable: 0.001, canary: 0.021, blocks: 300 }],
    ['twice as many are slow', latency, { stable: 0.1, canary: 0.2, blocks: 300 }],
    ['five times the allowed fail', absolute, { stable: 0, canary: 0.05, blocks: 300 }],
  ])('sees harm nearly always where %s', (_, h, world) => {
    expect(shareAtLeast(alarms(h, world, 200), 200)).toBeGreaterThan(0.95)
  })

  it('sees harm that begins late nearly as soon as harm that was always there', () => {
    const good = Array.from({ length: 400 }, () => ({ n: 50, x: 0, m: 50, y: 0 }))
    const bad = { n: 50, x: 5, m: 50, y: 0 }
    const blocksUntilHarm = (process: EProcess) => {
      let [blocks, now] = [0, process]
      while (now.m < 100) [blocks, now] = [blocks + 1, bet(now, errors, bad, method)]
      return blocks
    }
    expect(blocksUntilHarm(betAll(errors, good))).toBeLessThanOrEqual(blocksUntilHarm(begin(errors)) + 2)
  })
})

const pair = fc.record({
  n: fc.nat({ max: 2000 }),
  x: fc.nat({ max: 40 }),
  m: fc.nat({ max: 2000 }),
  y: fc.nat({ max: 40 }),
})

describe('blocks', () => {
  it('wait while one side has no request: their order, and how they are cut, do not matter', () => {
    const idle = fc.array(
      pair.map((one) => ({ ...one, m: 0 })),
      { maxLength: 8 },
    )
    fc.assert(
      fc.property(idle, fc.nat(), pair, pair, (waiting, turn, last, next) => {
        const end = { ...last, n: last.n + 1, m: last.m + 1 }
        const turned = [...waiting.slice(turn % 9), ...waiting.slice(0, turn % 9)].toReversed()
        const merged = [...waiting, end].reduce((a, b) => ({
          n: a.n + b.n,
          x: a.x + b.x,
          m: a.m + b.m,
          y: a.y + b.y,
        }))
        const apart = betAll(errors, [...waiting, end, next])
        expect(betAll(errors, [...turned, end, next])).toEqual(apart)
        expect(betAll(errors, [merged, next])).toEqual(apart)
      }),
    )
  })

  it('do not wait for stable where the canary is held against a fixed rate', () => {
    const alone = { n: 10, x: 5, m: 0, y: 0 }
    expect(betAll(absolute, [alone]).m).toBeGreaterThan(100)
    expect(betAll(errors, [alone]).m).toBe(1)
  })

  it('never make nonsense: the evidence is a number between nothing and the cap', () => {
    fc.assert(
      fc.property(
        fc.array(pair, { maxLength: 20 }),
        fc.constantFrom(errors, latency, absolute),
        (blocks, h) => {
          const { m, wealth } = betAll(h, blocks)
          expect(m > 0 && m <= method.cap).toBe(true)
          expect(wealth.every((one) => one >= 0 && Number.isFinite(one))).toBe(true)
        },
      ),
    )
  })

  it('go on after JSON as if nothing had happened', () => {
    fc.assert(
      fc.property(fc.array(pair, { maxLength: 10 }), fc.array(pair, { maxLength: 10 }), (before, after) => {
        const process = betAll(errors, before)
        const kept = JSON.parse(JSON.stringify(process)) as EProcess
        expect(kept).toEqual(process)
        expect(betAll(errors, after, kept)).toEqual(betAll(errors, after, process))
      }),
    )
  })
})
