// What others are told of a release at once, and what may wait.
import { describe, expect, test } from 'vitest'
import type { Waiting } from '../../domain/gate.ts'
import type { ReleaseStatus } from '../../domain/release.ts'
import { newsOf } from '../../domain/telling.ts'
import { aStatus } from '../contract/fixtures.ts'

const status = (change: Partial<ReleaseStatus> = {}): ReleaseStatus =>
  aStatus({ namespace: 'default', name: 'shop' }, 7, { phase: 'rolling-out', weight: 100, ...change })

describe('the standing of a release', () => {
  const waiting = (change: Partial<Waiting> = {}): ReleaseStatus =>
    status({
      waiting: { for: 'approval', gate: 'before-50', message: 'waits for 3 approvals', since: 1, ...change },
    })

  test('is another one with its phase, its weight, its wait, each approval, and its end', () => {
    const standings = [
      status({ phase: 'deploying', weight: 0 }),
      status(),
      waiting(),
      waiting({ approvedBy: ['ana'] }),
      waiting({ approvedBy: ['ana', 'bo'] }),
      waiting({ turnedAway: ['before-50 asks for 1 of ana, and github:kim is none of them'] }),
      status({ stalled: 'no requests' }),
      status({ phase: 'done', outcome: 'promoted' }),
    ].map((one) => newsOf(one).standing)
    expect(new Set(standings).size).toBe(standings.length)
  })

  test('is the same whatever is counted and said', () => {
    expect(newsOf(status({ message: 'watching 10%' }))).toEqual(newsOf(status({ message: 'still' })))
    expect(newsOf(waiting({ approvedBy: [] }))).toEqual(newsOf(waiting({ message: 'waits for you' })))
  })
})
