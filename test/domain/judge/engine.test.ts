// What the weight does: the figures of whole releases are in vectors.test.ts; here are the rules that they leave open.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  beginEngine,
  blindEngine,
  type Engine,
  type EngineSetup,
  type Look,
  stepEngine,
} from '../../../domain/judge/engine.ts'
import { defaultMethod, type Method } from '../../../domain/judge/method.ts'

const baseline = { rate: 100, interval: 5, requests: 100_000, errors: 100, dispersion: 1, latency: [] }
const setupOf = (method: Partial<Method> = {}, more: Partial<EngineSetup> = {}): EngineSetup => ({
  method: { ...defaultMethod, ...method },
  baseline,
  success: 0.99,
  ...more,
})

const side = (requests: number, errors = 0) => ({ requests, errors, timed: 0, slow: [] })

/** Looks every five seconds at what the engine's own weight lets come; `errors` are the canary's and stable's shares. */
function walk(
  setup: EngineSetup,
  looks: number,
  errors: (at: number) => readonly [number, number] = () => [0, 0],
  rate = 100,
) {
  const engines: Engine[] = [beginEngine(setup)]
  const owed: Record<string, number> = {}
  /** Whole requests; what is left over comes later. */
  const whole = (name: string, amount: number) => {
    const all = (owed[name] ?? 0) + amount
    owed[name] = all - Math.floor(all + 1e-9)
    return Math.floor(all + 1e-9)
  }
  const count = (name: string, requests: number, share: number) => {
    const n = whole(name, requests)
    return side(n, whole(`${name} errors`, n * share))
  }
  for (let i = 1; i <= looks; i++) {
    const before = engines.at(-1) as Engine
    const at = i * 5
    const [p, q] = errors(at)
    const canary = count('canary', rate * 5 * before.weight, p)
    const stable = count('stable', rate * 5 * (1 - before.weight), q)
    const look: Look = { at, rate, canary, stable }
    const next = stepEngine(setup, before, look)
    engines.push(next)
    if (next.decision === 'rollback' || next.decision === 'promote') break
  }
  return { engines, last: engines.at(-1) as Engine, weights: engines.map(({ weight }) => weight) }
}

describe('the ladder', () => {
  it('is all that the ramp stands on', () => {
    const { weights } = walk(setupOf(), 60)
    for (const weight of weights) expect([...defaultMethod.ladder, 0.95]).toContain(weight)
    expect(Math.max(...weights)).toBe(0.95)
  })

  it('is not climbed by a rung that has not answered', () => {
    const setup = setupOf({ rungRequests: 1 })
    const nobody = walk(setup, 100, undefined, 0)
    expect(new Set(nobody.weights).size).toBe(1)
    expect(nobody.last).toMatchObject({ cause: 'unseen', decision: 'ramp' })
    const free = walk(setupOf({ rungRequests: 0 }), 100, undefined, 0)
    expect(Math.max(...free.weights)).toBe(0.5)
  })

  it('begins with the least when the traffic is not known, with the most when there is none', () => {
    const { rate: _, ...unknown } = baseline
    expect(beginEngine(setupOf({}, { baseline: unknown })).weight).toBe(0.001)
    expect(beginEngine(setupOf({}, { baseline: { ...baseline, rate: 0 } })).weight).toBe(0.1)
  })
})

describe('the first weight', () => {
  const begins = (rate: number, interval: number, method: Partial<Method> = {}) =>
    beginEngine(setupOf(method, { baseline: { ...baseline, rate, interval } })).weight

  it('risks no more than a step may while nobody looks', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1, max: 10_000, noNaN: true }),
        fc.integer({ min: 1, max: 30 }),
        (rate, interval) => {
          const { absence = 0, stepRequests, rungSlack, minWeight } = defaultMethod
          const weight = begins(rate, interval)
          if (weight > minWeight)
            expect(weight * rate * absence).toBeLessThanOrEqual(stepRequests * rungSlack * 1.001)
        },
      ),
    )
  })

  it('is what the first look may risk where that is less, and where nobody is ever away', () => {
    expect(begins(100, 5)).toBe(0.01)
    expect(begins(100, 1)).toBe(0.01)
    expect(begins(100, 1, { absence: 0 })).toBe(0.05)
    // A plan that an earlier version made does not speak of it.
    const { absence: _, ...earlier } = defaultMethod
    const setup = { ...setupOf({}, { baseline: { ...baseline, interval: 1 } }), method: earlier }
    expect(beginEngine(setup).weight).toBe(0.05)
  })
})

describe('the deadline', () => {
  // One error in a hundred on both sides: neither harm nor proof.
  const doubtful = () => [0.01, 0.01] as const

  it('lets a calm release go on unproven, when it may', () => {
    const may = walk(setupOf({ deadline: 60 }), 30, doubtful, 2)
    expect(may.last).toMatchObject({ decision: 'full', cause: 'due', proven: false })
    const holds = walk(setupOf({ deadline: 60, onDeadline: 'hold' }), 30, doubtful, 2)
    expect(holds.last.decision).toBe('ramp')
    expect(holds.last.weight).toBeLessThanOrEqual(0.5)
  })

  it('decides nothing before the canary was asked', () => {
    expect(walk(setupOf({ deadline: 60, minRequests: 2 }), 40, doubtful, 0).last.full).toBeUndefined()
    expect(walk(setupOf({ deadline: 60, minRequests: 0 }), 40, doubtful, 0).last.full).toBe(60)
  })

  it.each([
    ['hold', { decision: 'ramp' }],
    ['rollback', { decision: 'rollback', weight: 0 }],
    ['promote', { decision: 'promote' }],
  ] as const)('of the whole watch ends an open question by onInconclusive: %s', (onInconclusive, end) => {
    const method = { deadline: 30, maxDuration: 60, onDeadline: 'hold', onInconclusive } as const
    expect(walk(setupOf(method), 20, doubtful, 2).last).toMatchObject(end)
  })
})

describe('listed steps', () => {
  const steps = [
    { weight: 0.05, for: 10 },
    { weight: 0.5, for: 20 },
  ]

  it('are the weights, in their time; then it is full with a holdback', () => {
    const { weights, last } = walk(setupOf({ bake: 30 }, { steps }), 40)
    expect(weights.filter((weight, i, all) => weight !== all[i - 1])).toEqual([0.05, 0.5, 0.95])
    expect(weights.filter((weight) => weight === 0.5)).toHaveLength(4)
    expect(last.decision).toBe('promote')
  })

  it('end at 100 % when the list does: with nothing to compare with, the past alone can convict', () => {
    const setup = setupOf({ bake: 600 }, { steps: [...steps, { weight: 1, for: 30 }] })
    const { weights, last } = walk(setup, 200, (at) => (at > 60 ? [0.2, 0] : [0, 0]))
    expect(weights).toContain(1)
    expect(last.decision).toBe('rollback')
  })

  it('wait for a request, and while there is a doubt', () => {
    expect(walk(setupOf({}, { steps }), 40, undefined, 0).last.weight).toBe(0.05)
    // A few errors that are no harm yet: the step is held until it is calm again.
    const doubt = walk(setupOf({}, { steps }), 3, (at) => (at === 5 ? [0.08, 0] : [0, 0]))
    expect(doubt.engines[1]?.harm).toBeGreaterThan(defaultMethod.clear)
    expect(doubt.last.weight).toBe(0.05)
  })
})

describe('lost metrics', () => {
  it('freeze the weight, take it to nothing after a minute, and give it back', () => {
    const setup = setupOf()
    const { last } = walk(setup, 5)
    const frozen = blindEngine(setup, last, last.seen + 60)
    expect(frozen.weight).toBe(last.weight)
    const blind = blindEngine(setup, frozen, last.seen + 61)
    expect(blind).toMatchObject({ weight: 0, saved: last.weight, decision: 'blind' })
    const look = { at: last.seen + 100, rate: 100, canary: side(10), stable: side(990) }
    expect(stepEngine(setup, blind, look).weight).toBeGreaterThanOrEqual(last.weight)
  })
})

describe('whatever happens', () => {
  const anything = fc.array(
    fc.record({
      seconds: fc.integer({ min: 1, max: 30 }),
      n: fc.integer({ min: 0, max: 500 }),
      m: fc.integer({ min: 0, max: 500 }),
      p: fc.double({ min: 0, max: 1, noNaN: true }),
      q: fc.double({ min: 0, max: 1, noNaN: true }),
      rate: fc.double({ min: 0, max: 1000, noNaN: true }),
      lost: fc.boolean(),
    }),
    { maxLength: 60 },
  )

  it('the weight is on the ladder, at full or nothing, and never rises while there is a doubt', () => {
    fc.assert(
      fc.property(anything, (story) => {
        const setup = setupOf()
        let engine = beginEngine(setup)
        let at = 0
        for (const { seconds, n, m, p, q, rate, lost } of story) {
          at += seconds
          const before = engine
          const canary = side(n, Math.round(n * p))
          const stable = side(m, Math.round(m * q))
          engine = lost
            ? blindEngine(setup, before, at)
            : stepEngine(setup, before, { at, rate, canary, stable })
          expect([0, ...defaultMethod.ladder, 0.2, 0.95]).toContain(engine.weight)
          expect(Number.isFinite(engine.harm)).toBe(true)
          if (engine.weight > Math.max(before.weight, before.saved))
            expect(engine.harm).toBeLessThan(defaultMethod.clear)
          if (engine.decision === 'rollback' || engine.decision === 'promote') return
        }
      }),
      { numRuns: 200 },
    )
  })

  it('its state is the same after a trip through JSON', () => {
    const setup = setupOf()
    const { engines } = walk(setup, 30, () => [0.003, 0.002])
    const half = engines[15] as Engine
    const look = { at: 80, rate: 100, canary: side(40, 1), stable: side(60) }
    const there = JSON.parse(JSON.stringify(half)) as Engine
    expect(stepEngine(setup, there, look)).toEqual(stepEngine(setup, half, look))
  })
})
