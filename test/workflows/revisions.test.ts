// What belongs to a revision and to its App: configuration, pods, a policy; and what a release does with them.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PermanentFailure } from '../../domain/failure.ts'
import { readPolicy } from '../../domain/policy.ts'
import { manifestOf, openStage, type Stage, stableStage, until } from './stage.ts'
import { realServer, type Temporal } from './temporal.ts'

let temporal: Temporal
beforeAll(async () => {
  temporal = await realServer()
})
afterAll(() => temporal?.close())

const builds = ({ world }: Stage) => world.calls.filter(({ verb }) => verb === 'build.build').length
const settled = (stage: Stage) =>
  until(
    async () => !(await stage.state()).active,
    () => 'a release runs on',
  )

describe('configuration', () => {
  const configured = `${manifestOf()}\n  run: {config: [shop-settings]}\n`
  const say = ({ world, app }: Stage, greeting: string) =>
    world.config.set(`${app.namespace}/shop-settings`, { GREETING: greeting })

  it('that changes is a release without a build, and goes back with its revision', async () => {
    const stage = await openStage(temporal)
    say(stage, 'hello')
    const sha = await stage.push({}, configured)
    expect(await stage.ended(sha)).toMatchObject({ outcome: 'promoted' })
    const first = stage.releaseOf(sha)?.revision
    say(stage, 'goodbye')
    await stage.say(sha, 'again')
    const second = await stage.release(
      sha,
      ({ cause, outcome }) => cause === 'config' && outcome !== undefined,
    )
    expect(second).toMatchObject({ outcome: 'promoted', release: { seq: 2 } })
    expect(second.revision).not.toBe(first)
    expect(builds(stage)).toBe(1)
    await settled(stage)
    await stage.askApp('rollback', { to: first ?? '' })
    await until(
      () =>
        stage.world.gateway
          .serves(stage.app)
          ?.some((one) => one.revision === first && one.weight === 1000) === true,
      () => JSON.stringify(stage.world.gateway.serves(stage.app)),
    )
    await settled(stage)
    await stage.say(sha, 'once more')
    await stage.state()
    await settled(stage)
    expect(stage.world.gateway.serves(stage.app)?.find(({ weight }) => weight > 0)?.revision).toBe(first)
    expect([...stage.world.releases.keys()]).toHaveLength(3)
    say(stage, 'good evening')
    await stage.say(sha, 'and again')
    const third = await stage.release(
      sha,
      ({ release, outcome }) => release.seq === 4 && outcome !== undefined,
    )
    expect(third).toMatchObject({ outcome: 'promoted', cause: 'config' })
    expect(stage.world.gateway.failed(stage.app)).toBe(0)
    const told = JSON.stringify([...stage.world.releases.values(), ...stage.world.events])
    expect(told).not.toMatch(/hello|goodbye|good evening/)
    await stage.stopWork()
  })

  it('that was copied for a release that ended before its revision was made is not left behind', async () => {
    const stage = await openStage(temporal)
    say(stage, 'hello')
    const first = await stage.push({}, configured)
    await stage.ended(first)
    const before = [...stage.world.copies.keys()]
    say(stage, 'goodbye')
    stage.hooks.push(({ verb }) => {
      if (verb !== 'deploy.create' || stage.world.copies.size === before.length) return
      throw new PermanentFailure('Invalid', 'the API server takes no such Deployment')
    })
    const sha = await stage.push({}, configured)
    expect(await stage.ended(sha)).toMatchObject({ outcome: 'failed' })
    expect([...stage.world.copies.keys()]).toEqual(before)
    await stage.stopWork()
  })

  it('that is missing is told before anything is built', async () => {
    const { stage, first } = await stableStage(temporal)
    const sha = await stage.push({}, configured)
    const status = await stage.ended(sha)
    expect(status).toMatchObject({ outcome: 'failed', message: expect.stringContaining('shop-settings') })
    expect(builds(stage)).toBe(1)
    await stage.close({ serves: first })
  })
})

describe('a policy', () => {
  it('refuses a push that has no gate where it asks for one', async () => {
    const { stage, first } = await stableStage(temporal)
    stage.world.policies.set(`${stage.app.namespace}/shop`, readPolicy({ minApprovals: 1 }))
    const sha = await stage.push()
    expect(await stage.ended(sha)).toMatchObject({
      outcome: 'failed',
      message: expect.stringMatching(/slipway.yaml:\d+:\d+.*approv/s),
    })
    await stage.close({ serves: first })
  })
})

describe('a stable revision that is down', () => {
  it('is replaced without a comparison, and the release says so', async () => {
    const { stage, first } = await stableStage(temporal)
    stage.world.plan(first, { readyPods: 0 })
    const sha = await stage.push()
    const status = await stage.ended(sha)
    expect(status).toMatchObject({ outcome: 'promoted' })
    expect(status.transitions.map(({ message }) => message).join()).toContain('emergency')
    expect(stage.weightsOf(sha)).toEqual([1000])
    await stage.close({ serves: sha })
  })
})

describe('a canary that grows with its share', () => {
  it('has the pods of its share before it has the share', async () => {
    const { stage } = await stableStage(temporal)
    const pods: number[] = []
    stage.after.push((verb) => {
      const own = [...stage.world.revisions.values()].at(-1)
      if (verb === 'traffic.write' && own) pods.push(own.pods)
    })
    const sha = await stage.push({}, `${manifestOf('scale: follow')}\n  run: {replicas: 8}\n`)
    expect(await stage.ended(sha)).toMatchObject({ outcome: 'promoted' })
    expect(pods.slice(0, 4)).toEqual([1, 2, 4, 8])
    expect(stage.world.gateway.failed(stage.app)).toBe(0)
    await stage.close({ serves: sha })
  })
})

describe('as many revisions as the file keeps', () => {
  const keepThree = manifestOf('keep: 3').replace(/ {4}steps: .*\n/, '    strategy: immediate\n')
  const present = ({ world, app }: Stage) => world.revisionsOf(app).map(({ sha }) => sha)
  /** The commits whose revisions exist: the last serves, the others are kept. */
  async function fourReleased(): Promise<{ stage: Stage; all: readonly string[] }> {
    const { stage, first } = await stableStage(temporal)
    const all = [first]
    while (all.length < 4) {
      const sha = await stage.push({}, keepThree)
      await stage.ended(sha)
      all.push(sha)
    }
    await settled(stage)
    expect(present(stage)).toEqual(all)
    return { stage, all }
  }

  it('stay when one of them is returned to', async () => {
    const { stage, all } = await fourReleased()
    const [first = ''] = all
    await stage.askApp('rollback', { to: first.slice(0, 7) })
    await stage.release(first, ({ cause, outcome }) => cause === 'return' && outcome === 'promoted')
    await settled(stage)
    expect(stage.served()).toEqual({ [first]: 1000 })
    expect(present(stage).toSorted()).toEqual(all.toSorted())
    await stage.stopWork()
  })

  it('stay when a release is lost', async () => {
    const { stage, all } = await fourReleased()
    const lost = await stage.push({}, manifestOf('keep: 3').replaceAll('for: 5s', 'for: 1h'))
    await stage.release(lost, ({ weight }) => weight > 0)
    await stage.handle(lost).terminate('a test')
    expect(await stage.ended(lost)).toMatchObject({ outcome: 'failed' })
    await settled(stage)
    expect(present(stage)).toEqual(all)
    await stage.close({ serves: all.at(-1) ?? '' })
  })
})
