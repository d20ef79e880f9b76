// A revision that answers hardly anybody is told from one in trouble, and from one that nobody asked.
import { describe, expect, it } from 'vitest'
import { enoughToFail, failsNearlyAll, tallyOver } from '../../../domain/judge/failing.ts'
import type { Reading } from '../../../domain/judge/judge.ts'

const began = 1_000_000
const reading = (minute: number, requests: number, errors: number, revision = 'old'): Reading => ({
  at: began + minute * 60_000,
  counts: [
    { revision, instance: 'gateway', at: began + minute * 60_000, requests, errors, timed: 0, within: [] },
  ],
  route: [],
})

describe('what happened over some readings', () => {
  it('is what was added to the first', () => {
    const readings = [reading(0, 1_000, 10), reading(1, 1_100, 110), reading(2, 1_300, 300)]
    expect(tallyOver(readings, 'old')).toMatchObject({ requests: 300, errors: 290 })
  })

  it('counts on where the gateway began anew', () => {
    const readings = [reading(0, 1_000, 10), reading(1, 40, 40), reading(2, 60, 60)]
    expect(tallyOver(readings, 'old')).toMatchObject({ requests: 60, errors: 60 })
  })

  it.each([[[]], [[reading(0, 500, 500)]], [[reading(0, 1, 1, 'new'), reading(1, 500, 500, 'new')]]])(
    'is nothing in %j',
    (readings) => expect(tallyOver(readings, 'old')).toMatchObject({ requests: 0, errors: 0 }),
  )
})

it.each([
  [100, 100, true],
  [100, 95, true],
  [100, 94, false],
  [100, 50, false],
  [49, 49, false],
  [0, 0, false],
])('of %i requests %i fail: nearly all is %s', (requests, errors, is) => {
  expect(failsNearlyAll({ requests, errors, timed: 0, within: [] }, enoughToFail)).toBe(is)
})
