// What an installation may ask, by a clock that the test turns.
import { describe, expect, it } from 'vitest'
import type { RateLimited } from '../../../domain/failure.ts'
import { appLimits, budget, installationLimits } from '../../../platform/github/budget.ts'
import type { Request } from '../../../platform/github/exchange.ts'

const [get, post, patch] = (['GET', 'POST', 'PATCH'] as const).map(
  (method): Request => ({ method, path: '/x' }),
) as [Request, Request, Request]
const minute = 60_000

function spending(limits = installationLimits) {
  let now = 0
  const one = budget(() => now, limits)
  /** How many of these go through, one each so many milliseconds. */
  const many = (request: Request, times: number, every = 0) => {
    for (let spent = 0; spent < times; spent++) {
      if (due(request) > 0) return spent
      now += every
    }
    return times
  }
  /** Milliseconds until this may be asked; asks it when that is now. */
  const due = (request: Request): number => {
    try {
      one.spend(request)
      return 0
    } catch (error) {
      return (error as RateLimited).retryAfter
    }
  }
  const wait = (milliseconds: number) => {
    now += milliseconds
  }
  return { ...one, many, due, wait }
}

describe('an installation', () => {
  it('creates 80 things a minute, and goes on when the first of them is a minute old', () => {
    const { many, due, wait } = spending()
    expect(many(post, 100, 100)).toBe(80)
    expect(due(post)).toBe(minute - 80 * 100)
    expect(due(get)).toBe(0)
    wait(minute - 80 * 100)
    expect(many(post, 100)).toBe(1)
  })

  it('creates 500 things an hour', () => {
    const { many, due, wait } = spending()
    expect(many(post, 1000, 1000)).toBe(500)
    expect(due(post)).toBe(60 * minute - 500_000)
    expect(due(patch)).toBe(0)
    wait(60 * minute - 500_000)
    expect(due(post)).toBe(0)
  })

  it('has 900 points a minute: a change costs five, a look one', () => {
    const { many, due, wait } = spending()
    expect(many(patch, 1000)).toBe(180)
    expect(due(get)).toBe(minute)
    wait(minute)
    expect(many(get, 1000)).toBe(900)
  })

  it('asks nothing while GitHub wants to be left alone', () => {
    const { due, close, wait } = spending()
    close(5000)
    close(1000)
    expect(due(get)).toBe(5000)
    wait(5000)
    expect(due(get)).toBe(0)
  })
})

it('the App itself is held to points alone', () => {
  expect(spending(appLimits).many(post, 1000)).toBe(180)
})
