// The judge's numbers as people read them, to the letter.
import { describe, expect, it } from 'vitest'
import { atLeastWorse, atMostWorse, evidenceOfHarm, percent, points } from '../../../domain/judge/in-words.ts'

describe('points', () => {
  it.each([
    [0, '0 pp'],
    [0.008, '0.8 pp'],
    [0.123, '12 pp'],
    [1, '100 pp'],
    [0.0004, '0.04 pp'],
    [-0.003, '-0.3 pp'],
    [0.00504, '0.5 pp'],
  ])('%d is %s', (difference, said) => expect(points(difference)).toBe(said))

  it('of a bound are rounded to the side on which it stays true, and only when there is something to round', () => {
    expect(points(0.00504, Math.ceil)).toBe('0.51 pp')
    expect(points(0.007, Math.ceil)).toBe('0.7 pp')
    expect(points(0.9999, Math.ceil)).toBe('100 pp')
    expect(points(0.0129, Math.floor)).toBe('1.2 pp')
    expect(points(0.29, Math.floor)).toBe('29 pp')
  })
})

describe('a test', () => {
  it('has its evidence beside the limit: what is not reached is not shown as reached', () => {
    expect(evidenceOfHarm({ harm: 0.03, limit: 100 })).toBe('0 / 100')
    expect(evidenceOfHarm({ harm: 99.97, limit: 100 })).toBe('99 / 100')
    expect(evidenceOfHarm({ harm: 1e6, limit: 1 / 0.01 })).toBe('1,000,000 / 100')
  })

  it('has bounds with what they are sure of', () => {
    expect(atMostWorse({ atMost: 0.008, confidence: 0.95 })).toBe('at most 0.8 pp worse (95 %)')
    expect(atLeastWorse({ atLeast: 0.0123, limit: 100 })).toBe('at least 1.2 pp worse (99 %)')
    expect(atLeastWorse({ atLeast: -0.2, limit: 100 })).toBeUndefined()
    expect(percent(0.999)).toBe('99.9 %')
  })
})
