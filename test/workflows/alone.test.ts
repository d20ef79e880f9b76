// Releases that are compared with nothing: an App's first one, and one beside a stable revision that answers nobody.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { manifestOf, openStage, rampOf, type Stage, stableStage, until } from './stage.ts'
import { type Temporal, timeSkippingServer } from './temporal.ts'

let temporal: Temporal
beforeAll(async () => {
  temporal = await timeSkippingServer()
})
afterAll(() => temporal?.close())

const told = (stage: Stage, sha: string): string =>
  (stage.releaseOf(sha)?.transitions ?? []).map(({ message }) => message).join('\n')

describe('the first release of an App', () => {
  it('is promoted when its objectives were met for the bake', async () => {
    const stage = await openStage(temporal)
    const sha = await stage.push()
    const { outcome, evidence, proven } = await stage.ended(sha)
    expect(outcome).toBe('promoted')
    expect(evidence?.canary.requests).toBeGreaterThan(300)
    expect(proven).toBeUndefined()
    expect(told(stage, sha)).toContain('its objectives alone are watched for 5s')
    await stage.close({ serves: sha })
  })

  it('fails when it misses them, and keeps the traffic: nothing served before it', async () => {
    const stage = await openStage(temporal)
    const sha = await stage.push({ errors: 0.5 }, rampOf('1h'))
    const { outcome, message, weight } = await stage.ended(sha)
    expect(outcome).toBe('failed')
    expect(message).toMatch(/requests failed.*keeps the traffic, because nothing served before it/)
    expect(weight).toBe(1000)
    await until(
      async () => (await stage.state()).stable?.sha === sha,
      () => 'the App does not know what serves',
    )
    const better = await stage.push({}, rampOf('5s'))
    expect(await stage.ended(better)).toMatchObject({ outcome: 'promoted', stable: expect.any(String) })
    await stage.close({ serves: better })
  })

  it.each([
    ['nobody asks it', 0, 'well', 'no request has reached'],
    ['nobody sees it', 100, 'silent', 'the metrics do not answer'],
  ] as const)('ends although %s, and says that nothing was shown', async (_, load, metrics, why) => {
    const stage = await openStage(temporal, { load })
    stage.world.metrics(metrics)
    const sha = await stage.push({}, rampOf('10m'))
    expect(await stage.ended(sha)).toMatchObject({ outcome: 'promoted', proven: false })
    expect(told(stage, sha)).toContain(why)
    await stage.close({ serves: sha })
  })

  it('is not watched to the end when a newer push waits', async () => {
    const stage = await openStage(temporal)
    const sha = await stage.push({}, rampOf('7d'))
    await stage.release(sha, ({ phase }) => phase === 'baking')
    const newer = await stage.push({}, rampOf('1s', '{deadline: 1m}'))
    expect(await stage.ended(sha)).toMatchObject({ outcome: 'promoted', proven: false })
    expect(told(stage, sha)).toContain('a newer push waits')
    expect(await stage.ended(newer)).toMatchObject({ outcome: 'promoted' })
    await stage.close({ serves: newer })
  })

  it('is not watched to the end when a person promotes it; nobody takes it back', async () => {
    const stage = await openStage(temporal)
    const sha = await stage.push({}, rampOf('7d'))
    await stage.release(sha, ({ phase }) => phase === 'baking')
    await expect(stage.ask(sha, 'abort')).rejects.toMatchObject({
      cause: { message: 'cannot abort: it is the first release, there is nothing to return to' },
    })
    await stage.ask(sha, 'promote', { reason: 'it is well known' })
    expect(await stage.ended(sha)).toMatchObject({ outcome: 'promoted', proven: false })
    await stage.close({ serves: sha })
  })

  it('is not watched at all without a bake', async () => {
    const stage = await openStage(temporal)
    const sha = await stage.push({ errors: 1 }, rampOf('0s'))
    expect(await stage.ended(sha)).toMatchObject({ outcome: 'promoted' })
    await stage.close({ serves: sha })
  })
})

describe('beside a stable revision that fails nearly everything', () => {
  /** It has failed for some minutes when the next push comes. */
  async function failingStage(errors: number) {
    const { stage, first } = await stableStage(temporal)
    stage.world.plan(first, { errors })
    await stage.world.clock.sleep(4 * 60_000)
    return { stage, first }
  }

  it('a release takes over without being compared, and says why', async () => {
    const { stage } = await failingStage(1)
    const sha = await stage.push({ errors: 0.02 })
    expect(await stage.ended(sha)).toMatchObject({ outcome: 'promoted' })
    expect(told(stage, sha)).toMatch(
      /emergency: .* fails nearly everything \(\d+ of its last \d+ requests failed\)/,
    )
    expect(new Set(stage.weightsOf(sha))).toEqual(new Set([1000]))
    await stage.close({ serves: sha })
  })

  it('one that is no better is taken back', async () => {
    const { stage, first } = await failingStage(1)
    const sha = await stage.push({ errors: 1 })
    expect(await stage.ended(sha)).toMatchObject({ outcome: 'rolled-back' })
    await stage.close({ serves: first })
  })

  it('one still waits for who must let it through', async () => {
    const { stage } = await failingStage(1)
    const sha = await stage.push({}, manifestOf('gates: [{before: 5}]'))
    const { weight } = await stage.release(sha, ({ waiting }) => waiting?.for === 'approval')
    expect(weight).toBe(0)
    await stage.ask(sha, 'approve')
    expect(await stage.ended(sha)).toMatchObject({ outcome: 'promoted' })
    await stage.close({ serves: sha })
  })

  it('one is not taken back for a newer push, which is compared with it', async () => {
    const { stage } = await failingStage(1)
    const sha = await stage.push({}, manifestOf().replaceAll('5s', '1h'))
    await stage.release(sha, ({ phase }) => phase === 'baking')
    const newer = await stage.push()
    expect(await stage.ended(sha)).toMatchObject({ outcome: 'promoted', proven: false })
    expect(await stage.ended(newer)).toMatchObject({ outcome: 'promoted' })
    await stage.close({ serves: newer })
  })

  it.each([
    ['fails half of it', async () => (await failingStage(0.5)).stage],
    [
      'has recovered',
      async () => {
        const { stage, first } = await failingStage(1)
        stage.world.plan(first, { errors: 0 })
        return stage
      },
    ],
    [
      'is asked by hardly anybody',
      async () => {
        const { stage, first } = await stableStage(temporal)
        stage.world.gateway.visitors(stage.app, 0.1)
        stage.world.plan(first, { errors: 1 })
        await stage.world.clock.sleep(4 * 60_000)
        return stage
      },
    ],
  ])('a stable that only %s is compared with', async (_, begin) => {
    const stage = await begin()
    const sha = await stage.push()
    await until(
      () => (stage.releaseOf(sha)?.weight ?? 0) > 0,
      () => JSON.stringify(stage.releaseOf(sha)),
    )
    expect(stage.weightsOf(sha)[0]).toBe(100)
    expect(told(stage, sha)).not.toContain('emergency')
    stage.world.gateway.visitors(stage.app, 100)
    await stage.ended(sha)
    await stage.stopWork()
  })
})
