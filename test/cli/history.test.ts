// What was released and why it ended so: in short for all releases, in order for one.
import { describe, expect, it } from 'vitest'
import { aJudging } from '../contract/evidence.ts'
import { shownSafe, takenBack } from './judged.ts'
import { aRelease, slipway, startedAt } from './screen.ts'

const older = { ...shownSafe, name: 'shop-6', release: { ...shownSafe.release, seq: 6 } }

describe('history', () => {
  it('says who, what, when, how the weight went, by which numbers and why', async () => {
    const { code, out } = await slipway(['history', 'shop'], { releases: [takenBack, older] })
    expect(code).toBe(0)
    const [first = '', second = ''] = out.split('\n\n')
    expect(first).toMatch(
      /^2026-03-01 12:00:00 UTC {2}shop-7 {2}rolled-back after 57s {2}3f2c1d0 Add the blue button\n/,
    )
    expect(first).toContain('  who     pushed by ana\n')
    expect(first).toContain('  weight  ▁▂▂▁ 0% → 1% → 3% → 0%\n')
    expect(first).toContain('  canary  96 requests, 9 errors (9.4%)\n')
    expect(first).toContain('  why     9 of 96 requests failed')
    expect(second).toContain('shop-6  promoted after 11m20s')
  })

  it('tells who asked for what nobody pushed, and what took its place', async () => {
    const again = aRelease({
      cause: 'retry',
      by: 'bo',
      outcome: 'superseded',
      phase: 'done',
      supersededBy: 'shop-8',
    })
    const { out } = await slipway(['history', 'shop'], { releases: [again] })
    expect(out).toContain('  who     tried again by bo\n')
    expect(out).toContain('  newer   shop-8\n')
  })

  it('shows as many as asked for, and gives them as data', async () => {
    const { out } = await slipway(['history', '--limit', '1', '--json'], { releases: [takenBack, older] })
    const told = JSON.parse(out)
    expect(told).toHaveLength(1)
    expect(told[0]).toMatchObject({ name: 'shop-7', outcome: 'rolled-back', cause: 'push', startedAt })
    expect(told[0]).not.toHaveProperty('transitions')
  })

  it('says that there is no such App', async () => {
    expect((await slipway(['history', 'site'], { releases: [takenBack] })).code).toBe(6)
  })
})

describe('why', () => {
  it('has each decision in order with its weights, counts and bound, and the query', async () => {
    const { code, out } = await slipway(['why', 'shop-7'], { releases: [takenBack] })
    expect(code).toBe(0)
    expect(out.split('\n')).toContain(`    ${aJudging.query}`)
    const text = out.replace(/\s+/g, ' ')
    expect(text).toContain('rolled-back after 57s; begun 2026-03-01 12:00:00 UTC why 9 of 96 requests failed')
    expect(text).toContain('12:00:12 +12s the gateway serves 1 % from shop-3f2c1d0-ab12 (0% → 1%)')
    expect(text).toContain('12:00:54 +54s 3 % is harmful: 9 of 96 requests failed')
    expect(text).toContain(
      'canary 96 requests, 9 errors (9.4%) · stable 3,977 requests, 4 errors (0.10%) · harm 1,843 / 100',
    )
    expect(text.indexOf('12:00:12')).toBeLessThan(text.indexOf('12:00:54'))
  })

  it('tells gates, commands and their authors, as they were written down', async () => {
    const at = (seconds: number) => startedAt + seconds * 1000
    const release = aRelease({
      transitions: [
        {
          at: at(1),
          phase: 'rolling-out',
          weight: 200,
          message: 'before-50 is open: approved by ana: looked at it',
        },
        { at: at(2), phase: 'rolling-out', weight: 200, message: 'paused by bo: lunch' },
      ],
      waiting: { for: 'resume', message: 'paused by bo: lunch; it can be resumed', since: at(2) },
      surge: { pods: 2, cpu: '500m', memory: '512Mi' },
    })
    const { out } = await slipway(['why', 'shop-7'], { releases: [release] })
    expect(out).toContain('before-50 is open: approved by ana: looked at it')
    expect(out).toContain('  waits   paused by bo: lunch; it can be resumed')
    expect(out).toContain('  beside  up to 2 pods more: 500m processors, 512Mi of memory')
  })

  it('gives the same as data', async () => {
    const { out } = await slipway(['why', 'shop', '--json'], { releases: [takenBack] })
    const told = JSON.parse(out)
    expect(told).toMatchObject({ name: 'shop-7', cause: 'push', query: aJudging.query })
    expect(told.decisions[5].evidence.test).toMatchObject({ harm: 1843.2, limit: 100 })
  })
})
