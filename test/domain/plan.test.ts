// A plan is made once: which weights, which judge, and what a coarse gateway makes of them.
import { describe, expect, it } from 'vitest'
import type { AppSource } from '../../domain/app.ts'
import { defaultMethod } from '../../domain/judge/method.ts'
import { parseManifest } from '../../domain/manifest.ts'
import { makePlan } from '../../domain/plan.ts'
import type { Commit } from '../../domain/release.ts'

const app = { namespace: 'default', name: 'shop' }
const sha = '3f2c1d0a9b8c7d6e5f4a3b2c1d0e9f8a7b6c5d4e'
const commit: Commit = { sha, title: 'Add a cart', author: 'ana', committedAt: 0 }
const source: AppSource = { repository: 'https://git.example/shop', branch: 'main' }

const specOf = (release: string) =>
  parseManifest(
    `apiVersion: slipway.dev/v1beta1\nkind: App\nmetadata: {name: shop}\nspec: {release: ${release}}\n`,
    app,
  )
const planOf = (release = '{}', resolution?: number) =>
  makePlan({ app, seq: 7, sha }, commit, source, specOf(release), resolution)

describe('a plan', () => {
  it('is made of the manifest at its commit', () => {
    expect(planOf()).toEqual({
      release: { app, seq: 7, sha },
      commit,
      repository: source.repository,
      spec: specOf('{}'),
      steps: [],
      judge: { kind: 'ramp', method: expect.objectContaining({ alpha: 0.01, bake: 600 }) },
      bake: 600_000,
    })
  })

  it('is plain data', () => {
    expect(JSON.parse(JSON.stringify(planOf()))).toEqual(planOf())
  })

  it('is never made of another commit', () => {
    const other = { ...commit, sha: 'b'.repeat(40) }
    expect(() => makePlan({ app, seq: 7, sha }, other, source, specOf('{}'))).toThrow(
      'cannot plan release 7 of shop',
    )
  })

  it('has the judge that the manifest asks for', () => {
    expect(planOf('{steps: [5, 50, 100]}')).toMatchObject({
      judge: { kind: 'steps' },
      steps: [50, 500, 1000].map((weight) => ({ weight, for: 30_000 })),
    })
    expect(planOf('{steps: [5, 50], analysis: {thresholds: {requests: 7, looks: 2}}}').judge).toEqual({
      kind: 'thresholds',
      requests: 7,
      looks: 2,
    })
  })
})

describe('a gateway that takes whole percents', () => {
  const whole = (weight: number) => Math.abs(weight * 100 - Math.round(weight * 100)) < 1e-9

  it('is given the nearest weights that are not riskier', () => {
    const { judge } = planOf('{}', 10)
    if (judge?.kind !== 'ramp') throw new Error('it is no ramp')
    const { ladder, minWeight, fullWeight, unprovenMax } = judge.method
    expect([...ladder, minWeight, fullWeight, unprovenMax].every(whole)).toBe(true)
    expect(ladder[0]).toBe(0.01)
    expect(ladder).toEqual([...new Set(ladder)])
    expect(fullWeight).toBeLessThanOrEqual(defaultMethod.fullWeight)
  })

  it('rounds a listed step down, and refuses what it cannot give at all', () => {
    expect(planOf('{steps: [2.5, 50]}', 10).steps.map(({ weight }) => weight)).toEqual([20, 500])
    expect(() => planOf('{steps: [0.5, 50]}', 10)).toThrow(/cannot give a canary 0.5%.*smallest share is 1%/)
  })
})
