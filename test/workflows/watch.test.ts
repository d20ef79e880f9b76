// What a step does when it cannot see, and when the worker that watched is lost.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hold, manifestOf, stableStage, until } from './stage.ts'
import { type Temporal, timeSkippingServer } from './temporal.ts'

let temporal: Temporal
beforeAll(async () => {
  temporal = await timeSkippingServer()
})
afterAll(() => temporal?.close())

describe('no traffic', () => {
  it('holds the step, says so, and goes on when requests come', async () => {
    const { stage } = await stableStage(temporal)
    stage.world.gateway.visitors(stage.app, 0)
    const sha = await stage.push()
    const stalled = await stage.release(sha, (status) => status.stalled !== undefined)
    expect(stalled).toMatchObject({ phase: 'rolling-out', weight: 100 })
    expect(stalled.stalled).toContain('no request')
    stage.world.gateway.visitors(stage.app, 100)
    const status = await stage.ended(sha)
    expect(status).toMatchObject({ outcome: 'promoted' })
    expect(status.stalled).toBeUndefined()
    await stage.close({ serves: sha })
  })

  it('holds for hours with a history that does not grow with them', async () => {
    const { stage } = await stableStage(temporal)
    stage.world.gateway.visitors(stage.app, 0)
    const from = stage.world.clock.now()
    const sha = await stage.push()
    await until(
      () => stage.world.clock.now() > from + 3 * 3_600_000,
      () => 'the hours do not pass',
    )
    stage.world.gateway.visitors(stage.app, 100)
    await stage.ended(sha)
    const { historyLength } = await stage.handle(sha).describe()
    expect(historyLength).toBeLessThan(250)
    await stage.close({ serves: sha })
  })

  it('is no reason to wait when the file says promote', async () => {
    const { stage } = await stableStage(temporal)
    stage.world.gateway.visitors(stage.app, 0)
    const sha = await stage.push({}, manifestOf('onNoTraffic: promote'))
    const status = await stage.ended(sha)
    expect(status).toMatchObject({ outcome: 'promoted' })
    expect(status.proven).toBe(false)
    expect(status.transitions.some(({ message }) => message.includes('not proven'))).toBe(true)
    await stage.close({ serves: sha })
  })

  it('may end with a newer push', async () => {
    const { stage } = await stableStage(temporal)
    stage.world.gateway.visitors(stage.app, 0)
    const old = await stage.push()
    await stage.release(old, (status) => status.stalled !== undefined)
    const sha = await stage.push({}, manifestOf('onNoTraffic: promote'))
    expect(await stage.ended(old)).toMatchObject({ outcome: 'superseded', weight: 0 })
    expect(await stage.ended(sha)).toMatchObject({ outcome: 'promoted' })
    await stage.close({ serves: sha })
  })
})

describe('metrics that do not answer', () => {
  it('for a while change nothing', async () => {
    const { stage } = await stableStage(temporal)
    const from = stage.world.clock.now()
    stage.hooks.push(({ verb, at }) => {
      if (verb === 'metrics.counters' && at < from + 30_000) throw new Error('Prometheus is away')
    })
    const sha = await stage.push()
    expect(await stage.ended(sha)).toMatchObject({ outcome: 'promoted' })
    expect(new Set(stage.weightsOf(sha))).toEqual(new Set([100, 250, 500, 1000]))
    await stage.close({ serves: sha })
  })

  it('for a minute take the weight to 0 until they return; then the step begins again', async () => {
    const { stage } = await stableStage(temporal)
    let away = false
    stage.hooks.push(({ verb }) => {
      if (verb === 'metrics.counters' && away) throw new Error('Prometheus is away')
    })
    const sha = stage.commit()
    stage.hooks.push(({ verb, arguments: [write] }) => {
      const weights = verb === 'traffic.write' ? (write as { weights: { weight: number }[] }).weights : []
      if (weights.some(({ weight }) => weight === 250)) away = true
    })
    await stage.say(sha)
    const blind = await stage.release(sha, ({ weight, stalled }) => weight === 0 && stalled !== undefined)
    expect(blind.stalled).toContain('the metrics do not answer')
    expect(Object.keys(stage.served())).toHaveLength(1)
    stage.hooks.pop()
    away = false
    expect(await stage.ended(sha)).toMatchObject({ outcome: 'promoted' })
    const changes = stage.weightsOf(sha).filter((weight, i, all) => weight !== all[i - 1])
    expect(changes).toEqual([100, 250, 0, 250, 500, 1000])
    await stage.close({ serves: sha })
  })
})

describe('a lost worker', () => {
  it.each(['build.build', 'deploy.readiness', 'traffic.served', 'metrics.counters', 'deploy.keep'])(
    'in the middle of %s: another goes on and the end is the same',
    async (verb) => {
      const { stage } = await stableStage(temporal, { replays: true })
      const held = hold(stage, verb)
      const sha = await stage.push()
      await held.reached()
      const stopped = stage.stopWork()
      held.letGo()
      await stopped
      await stage.work()
      expect(await stage.ended(sha)).toMatchObject({ outcome: 'promoted', release: { seq: 2 } })
      expect(new Set(stage.weightsOf(sha))).toEqual(new Set([100, 250, 500, 1000]))
      await stage.close({ serves: sha })
    },
  )

  it('in the middle of the way back: another ends it', async () => {
    const { stage, first } = await stableStage(temporal, { replays: true })
    const sha = stage.commit({ errors: 0.5 })
    const back = hold(stage, 'traffic.write', (write) => {
      const { weights } = write as { weights: { weight: number }[] }
      return weights.some(({ weight }) => weight === 1000)
    })
    await stage.say(sha)
    await back.reached()
    const stopped = stage.stopWork()
    back.letGo()
    await stopped
    await stage.work()
    expect(await stage.ended(sha)).toMatchObject({ outcome: 'rolled-back', weight: 0 })
    await stage.close({ serves: first })
  })
})
