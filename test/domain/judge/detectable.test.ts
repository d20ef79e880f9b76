// The smallest harm that so much traffic reveals.
import { describe, expect, it } from 'vitest'
import { detectableRise, requestsByDeadline } from '../../../domain/judge/detectable.ts'
import { defaultMethod as method } from '../../../domain/judge/method.ts'

describe('the smallest detectable rise', () => {
  it.each([
    [29, 0.1],
    [280, 0.02],
    [3300, 0.005],
  ])('of %i requests at a base of 0.1 %% is about %f', (requests, rise) => {
    expect(detectableRise(0.001, requests, method)).toBeGreaterThan(rise * 0.85)
    expect(detectableRise(0.001, requests, method)).toBeLessThan(rise * 1.15)
  })

  it('falls with traffic, rises with stable’s own errors, and is everything without any', () => {
    expect(detectableRise(0.001, 10_000, method)).toBeLessThan(detectableRise(0.001, 1_000, method))
    expect(detectableRise(0.01, 1_000, method)).toBeGreaterThan(detectableRise(0.001, 1_000, method))
    expect(detectableRise(0.001, 0, method)).toBe(1)
  })

  it('is asked with the requests that come by the deadline', () => {
    expect(requestsByDeadline(100, method)).toBeGreaterThan(5_000)
    expect(requestsByDeadline(100, method)).toBeLessThan(100 * method.deadline)
    expect(requestsByDeadline(0, method)).toBe(0)
  })
})
