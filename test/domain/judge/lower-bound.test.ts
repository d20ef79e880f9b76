// The lower bound on the harm, for people to read: below the truth at every look, and soon near it.
import { describe, expect, it } from 'vitest'
import { newLowerBound, raise } from '../../../domain/judge/lower-bound.ts'
import { defaultMethod as method } from '../../../domain/judge/method.ts'
import { binomial } from '../../../domain/simulation/binomial.ts'
import { poisson } from '../../../domain/simulation/poisson.ts'
import { createRandom } from '../../../domain/simulation/random.ts'
import { shareAtLeast } from './chances.ts'

/** One release watched at every look: the highest that the bound ever was, and what it was last. */
function watch(run: number, stable: number, worse: number): { highest: number; last: number } {
  const random = createRandom(2029, run)
  let bound = newLowerBound(method)
  let highest = -1
  for (let i = 0; i < 200; i++) {
    const [n, m] = [poisson(random, 50), poisson(random, 50)]
    const counts = { n, x: binomial(random, n, stable + worse), m, y: binomial(random, m, stable) }
    bound = raise(bound, counts, method)
    highest = Math.max(highest, bound.l)
  }
  return { highest, last: bound.l }
}

describe('the lower bound', () => {
  const runs = 600

  it.each([
    [0.001, 0],
    [0.01, 0.02],
  ])(
    'is above the truth in at most α of the releases: stable fails %s, the canary %s more',
    (stable, worse) => {
      const watched = Array.from({ length: runs }, (_, run) => watch(run, stable, worse))
      const wrong = (scale: number) => watched.filter(({ highest }) => highest * scale > worse).length
      expect(shareAtLeast(wrong(1), runs)).toBeLessThanOrEqual(method.alpha)
      // Three times the bound would be caught lying, wherever there is harm to exaggerate.
      if (worse > 0) expect(shareAtLeast(wrong(3), runs)).toBeGreaterThan(method.alpha)
    },
  )

  it('says soon that a harmful canary is worse, and nothing of one that is not', () => {
    expect(watch(1, 0.01, 0.1).last).toBeGreaterThan(0.05)
    expect(watch(1, 0.01, 0).last).toBeLessThanOrEqual(0)
    expect(newLowerBound(method).l).toBe(-1)
  })

  it('waits while one side has no request', () => {
    const idle = raise(newLowerBound(method), { n: 10, x: 10, m: 0, y: 0 }, method)
    expect(idle.l).toBe(-1)
    const apart = raise(idle, { n: 5, x: 1, m: 20, y: 0 }, method)
    expect(apart).toEqual(raise(newLowerBound(method), { n: 15, x: 11, m: 20, y: 0 }, method))
  })
})
