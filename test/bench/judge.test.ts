// What the real runs of the judge compute from what they saw, and what they count as a broken promise.
import { describe, expect, it } from 'vitest'
import { costOfLooks } from '../../bench/judge/cost.ts'
import { missed, tooDear } from '../../bench/judge/goals.ts'
import { harmOf } from '../../bench/judge/harm.ts'
import { predict, usualFull } from '../../bench/judge/prediction.ts'
import { type Scenario, scenarios } from '../../bench/judge/scenarios.ts'
import { blur } from '../../bench/judge/scrapes.ts'
import { table } from '../../bench/judge/table.ts'
import type { Trial } from '../../bench/judge/trial.ts'
import { turns } from '../../bench/judge/turns.ts'
import type { Sample } from '../../local/load.ts'

const sample = (version: string, status: number | string = 200, took = 80): Sample => ({
  at: 1_000,
  took,
  status,
  version,
})
const many = (count: number, one: Sample): Sample[] => Array.from({ length: count }, () => one)

describe('harm', () => {
  it('is what the canary does beyond stable in the same minutes, failed or late', () => {
    const samples = [
      ...many(98, sample('stable')),
      sample('stable', 500),
      sample('stable', 200, 501),
      ...many(40, sample('canary')),
      ...many(6, sample('canary', 500)),
      ...many(4, sample('canary', 200, 501)),
    ]
    expect(harmOf(samples, 0, 2_000, 0.5)).toEqual({
      canary: { requests: 50, errors: 6, slow: 4 },
      stable: { requests: 100, errors: 1, slow: 1 },
      unanswered: 0,
      harmed: 9,
    })
  })

  it('counts each request that nobody answered', () => {
    const samples = [...many(10, sample('stable')), sample('', 503), sample('', 'ECONNRESET')]
    expect(harmOf(samples, 0, 2_000, 0.5)).toMatchObject({ unanswered: 2, harmed: 2 })
  })

  it('is never less than none, and of its own time only', () => {
    const samples = [sample('stable', 500), sample('canary'), { ...sample('canary', 500), at: 3_000 }]
    expect(harmOf(samples, 0, 2_000, 0.5)).toMatchObject({ canary: { requests: 1, errors: 0 }, harmed: 0 })
  })
})

describe('a blurred App', () => {
  const line = (app: string) =>
    `traefik_service_requests_total{code="200",service="httproute-default-${app}-gw-slipway-0@kubernetesgateway"} 12`

  it('has no numbers, and the others keep theirs', () => {
    const text = [line('judge-nan-1'), line('judge-nan'), '# TYPE x counter'].join('\n')
    const blurred = [line('judge-nan-1'), line('judge-nan').replace('} 12', '} NaN'), '# TYPE x counter']
    expect(blur(text, new Set(['judge-nan'])).split('\n')).toEqual(blurred)
    expect(blur(text, new Set())).toBe(text)
  })
})

const trial = (part: Partial<Trial> = {}): Trial => ({
  scenario: 'identical',
  rate: 100,
  outcome: 'promoted',
  expected: 'promoted',
  message: 'so it was',
  full: 30,
  harm: harmOf([], 0, 1, 1),
  climb: [[0, 30]],
  temporalEvents: 100,
  heartbeatBytes: 4_000,
  ...part,
})
const named = (name: string): Scenario => scenarios(100).find((one) => one.name === name) as Scenario
const harming = (count: number) => harmOf(many(count, sample('canary', 500)), 0, 2_000, 1)

describe('promises', () => {
  it('are kept', () => {
    expect(missed(trial(), named('identical'), 1)).toEqual([])
    expect(missed(trial({ full: 119 }), named('identical'), 5)).toEqual([])
  })

  it.each([
    ['identical at 100/s is rolled-back, not promoted: so it was', 'identical', { outcome: 'rolled-back' }],
    ['identical at 100/s was full after 41 s, not 40', 'identical', { full: 41 }],
    ['broken at 100/s harmed 21, not 20', 'broken', { scenario: 'broken', harm: harming(21) }],
    ['identical at 100/s took 161 Temporal events, not 160', 'identical', { temporalEvents: 161 }],
    ['identical at 100/s remembered 16385 bytes, not 16384', 'identical', { heartbeatBytes: 16_385 }],
  ])('are missed: %s', (complaint, name, part) =>
    expect(missed(trial(part), named(name), 1)).toEqual([complaint]),
  )

  it('at little traffic say nothing of harm and haste', () => {
    const slow = trial({ rate: 5, full: 300, harm: harming(30) })
    expect(missed(slow, named('broken'), 1)).toEqual([])
  })

  it('speak of the cost of a look', () => {
    expect(tooDear({ look: { mean: 0.5, p99: 3 }, stateBytes: 16_384 })).toEqual([])
    expect(tooDear({ look: { mean: 1.5, p99: 3 }, stateBytes: 16_385 })).toHaveLength(2)
  })
})

it('measures looks on the judge itself', () => {
  const { look, stateBytes } = costOfLooks()
  expect(look.mean).toBeGreaterThan(0)
  expect(stateBytes).toBeGreaterThan(500)
  expect(stateBytes).toBeLessThan(16 * 1024)
})

it('expects of each scenario what the simulation says of it', () => {
  expect(usualFull(100, 5)).toBeGreaterThan(10)
  const broken = predict(named('broken'), 100, 5)
  expect(broken?.slipway).toMatchObject({ rolledBack: 1 })
  expect(broken?.flagger.harm).toBeGreaterThan(broken?.slipway.harm ?? Number.NaN)
  expect(predict(named('no-traffic'), 100, 5)).toBeUndefined()
})

it('tells what was seen beside what was expected', () => {
  const [head = '', , row = ''] = table([{ trial: trial({ outcome: 'held', full: 30.5 }) }]).split('\n')
  expect(row.split('|')).toHaveLength(head.split('|').length)
  expect(row).toContain('held (must be promoted)')
  expect(row).toContain('30.5')
})

it('lets one at a time work, and the next as soon as it lets go or fails', async () => {
  const turn = turns()
  const told: string[] = []
  const first = turn(async (letGo) => {
    told.push('first')
    letGo()
    await new Promise((resolve) => setTimeout(resolve, 20))
    told.push('first ended')
  })
  const second = turn(async () => {
    told.push('second')
    throw new Error('no')
  })
  const third = turn(async () => void told.push('third'))
  await expect(second).rejects.toThrow('no')
  await Promise.all([first, third])
  expect(told).toEqual(['first', 'second', 'third', 'first ended'])
})
