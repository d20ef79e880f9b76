// Whose errors they were that no revision counted.
import { describe, expect, it } from 'vitest'
import { blame, blockOf, boundsOf, noneAlone } from '../../../domain/judge/blame.ts'
import type { Delta } from '../../../domain/judge/counters.ts'

const names = { canary: 'new', stable: 'old' }
const delta = (revision: string | undefined, requests: number, errors = 0): Delta => ({
  revision,
  at: 0,
  tally: { requests, errors, timed: 0, within: [] },
})
/** What the two revisions and the route counted: requests and errors. */
const counted = (canary: readonly [number, number], stable: readonly [number, number], route: number) => [
  delta('new', ...canary),
  delta('old', ...stable),
  delta(undefined, canary[0] + stable[0] + route, route),
]
const errorsOf = (deltas: readonly Delta[], weight: number, alone = noneAlone) => {
  const { sides, alone: next } = blame(deltas, names, weight, alone)
  return { canary: sides.canary.errors, stable: sides.stable.errors, next }
}

describe('errors that the gateway answered by itself', () => {
  it('are the canary’s when its counters stand still', () => {
    expect(errorsOf(counted([0, 0], [90, 0], 10), 0.1)).toMatchObject({ canary: 10, stable: 0 })
  })

  it('are stable’s when its counters stand still', () => {
    expect(errorsOf(counted([10, 0], [0, 0], 90), 0.1)).toMatchObject({ canary: 0, stable: 90 })
  })

  it('are the canary’s when both move, and each its share when neither does', () => {
    expect(errorsOf(counted([40, 0], [50, 0], 10), 0.5)).toMatchObject({ canary: 10, stable: 0 })
    expect(errorsOf(counted([0, 0], [0, 0], 100), 0.2)).toMatchObject({ canary: 20, stable: 80 })
  })

  it('are never the canary’s without weight, nor more than could have come to it', () => {
    expect(errorsOf(counted([0, 0], [90, 0], 10), 0)).toMatchObject({ canary: 0, stable: 10 })
    const many = errorsOf(counted([0, 0], [9_000, 0], 1_000), 0.001)
    expect(many.canary).toBeLessThan(40)
    expect(many.canary + many.stable).toBe(1_000)
  })

  it('are counted once, though the route runs behind the revisions', () => {
    const ahead = errorsOf([delta('new', 10, 5), delta('old', 90), delta(undefined, 95, 3)], 0.1)
    expect(ahead).toMatchObject({ canary: 5, stable: 0 })
    const caughtUp = errorsOf([delta('new', 10), delta('old', 90), delta(undefined, 105, 2)], 0.1, ahead.next)
    expect(caughtUp).toMatchObject({ canary: 0, stable: 0 })
  })

  it('are unknown where the gateway counts no routes', () => {
    expect(errorsOf([delta('new', 10, 5), delta('old', 90)], 0.1)).toMatchObject({ canary: 5, stable: 0 })
  })
})

describe('a block', () => {
  // The objective's bound, 250 ms, is not the largest that is judged.
  const latency = [
    { bound: 0.1, tail: 0.3 },
    { bound: 0.5, tail: 0.02 },
    { bound: 0.25, tail: 0.1 },
  ]
  const baseline = { interval: 1, requests: 0, errors: 0, dispersion: 1, latency }
  const side = { requests: 100, errors: 1, timed: 99, within: [70, 90, 98] }

  it('holds what was slower than each bound, in the baseline’s order', () => {
    expect(boundsOf(baseline)).toEqual([0.1, 0.25, 0.5])
    const { canary } = blockOf({ canary: side, stable: side }, baseline, true)
    expect(canary).toEqual({ requests: 100, errors: 1, timed: 99, slow: [29, 1, 9] })
  })

  it('says nothing of latency while pods warm up, and all of errors', () => {
    const { canary } = blockOf({ canary: side, stable: side }, baseline, false)
    expect(canary).toEqual({ requests: 100, errors: 1, timed: 0, slow: [0, 0, 0] })
  })
})
