// The ramp that follows the evidence, told by real workflows: up, back on a doubt, to nothing on harm or blindness.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { rampOf, type Stage, type StageOptions, stableStage, until } from './stage.ts'
import { type Temporal, timeSkippingServer } from './temporal.ts'

let temporal: Temporal
beforeAll(async () => {
  temporal = await timeSkippingServer()
})
afterAll(() => temporal?.close())

/** An App whose stable revision has been visited for a while. */
async function visited(options: StageOptions = {}) {
  const { stage, first } = await stableStage(temporal, options)
  await stage.world.clock.sleep(600_000)
  return { stage, first }
}

/** The weights that were given, each once. */
const course = (stage: Stage, sha: string) =>
  stage.weightsOf(sha).filter((weight, i, all) => weight !== all[i - 1])

describe('a version like the old one', () => {
  it('climbs the ladder and is promoted, proven', async () => {
    const { stage } = await visited()
    const sha = await stage.push({}, rampOf('30s'))
    const status = await stage.ended(sha)
    expect(status).toMatchObject({ outcome: 'promoted', proven: true, weight: 1000 })
    const weights = course(stage, sha)
    expect(weights).toEqual([...weights].sort((a, b) => a - b))
    expect(weights.slice(-3)).toEqual([500, 950, 1000])
    expect(status.judging?.baseline.rate).toBeCloseTo(100, -1)
    const { historyLength } = await stage.handle(sha).describe()
    expect(historyLength).toBeLessThanOrEqual(160)
    await stage.close({ serves: sha })
  })

  it('is promoted unproven when few come', async () => {
    const { stage } = await visited({ load: 2 })
    const sha = await stage.push({}, rampOf('30s', '{deadline: 2m}'))
    const status = await stage.ended(sha)
    expect(status).toMatchObject({ outcome: 'promoted', proven: false })
    expect(course(stage, sha).at(-2)).toBe(950)
    await stage.close({ serves: sha })
  })

  it('is not blamed for what the old one suffers too', async () => {
    const { stage, first } = await visited()
    const sha = stage.commit({ errors: 0.05 }, rampOf('30s'))
    stage.world.plan(first, { errors: 0.05 })
    await stage.say(sha)
    expect(await stage.ended(sha)).toMatchObject({ outcome: 'promoted' })
    await stage.close({ serves: sha })
  })
})

describe('a worse version', () => {
  it.each([
    { name: 'that is broken', errors: 1, most: 12 },
    { name: 'that fails every tenth request', errors: 0.1, most: 20 },
  ])('$name is taken back before it harms many', async ({ errors, most }) => {
    const { stage, first } = await visited()
    const sha = await stage.push({ errors }, rampOf('30s'))
    const status = await stage.ended(sha)
    expect(status).toMatchObject({ outcome: 'rolled-back', weight: 0 })
    expect(status.message).toContain('evidence of harm')
    expect(stage.world.gateway.failed(stage.app)).toBeLessThanOrEqual(most)
    await stage.close({ serves: first })
  })

  it('that begins to leak at full is compared anew at 20 %, and taken back', async () => {
    const { stage, first } = await visited()
    const sha = await stage.push({}, rampOf('10m'))
    await stage.release(sha, ({ weight }) => weight === 950)
    stage.world.plan(sha, { errors: 0.03 })
    const status = await stage.ended(sha)
    expect(status).toMatchObject({ outcome: 'rolled-back' })
    expect(course(stage, sha).slice(-3)).toEqual([950, 200, 0])
    expect(status.transitions.some(({ message }) => message.startsWith('back to 20 %: in doubt'))).toBe(true)
    await stage.close({ serves: first })
  })

  it('that no pod answers for is taken back: the gateway’s own errors are its', async () => {
    const { stage, first } = await visited()
    const sha = stage.commit({}, rampOf('30s'))
    stage.hooks.push(({ verb }) => {
      // The pods die once they have been given weight.
      if (verb === 'metrics.counters' && course(stage, sha).length > 0)
        stage.world.plan(sha, { readyPods: 0 })
    })
    await stage.say(sha)
    expect(await stage.ended(sha)).toMatchObject({ outcome: 'rolled-back' })
    await stage.close({ serves: first })
  })
})

describe('without data', () => {
  it('holds its first weight while nobody comes, and says so', async () => {
    const { stage } = await visited()
    stage.world.gateway.visitors(stage.app, 0)
    const sha = await stage.push({}, rampOf('30s', '{deadline: 1m}'))
    const stalled = await stage.release(sha, (status) => status.stalled !== undefined)
    expect(stalled.stalled).toContain('no request')
    expect(course(stage, sha)).toHaveLength(1)
    stage.world.gateway.visitors(stage.app, 100)
    const status = await stage.ended(sha)
    expect(status).toMatchObject({ outcome: 'promoted' })
    expect(status.stalled).toBeUndefined()
    await stage.close({ serves: sha })
  })

  it('goes to nothing when the metrics are lost for a minute, and on from where it was', async () => {
    const { stage } = await visited()
    const sha = await stage.push({}, rampOf('30s'))
    await until(
      () => course(stage, sha).length > 1,
      () => 'it does not climb',
    )
    stage.world.metrics('unscraped')
    await stage.release(sha, ({ weight, stalled }) => weight === 0 && stalled !== undefined)
    expect(Object.keys(stage.served())).toHaveLength(1)
    stage.world.metrics('well')
    expect(await stage.ended(sha)).toMatchObject({ outcome: 'promoted' })
    const weights = course(stage, sha)
    const at = weights.indexOf(0)
    expect(weights[at + 1]).toBeGreaterThanOrEqual(weights[at - 1] ?? 1)
    await stage.close({ serves: sha })
  })
})
