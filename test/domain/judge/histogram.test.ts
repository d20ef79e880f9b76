// Which latency bounds are judged.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { judgedBounds, type Tail, tailsOf } from '../../../domain/judge/histogram.ts'

const bounds = [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5]
const tails = (shares: readonly number[]): Tail[] =>
  shares.map((tail, i) => ({ bound: bounds[i] ?? Number.NaN, tail }))
const chosen = (shares: readonly number[], below = 0.5) => {
  const all = tails(shares)
  return judgedBounds(all, all.find(({ bound }) => bound === below) as Tail).map(({ bound }) => bound)
}

describe('the bounds that are judged', () => {
  it('have tails nearest to 30 %, 10 % and 2 %, and the objective’s is last', () => {
    expect(chosen([0.97, 0.8, 0.33, 0.11, 0.019, 0.001, 0], 1)).toEqual([0.1, 0.25, 0.5, 1])
  })

  it('are one where one is the nearest to all', () => {
    expect(chosen([1, 1, 1, 0.15, 0.0001, 0, 0])).toEqual([0.25, 0.5])
  })

  it('hold the objective’s twice when it is among the nearest: it weighs twice', () => {
    expect(chosen([0.9, 0.7, 0.6, 0.3, 0.02, 0, 0])).toEqual([0.25, 0.5, 0.5])
  })

  it('are only the objective’s where no tail is between 1 % and 50 %', () => {
    expect(chosen([1, 0.9, 0.51, 0.0099, 0, 0, 0])).toEqual([0.5])
  })

  it('are nearest on the logarithmic scale: 6 % is nearer to 10 % than to 2 %', () => {
    // Linear distances would choose 0.25 s for 2 %.
    expect(chosen([0.9, 0.3, 0.1, 0.05, 0.01, 0, 0], 1)).toEqual([0.05, 0.1, 0.5, 1])
  })

  it('are ascending, each within 1 % to 50 %, whatever the tails', () => {
    const descending = fc
      .array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 7, maxLength: 7 })
      .map((all) => all.sort((a, b) => b - a))
    fc.assert(
      fc.property(descending, (shares) => {
        const all = tails(shares)
        const objective = { bound: 9, tail: 0.5 }
        const judged = judgedBounds(all, objective)
        expect(judged.at(-1)).toBe(objective)
        const others = judged.slice(0, -1)
        expect(others.length).toBeLessThanOrEqual(3)
        const names = others.map(({ bound }) => bound)
        expect(names).toEqual([...new Set(names)].sort((a, b) => a - b))
        for (const { tail } of others) expect(tail >= 0.01 && tail <= 0.5).toBe(true)
        expect(others.length > 0).toBe(shares.some((tail) => tail >= 0.01 && tail <= 0.5))
      }),
    )
  })
})

describe('tails', () => {
  const tally = { requests: 1000, errors: 0, timed: 800, within: [0, 400, 600, 760, 792, 800, 800] }

  it('are the share of timed requests beyond each bound', () => {
    expect(tailsOf(bounds, tally).map(({ tail }) => tail)).toEqual([1, 0.5, 0.25, 0.05, 0.01, 0, 0])
  })

  it('are nothing where nothing was timed', () => {
    expect(tailsOf([0.1], { requests: 5, errors: 0, timed: 0, within: [] })).toEqual([
      { bound: 0.1, tail: 0 },
    ])
  })
})
