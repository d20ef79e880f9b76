// From the manifest's parameters to the judge's.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { methodOf } from '../../domain/analysis.ts'
import { defaultMethod } from '../../domain/judge/method.ts'
import { parseManifest } from '../../domain/manifest.ts'

/** The rungs of these tests: the judge's own are chosen by simulation. */
const base = { ...defaultMethod, firstMax: 0.1, ladder: [0.001, 0.01, 0.1, 0.5] }

const release = (spec = '{}') =>
  parseManifest(
    `apiVersion: slipway.dev/v1beta1
kind: App
metadata: {name: shop}
spec:
  release: ${spec}`,
    { namespace: 'default', name: 'shop' },
  ).release

describe('the judge’s parameters', () => {
  it('are the simulated ones when nothing is said', () => {
    expect(methodOf(release())).toEqual(defaultMethod)
  })

  it('follow the manifest, in seconds and fractions', () => {
    const written = release(`
    objectives: {latency: {below: 250ms, for: 95%}}
    analysis:
      falseRollbackRate: 5%
      confidence: 99%
      tolerance: {errors: 0.2pp, latency: 30%}
      promoteWithin: 1pp
      risk: {firstRequests: 5, perStepRequests: 7, maxErrorRise: 4pp}
      weight: {unprovenMax: 40%, verify: 15%, holdback: 10%, min: 0.5%}
      deadline: 90s
      onDeadline: hold
      maxDuration: 20m
      onInconclusive: rollback
      metricsLost: {zeroAfter: 20s}
      warmup: 3s
    bake: 2m`)
    expect(methodOf(written, base)).toEqual({
      ...base,
      alpha: 0.05,
      beta: 0.01,
      errorTolerance: 0.002,
      latencyRatio: 1.3,
      errorMargin: 0.01,
      slowObjective: 0.05,
      firstRequests: 5,
      stepRequests: 7,
      maxErrorRise: 0.04,
      unprovenMax: 0.4,
      verifyWeight: 0.15,
      fullWeight: 0.9,
      minWeight: 0.005,
      ladder: [0.005, 0.01, 0.1, 0.4],
      deadline: 90,
      onDeadline: 'hold',
      maxDuration: 1200,
      onInconclusive: 'rollback',
      blindAfter: 20,
      warmup: 3,
      bake: 120,
    })
  })

  it('keep what the manifest does not speak of', () => {
    const other = { ...defaultMethod, tick: 1, ratios: [2], ladder: [] }
    expect(methodOf(release(), other)).toEqual(other)
  })

  it('wait for no request when the release may go on without', () => {
    expect(methodOf(release('{onNoTraffic: promote}'))).toEqual({ ...defaultMethod, minRequests: 0 })
  })

  it('begin no higher than is allowed, and no lower', () => {
    const low = methodOf(release('{analysis: {weight: {unprovenMax: 5%, verify: 5%}}}'), base)
    expect(low).toMatchObject({ firstMax: 0.05, ladder: [0.001, 0.01, 0.05] })
    const high = methodOf(release('{analysis: {weight: {min: 15%}}}'), base)
    expect(high).toMatchObject({ firstMax: 0.15, minWeight: 0.15, ladder: [0.15, 0.5] })
    const one = methodOf(release('{analysis: {weight: {min: 5%, verify: 5%, unprovenMax: 5%}}}'), base)
    expect(one).toMatchObject({ firstMax: 0.05, ladder: [0.05] })
  })

  it('compare with nobody at full when nothing is held back', () => {
    expect(methodOf(release('{analysis: {weight: {holdback: 0%}}}')).fullWeight).toBe(1)
  })
})

describe('the end of the watch', () => {
  it('is never before deadline and bake are over', () => {
    const { maxDuration } = methodOf(release('{bake: 1h, analysis: {deadline: 10m}}'))
    expect(maxDuration).toBe(4200)
    expect(methodOf(release('{bake: 0s, analysis: {maxDuration: 6m}}')).maxDuration).toBe(360)
  })

  it('is never before listed steps and bake are over, which are due when the last step is', () => {
    const listed = release('{steps: [{weight: 5, for: 20m}, {weight: 50, for: 10m}], bake: 10m}')
    expect(methodOf(listed)).toMatchObject({ deadline: 1800, maxDuration: 2400 })
    const toTheTop = release('{steps: [{weight: 50, for: 20m}, {weight: 100, for: 1h}], bake: 10m}')
    expect(methodOf(toTheTop)).toMatchObject({ deadline: 1200, bake: 3600, maxDuration: 4800 })
    expect(methodOf(release('{steps: [5, 50], bake: 0s}'))).toMatchObject({ deadline: 60, maxDuration: 1500 })
  })
})

describe('whatever is accepted', () => {
  const weight = (max: number) => fc.integer({ min: 0, max }).map((tenths) => `${tenths / 10}%`)
  const points = (max: number) => fc.integer({ min: 0, max }).map((hundredths) => `${hundredths / 100}pp`)
  const time = fc.integer({ min: 0, max: 3600 }).map((count) => `${count}s`)
  const analysis = fc.record(
    {
      weight: fc.record(
        { unprovenMax: weight(1000), verify: weight(500), holdback: weight(550), min: weight(200) },
        { requiredKeys: [] },
      ),
      tolerance: fc.record({ errors: points(30) }, { requiredKeys: [] }),
      promoteWithin: points(100),
      deadline: time,
      maxDuration: time,
    },
    { requiredKeys: [] },
  )

  it('is a ramp that can be climbed to its end', () => {
    let accepted = 0
    fc.assert(
      fc.property(analysis, (written) => {
        let spec: ReturnType<typeof release>
        try {
          spec = release(`{analysis: ${JSON.stringify(written)}}`)
        } catch (error) {
          expect(error).toMatchObject({ reason: 'InvalidManifest' })
          return
        }
        accepted += 1
        const { minWeight, firstMax, verifyWeight, unprovenMax, fullWeight, ladder, ...method } =
          methodOf(spec)
        const ascending = [minWeight, firstMax, unprovenMax, fullWeight, 1]
        expect([...ascending].sort((a, b) => a - b)).toEqual(ascending)
        expect([ladder[0], ladder.at(-1)]).toEqual([minWeight, unprovenMax])
        expect([...ladder].sort((a, b) => a - b)).toEqual(ladder)
        expect(verifyWeight).toBeGreaterThanOrEqual(minWeight)
        expect(verifyWeight).toBeLessThanOrEqual(unprovenMax)
        expect(method.errorMargin).toBeGreaterThan(method.errorTolerance)
        expect(method.maxDuration).toBeGreaterThanOrEqual(method.deadline + method.bake)
      }),
      { numRuns: 400 },
    )
    expect(accepted).toBeGreaterThan(20)
  })
})
