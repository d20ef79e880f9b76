// Slipway's policy in the simulated world: what it catches, what it leaves alone, and that another program says the same.
import { describe, expect, it } from 'vitest'
import { defaultMethod, type Method } from '../../../domain/judge/method.ts'
import { simulateCell } from '../../../domain/simulation/cell.ts'
import { objectivesFor } from '../../../domain/simulation/comparison.ts'
import { fixedSteps } from '../../../domain/simulation/fixed-steps.ts'
import { incidentNames, incidents } from '../../../domain/simulation/incidents.ts'
import { createRandom } from '../../../domain/simulation/random.ts'
import { slipway } from '../../../domain/simulation/slipway.ts'
import { type TruthName, truths } from '../../../domain/simulation/truths.ts'
import { type Conditions, createWorld } from '../../../domain/simulation/world.ts'

const conditions = (truth: TruthName, rate: number, base = 0.001): Conditions => ({
  truth: truths[truth],
  rate,
  base,
  ...objectivesFor(base),
})
const once = (asked: Conditions, method: Method = defaultMethod, seed = 1) =>
  slipway(method)(createWorld(asked), createRandom(seed))

describe('one release', () => {
  it('tells the same story for the same seed', () => {
    expect(once(conditions('+2pp', 100))).toEqual(once(conditions('+2pp', 100)))
    expect(once(conditions('+2pp', 100))).not.toEqual(once(conditions('+2pp', 100), defaultMethod, 2))
  })

  it('takes a broken version back before it has cost more than a few requests', () => {
    for (const rate of [1, 10, 100, 1000]) {
      const run = once(conditions('broken', rate))
      expect(run.outcome).toBe('rolled-back')
      expect(run.harm).toBeLessThan(30)
    }
  })

  it('is not over while nobody asks for anything', () => {
    expect(once(conditions('identical', 1e-9))).toMatchObject({ outcome: 'undecided', harm: 0 })
  })

  it('ends at the horizon that the world has', () => {
    expect(once({ ...conditions('identical', 1e-9), horizon: 600 })).toMatchObject({ at: 600 })
  })

  it('follows listed steps: full when their times are over', () => {
    const steps = [
      { weight: 0.1, for: 60 },
      { weight: 0.5, for: 60 },
      { weight: 1, for: 0 },
    ]
    const run = slipway(defaultMethod, steps)(createWorld(conditions('identical', 100)), createRandom(1))
    expect(run).toMatchObject({ outcome: 'promoted', full: 120, shifts: 2 })
  })

  it('is promoted when it was full and baked', () => {
    const { full = 0, at } = once(conditions('identical', 100), { ...defaultMethod, bake: 60 })
    expect(at - full).toBe(60)
  })
})

describe('many releases', () => {
  const cell = (asked: Conditions, runs: number, method = defaultMethod) =>
    simulateCell(slipway(method), asked, runs, [7])

  it.each(incidentNames)('leave a good version alone when there is %s', { timeout: 30_000 }, (incident) => {
    const runs = 200
    const { rolledBack } = cell({ ...conditions('identical', 100), ...incidents[incident] }, runs)
    // One in a hundred is what is promised; three standard errors are chance.
    expect(rolledBack).toBeLessThan(0.01 + 3 * Math.sqrt((0.01 * 0.99) / runs))
  })

  // The same cells by an independent program in another language, 1,000 releases each; 4 standard errors of the two means.
  const freely = { ...defaultMethod, ladder: [], rungRequests: 0, maxErrorRise: 0.01, warmup: 0 }
  it.each([
    ['identical', 100, 0.001, { full: 75, harm: [0, 0.01], promoted: [1, 0.01] }],
    ['+2pp', 100, 0.001, { detected: 50, harm: [7.7, 1], promoted: [0, 0.01] }],
    ['+10pp', 1000, 0.01, { detected: 30, harm: [11, 1.6], promoted: [0, 0.01] }],
    ['latency-x1.3', 10, 0.001, { detected: 305, harm: [3.7, 0.9], promoted: [0.01, 0.03] }],
    ['leak', 1000, 0.001, { detected: 70, harm: [125, 6], promoted: [0, 0.01] }],
    ['+2pp', 1, 0.01, { full: 300, harm: [23, 3.5], promoted: [0.54, 0.13] }],
  ] as const)(
    'agree on %s at %d requests/s and a base of %d',
    { timeout: 30_000 },
    (truth, rate, base, expected) => {
      const told = cell(conditions(truth, rate, base), 300, freely)
      expect(Math.abs(told.harm - expected.harm[0])).toBeLessThan(expected.harm[1])
      expect(Math.abs(told.promoted - expected.promoted[0])).toBeLessThan(expected.promoted[1])
      if ('full' in expected)
        expect(Math.abs((told.full?.median ?? 0) - expected.full)).toBeLessThanOrEqual(5)
      if ('detected' in expected)
        expect(Math.abs((told.detected?.median ?? 0) / expected.detected - 1)).toBeLessThan(0.15)
    },
  )
})

describe('fixed thresholds at listed steps', () => {
  const steps = [
    { weight: 0.25, for: 60 },
    { weight: 1, for: 120 },
  ]
  const policy = fixedSteps({ steps, requests: 20, looks: 3, onNoTraffic: 'hold', tick: 5 })
  const run = (asked: Conditions) => policy(createWorld(asked), createRandom(1))

  it('go on when a step is over, and end when the bake is', () => {
    const good = run(conditions('identical', 100))
    expect(good.outcome).toBe('promoted')
    expect(good.full).toBeGreaterThanOrEqual(60)
    expect(good.full).toBeLessThanOrEqual(75)
    expect(good.at - (good.full ?? 0)).toBeLessThanOrEqual(135)
  })

  it('take a broken version back after three looks', () => {
    expect(run(conditions('broken', 100))).toMatchObject({ outcome: 'rolled-back', at: 20, shifts: 0 })
  })

  it('wait where nothing is asked for, or go on when told so', () => {
    expect(run(conditions('identical', 1e-9)).outcome).toBe('undecided')
    const hasty = fixedSteps({ steps, requests: 20, looks: 3, onNoTraffic: 'promote', tick: 5 })
    const asked = conditions('identical', 1e-9)
    expect(hasty(createWorld(asked), createRandom(1)).outcome).toBe('promoted')
  })
})
