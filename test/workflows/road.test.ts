// The road of one push: promoted, or taken back.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PermanentFailure } from '../../domain/failure.ts'
import { manifestOf, openStage, stableStage } from './stage.ts'
import { type Temporal, timeSkippingServer } from './temporal.ts'

let temporal: Temporal
beforeAll(async () => {
  temporal = await timeSkippingServer()
})
afterAll(() => temporal?.close())

describe('a push', () => {
  it('becomes the stable revision when it is the first, with no steps', async () => {
    const stage = await openStage(temporal)
    const sha = await stage.push()
    expect(await stage.ended(sha)).toMatchObject({ outcome: 'promoted', weight: 1000 })
    expect(stage.weightsOf(sha)).toEqual([1000])
    await stage.close({ serves: sha })
  })

  it('is promoted step by step, and the old revision is removed', async () => {
    const { stage } = await stableStage(temporal)
    const sha = await stage.push()
    const status = await stage.ended(sha)
    expect(status).toMatchObject({ outcome: 'promoted', weight: 1000, release: { seq: 2 } })
    expect(stage.weightsOf(sha)).toEqual([100, 250, 500, 1000, 1000])
    expect(stage.world.gateway.failed(stage.app)).toBe(0)
    expect(status.transitions.map(({ phase }) => phase)).toEqual([
      'reading',
      'building',
      'deploying',
      ...Array(7).fill('rolling-out'),
      ...Array(2).fill('baking'),
      'retiring',
      'done',
    ])
    await stage.close({ serves: sha })
  })

  it('takes weight only when its pods are ready', async () => {
    const { stage } = await stableStage(temporal)
    const sha = await stage.push({ readyAfter: 20_000 })
    await stage.ended(sha)
    expect(stage.world.gateway.failed(stage.app)).toBe(0)
    await stage.close({ serves: sha })
  })
})

describe('the hosts of a push', () => {
  const at = (host: string) => `${manifestOf()}\n  route: {hosts: [${host}]}\n`

  it('are served when it is promoted, and not before', async () => {
    const { stage } = await stableStage(temporal)
    const hosts: (readonly string[] | undefined)[] = []
    stage.after.push((verb) => {
      if (verb === 'metrics.counters') hosts.push(stage.world.gateway.route(stage.app)?.hosts)
    })
    const sha = await stage.push({}, at('new.example.com'))
    expect(await stage.ended(sha)).toMatchObject({ outcome: 'promoted' })
    expect(new Set(hosts.flat())).not.toContain('new.example.com')
    expect(stage.world.gateway.route(stage.app)?.hosts).toEqual(['new.example.com'])
    await stage.close({ serves: sha })
  })

  it('go with it when it is taken back', async () => {
    const { stage, first } = await stableStage(temporal)
    const before = stage.world.gateway.route(stage.app)?.hosts
    const sha = await stage.push({ errors: 1 }, at('new.example.com'))
    expect(await stage.ended(sha)).toMatchObject({ outcome: 'rolled-back' })
    expect(stage.world.gateway.route(stage.app)?.hosts).toEqual(before)
    await stage.close({ serves: first })
  })
})

describe('a bad push', () => {
  // The share of errors begins when the revision is given this weight.
  it.each([
    { at: 100, weights: [100, 0] },
    { at: 250, weights: [100, 250, 0] },
    { at: 500, weights: [100, 250, 500, 0] },
    { at: 1000, weights: [100, 250, 500, 1000, 0] },
  ])('that fails at $at thousandths is taken back', async ({ at, weights }) => {
    const { stage, first } = await stableStage(temporal)
    const sha = stage.commit()
    stage.hooks.push(({ verb, arguments: [write] }) => {
      if (verb !== 'traffic.write') return
      const { weights } = write as { weights: { revision: string; weight: number }[] }
      const share = weights.find(({ revision }) => revision.includes(sha.slice(0, 7)))?.weight
      if (share === at) stage.world.plan(sha, { errors: 0.2 })
    })
    await stage.say(sha)
    const status = await stage.ended(sha)
    expect(status).toMatchObject({ outcome: 'rolled-back', weight: 0 })
    expect(status.message).toContain('requests failed')
    expect(stage.weightsOf(sha)).toEqual(weights)
    await stage.close({ serves: first })
  })

  it('that is too slow is taken back', async () => {
    const { stage, first } = await stableStage(temporal)
    const objectives = 'objectives: {latency: {below: 500ms, for: 99%}}'
    const sha = await stage.push({ slow: 0.1 }, manifestOf(objectives))
    expect(await stage.ended(sha)).toMatchObject({ outcome: 'rolled-back' })
    await stage.close({ serves: first })
  })

  it('that cannot be built fails, with the end of the log', async () => {
    const { stage, first } = await stableStage(temporal)
    const sha = await stage.push({ buildFails: 'npm ERR! missing script' })
    const status = await stage.ended(sha)
    expect(status).toMatchObject({ outcome: 'failed', weight: 0 })
    expect(status.message).toContain('npm ERR! missing script')
    await stage.close({ serves: first })
  })

  it('whose file is not understood fails, and says where', async () => {
    const { stage, first } = await stableStage(temporal)
    const sha = await stage.push({}, manifestOf('steps: [lots]'))
    const status = await stage.ended(sha)
    expect(status).toMatchObject({ outcome: 'failed' })
    expect(status.message).toMatch(/slipway\.yaml:\d+/)
    expect(stage.world.revisions.size).toBe(1)
    await stage.close({ serves: first })
  })

  it('whose pods cannot become ready fails and is removed', async () => {
    const { stage, first } = await stableStage(temporal)
    const sha = await stage.push({ podsFail: 'CrashLoopBackOff' })
    const status = await stage.ended(sha)
    expect(status).toMatchObject({ outcome: 'failed' })
    expect(status.message).toContain('CrashLoopBackOff')
    await stage.close({ serves: first })
  })

  it('is not tried again when somebody says look', async () => {
    const { stage, first } = await stableStage(temporal)
    const sha = await stage.push({ buildFails: 'no' })
    await stage.ended(sha)
    await stage.say(sha, 'another delivery')
    await stage.say(sha, 'yet another delivery')
    const good = await stage.push()
    expect(await stage.ended(good)).toMatchObject({ outcome: 'promoted', release: { seq: 3 } })
    expect(await stage.state()).toMatchObject({ rejected: [sha] })
    expect(first).not.toBe(good)
    await stage.close({ serves: good })
  })
})

describe('the outside', () => {
  it.each(['before', 'after'] as const)('may fail %s each call has had its effect', async (when) => {
    const { stage } = await stableStage(temporal)
    const failed = new Set<string>()
    const failOnce = (verb: string) => {
      if (failed.has(verb)) return
      failed.add(verb)
      throw new Error(`${verb}: connection reset`)
    }
    if (when === 'before') stage.hooks.push(({ verb }) => failOnce(verb))
    else stage.after.push(failOnce)
    const sha = await stage.push()
    expect(await stage.ended(sha)).toMatchObject({ outcome: 'promoted' })
    expect(failed.size).toBeGreaterThan(10)
    await stage.close({ serves: sha })
  })

  it('that refuses the traffic for good leads back', async () => {
    const { stage, first } = await stableStage(temporal)
    let writes = 0
    stage.hooks.push(({ verb }) => {
      if (verb !== 'traffic.write') return
      writes += 1
      if (writes === 2) throw new PermanentFailure('Forbidden', 'the role was taken away')
    })
    const sha = await stage.push()
    expect(await stage.ended(sha)).toMatchObject({ outcome: 'rolled-back' })
    await stage.close({ serves: first })
  })

  it('that refuses the way back is asked until it allows it', async () => {
    const { stage, first } = await stableStage(temporal)
    let refusals = 0
    stage.hooks.push(({ verb, arguments: [write] }) => {
      if (verb !== 'traffic.write') return
      const back = (write as { weights: { weight: number }[] }).weights.some(({ weight }) => weight === 1000)
      if (back && refusals < 3) {
        refusals += 1
        throw new PermanentFailure('Forbidden', 'the role was taken away')
      }
    })
    const sha = await stage.push({ errors: 0.5 })
    expect(await stage.ended(sha)).toMatchObject({ outcome: 'rolled-back' })
    expect(refusals).toBe(3)
    await stage.close({ serves: first })
  })
})

describe('a newer owner of the route', () => {
  it('ends the release, and even its way back', async () => {
    const { stage, first } = await stableStage(temporal)
    const sha = stage.commit()
    let taken = false
    stage.hooks.push(async ({ verb }) => {
      if (verb !== 'metrics.counters' || taken) return
      taken = true
      const revision = stage.world.revisionsOf(stage.app).find((one) => one.sha === first)?.name ?? ''
      const weights = [{ revision, weight: 1000 }]
      const write = {
        app: stage.app,
        hosts: [],
        weights,
        epoch: { seq: 99, n: 0 },
        stable: revision,
      }
      await stage.platform.traffic.write(write)
    })
    await stage.say(sha)
    const status = await stage.ended(sha)
    expect(status).toMatchObject({ outcome: 'superseded' })
    expect(status.message).toContain('newer owner')
    expect(stage.served()).toEqual({ [first]: 1000 })
    await stage.close()
  })
})
