// The upper bound on the harm: above the truth at every look, and soon near it.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Pair } from '../../../domain/judge/e-process.ts'
import { defaultMethod as method } from '../../../domain/judge/method.ts'
import { newUpperBound, tighten, type UpperBound } from '../../../domain/judge/upper-bound.ts'
import { binomial } from '../../../domain/simulation/binomial.ts'
import { poisson } from '../../../domain/simulation/poisson.ts'
import { createRandom, type Random } from '../../../domain/simulation/random.ts'
import { expectation, shareAtLeast } from './chances.ts'

const tightenAll = (blocks: readonly Pair[], from = newUpperBound(method)) =>
  blocks.reduce((bound, block) => tighten(bound, block, method), from)

describe('one block', () => {
  it('is expected to win nothing, exactly, for each bet that the canary is this much worse, where it is', () => {
    const size = fc.integer({ min: 1, max: 14 })
    const rate = fc.double({ min: 0, max: 0.5, noNaN: true })
    fc.assert(
      fc.property(size, size, rate, rate, (n, m, stable, worse) => {
        const expected = expectation({ n, m }, { canary: stable + worse, stable }, (x, y) =>
          tighten(newUpperBound(method), { n, x, m, y }, method),
        )
        for (const [k, lambda] of method.lambdas.entries()) {
          const wealth = expected(({ sums }) => Math.exp((sums[k] ?? 0) + lambda * n * worse))
          expect(wealth).toBeLessThanOrEqual(1 + 1e-12)
        }
      }),
      { numRuns: 150 },
    )
  })

  it('is 1 while nothing is known, and never below 0', () => {
    expect(newUpperBound(method).u).toBe(1)
    expect(tightenAll([{ n: 1, x: 1, m: 1, y: 0 }]).u).toBe(1)
    expect(tightenAll([{ n: 100_000, x: 0, m: 100_000, y: 50_000 }]).u).toBe(0)
  })

  it('is dearer where errors come in bursts', () => {
    const quiet = { n: 5000, x: 5, m: 5000, y: 5 }
    const bursty = tighten(newUpperBound(method), quiet, method, 5)
    expect(bursty.u).toBeGreaterThan(3 * tightenAll([quiet]).u)
  })
})

const truth = 0.005

/** One release watched at every look: the lowest that the bound ever was, and what it was last. */
function watch(random: Random, stable: number, blocks: number): { lowest: number; last: number } {
  let bound = newUpperBound(method)
  let lowest = 1
  for (let i = 0; i < blocks; i++) {
    const [n, m] = [poisson(random, 50), poisson(random, 50)]
    const counts = { n, x: binomial(random, n, stable + truth), m, y: binomial(random, m, stable) }
    bound = tighten(bound, counts, method)
    lowest = Math.min(lowest, bound.u)
  }
  return { lowest, last: bound.u }
}

describe('looking at every block', () => {
  const runs = 1000

  it.each([0.001, 0.01])('covers the truth but in β of the releases, stable failing %s', (stable) => {
    const watched = Array.from({ length: runs }, (_, run) => watch(createRandom(2027, run), stable, 300))
    const missed = watched.filter(({ lowest }) => lowest < truth).length
    expect(shareAtLeast(missed, runs)).toBeLessThanOrEqual(method.beta)
    // It says something: after 15 000 requests it is within a few truths, and half of it would be caught lying.
    expect(watched.every(({ last }) => last < 4 * truth)).toBe(true)
    const halved = watched.filter(({ lowest }) => lowest / 2 < truth).length
    expect(shareAtLeast(halved, runs)).toBeGreaterThan(method.beta)
  })

  it('sees a bound that is too eager: with a price for β = 80 % it misses more often than 5 %', () => {
    const eager = { ...method, lambdas: [0.3], beta: 0.8 }
    const missed = Array.from({ length: runs }, (_, run) => {
      const random = createRandom(2028, run)
      let bound = newUpperBound(eager)
      for (let i = 0; i < 100; i++) {
        const [n, m] = [poisson(random, 50), poisson(random, 50)]
        const counts = { n, x: binomial(random, n, 0.01 + truth), m, y: binomial(random, m, 0.01) }
        bound = tighten(bound, counts, eager)
        if (bound.u < truth) return true
      }
      return false
    }).filter(Boolean).length
    expect(shareAtLeast(missed, runs)).toBeGreaterThan(method.beta)
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
      pair.map((one) => ({ ...one, n: 0 })),
      { maxLength: 8 },
    )
    fc.assert(
      fc.property(idle, pair, pair, (waiting, last, next) => {
        const end = { ...last, n: last.n + 1, m: last.m + 1 }
        const merged = [...waiting, end].reduce((a, b) => ({
          n: a.n + b.n,
          x: a.x + b.x,
          m: a.m + b.m,
          y: a.y + b.y,
        }))
        const apart = tightenAll([...waiting, end, next])
        expect(tightenAll([...waiting.toReversed(), end, next])).toEqual(apart)
        expect(tightenAll([merged, next])).toEqual(apart)
        expect(tightenAll(waiting).u).toBe(1)
      }),
    )
  })

  it('never make nonsense: the bound is a share', () => {
    fc.assert(
      fc.property(fc.array(pair, { maxLength: 20 }), (blocks) => {
        const { u, sums } = tightenAll(blocks)
        expect(u >= 0 && u <= 1 && sums.every(Number.isFinite)).toBe(true)
      }),
    )
  })

  it('go on after JSON as if nothing had happened', () => {
    fc.assert(
      fc.property(fc.array(pair, { maxLength: 10 }), fc.array(pair, { maxLength: 10 }), (before, after) => {
        const bound = tightenAll(before)
        const kept = JSON.parse(JSON.stringify(bound)) as UpperBound
        expect(kept).toEqual(bound)
        expect(tightenAll(after, kept)).toEqual(tightenAll(after, bound))
      }),
    )
  })
})
