// The other controllers are slow, hasty or blind exactly where their rules say so.
import { describe, expect, it } from 'vitest'
import { defaultMethod } from '../../../domain/judge/method.ts'
import { isHigh, percentile } from '../../../domain/simulation/kayenta.ts'
import { type PolicyName, policiesWith } from '../../../domain/simulation/policies.ts'
import { createRandom } from '../../../domain/simulation/random.ts'
import { type TruthName, truths } from '../../../domain/simulation/truths.ts'
import { type Conditions, createWorld } from '../../../domain/simulation/world.ts'

const policies = policiesWith(defaultMethod)

function end(policy: PolicyName, truth: TruthName, part: Partial<Conditions> = {}) {
  const latency = { below: 0.5, share: 0.99 }
  const conditions = { truth: truths[truth], rate: 1000, base: 0.001, success: 0.99, latency, ...part }
  return policies[policy](createWorld(conditions), createRandom(1))
}

describe('a good version under much traffic', () => {
  it.each([
    ['flagger', 360],
    ['flagger-fast', 60],
    ['argo', 480],
    ['kayenta', 900],
    ['knative', 300],
  ] as const)('has full traffic with %s after %d s', (policy, full) => {
    expect(end(policy, 'identical')).toMatchObject({ outcome: 'promoted', full, harm: 0 })
  })
})

describe('a broken version under much traffic', () => {
  it.each([
    // Five failed checks of a minute, and the tick after them; at 10 % all the while.
    ['flagger', 360, 0.1],
    ['flagger-fast', 30, 0.1],
    ['kayenta', 300, 0.1],
  ] as const)('is taken back by %s after %d s', (policy, at, weight) => {
    const run = end(policy, 'broken')
    expect(run).toMatchObject({ outcome: 'rolled-back', at })
    expect(Math.abs(run.harm / (at * 1000 * weight * 0.999) - 1)).toBeLessThan(0.02)
  })

  it('is taken back by Argo Rollouts at the fourth failure, half of the time at 40 %', () => {
    const run = end('argo', 'broken')
    expect(run).toMatchObject({ outcome: 'rolled-back', at: 240, shifts: 1 })
    expect(Math.abs(run.harm / (120_000 * 0.2 + 120_000 * 0.4) - 1)).toBeLessThan(0.02)
  })

  it('is not seen by the clock, and harms until the end', () => {
    const run = end('knative', 'broken')
    expect(run.outcome).toBe('promoted')
    expect(run.harm).toBeGreaterThan(1_500_000)
  })
})

describe('without a request', () => {
  it('no number is a failed check', () => {
    const none = { rate: 1e-9 }
    expect(end('flagger', 'identical', none)).toMatchObject({ outcome: 'rolled-back', at: 360 })
    expect(end('argo', 'identical', none)).toMatchObject({ outcome: 'rolled-back', at: 240 })
    expect(end('kayenta', 'identical', none)).toMatchObject({ outcome: 'promoted' })
  })

  it('lost metrics are failed checks too', () => {
    expect(end('flagger-fast', 'identical', { outage: { from: 20, until: 140 } })).toMatchObject({
      outcome: 'rolled-back',
    })
  })
})

describe("Kayenta's test", () => {
  const points = (from: number) => Array.from({ length: 20 }, (_, i) => from + i / 20)

  it('sees a clear rise, and neither an equal series nor a fall', () => {
    expect(isHigh(points(10), points(1))).toBe(true)
    expect(isHigh(points(1), points(1))).toBe(false)
    expect(isHigh(points(1), points(10))).toBe(false)
  })

  it('says nothing of a single point', () => {
    expect(isHigh([9], points(1))).toBe(false)
    expect(isHigh(points(9), [])).toBe(false)
  })

  it('interpolates percentiles in the bucket, as Prometheus does', () => {
    const answers = { requests: 100, slow: [50, 10, 0] }
    expect(percentile([0.1, 0.2, 0.4], answers, 0.5)).toBeCloseTo(0.1, 12)
    expect(percentile([0.1, 0.2, 0.4], answers, 0.7)).toBeCloseTo(0.15, 12)
    expect(percentile([0.1, 0.2, 0.4], answers, 0.99)).toBeCloseTo(0.38, 12)
    expect(percentile([0.1], { requests: 10, slow: [10] }, 0.5)).toBeCloseTo(0.15, 12)
  })
})
