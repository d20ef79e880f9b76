// What nobody told is found out: lost pushes, lost workflows, what others changed. And an App that lacks nothing costs nothing.
import { Client } from '@temporalio/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Swept } from '../../activities/sweep.ts'
import { PermanentFailure } from '../../domain/failure.ts'
import { ensure, sweepSchedule } from '../../worker/schedule.ts'
import { hold, manifestOf, openStage, type Stage, stableStage, until } from './stage.ts'
import { realServer, type Temporal } from './temporal.ts'

let temporal: Temporal
beforeAll(async () => {
  temporal = await realServer()
})
afterAll(() => temporal?.close())

let sweeps = 0
/** One sweep, as the schedule starts it. */
async function sweep(stage: Stage): Promise<Swept> {
  sweeps += 1
  const taskQueue = stage.app.namespace
  return stage.client.workflow.execute('sweep', { taskQueue, workflowId: `sweep-${sweeps}` })
}

/** Sweeps until something is so: Temporal's lists are a moment late. */
const sweepUntil = (stage: Stage, satisfied: () => boolean | Promise<boolean>, what: string) =>
  until(
    async () => {
      const { failures } = await sweep(stage)
      expect(failures).toEqual([])
      return satisfied()
    },
    () => what,
  )

const idle = (stage: Stage) =>
  until(
    async () => (await stage.state()).active === undefined,
    () => 'the App is busy',
  )

const slow = manifestOf().replaceAll('for: 5s', 'for: 1h')
const mutating = /^(traffic\.write|deploy\.(create|scale|keep|remove)|report\.(release|app|happened))$/

describe('a sweep', () => {
  it('finds nothing to do: no signal, no write, few events', async () => {
    const { stage, first } = await stableStage(temporal)
    await idle(stage)
    await sweep(stage)
    const events = async () => (await stage.appHandle().fetchHistory()).events?.length
    const [before, calls] = [await events(), stage.world.calls.length]
    expect(await sweep(stage)).toEqual({ apps: 1, done: [], failures: [] })
    expect(await events()).toBe(before)
    const verbs = stage.world.calls.slice(calls).map(({ verb }) => verb)
    expect(verbs.filter((verb) => mutating.test(verb))).toEqual([])
    expect(verbs.length).toBeLessThanOrEqual(8)
    const history = await stage.client.workflow.getHandle(`sweep-${sweeps}`).fetchHistory()
    expect(history.events?.length).toBeLessThanOrEqual(11)
    await stage.close({ serves: first })
  })

  it('notices a push that nobody heard of', async () => {
    const { stage } = await stableStage(temporal)
    await idle(stage)
    const sha = stage.commit()
    const { done } = await sweep(stage)
    expect(done).toEqual([expect.stringContaining(`its branch holds ${sha.slice(0, 7)}`)])
    expect(await stage.ended(sha)).toMatchObject({ outcome: 'promoted' })
    await stage.close({ serves: sha })
  })

  it('tells of a commit that was rejected no more', async () => {
    const { stage, first } = await stableStage(temporal)
    const bad = await stage.push({ buildFails: 'no' })
    await stage.ended(bad)
    await until(
      () => stage.world.apps.get(`${stage.app.namespace}/shop`)?.rejected?.[0] === bad,
      () => 'the App does not say what it rejected',
    )
    expect((await sweep(stage)).done).toEqual([])
    await stage.close({ serves: first })
  })

  it('tells of a configuration that was rejected no more, and of another one again', async () => {
    const stage = await openStage(temporal)
    const { world, app, hooks } = stage
    const say = (greeting: string) =>
      world.config.set(`${app.namespace}/shop-settings`, { GREETING: greeting })
    const rejected = () => world.apps.get(`${app.namespace}/shop`)?.rejected?.length ?? 0
    say('hello')
    const first = await stage.push({}, `${manifestOf()}\n  run: {config: [shop-settings]}\n`)
    await stage.ended(first)
    await idle(stage)
    hooks.push(({ verb }) => {
      if (verb === 'deploy.create')
        throw new PermanentFailure('Invalid', 'the API server takes no such Deployment')
    })
    say('goodbye')
    await stage.say(first, 'again')
    await until(
      () => rejected() === 1,
      () => 'the App does not say what it rejected',
    )
    expect((await sweep(stage)).done).toEqual([])
    say('good evening')
    expect((await sweep(stage)).done).toEqual([expect.stringContaining('its configuration has changed')])
    await until(
      () => rejected() === 2,
      () => 'the other one was not tried',
    )
    await stage.stopWork()
  })

  it('looks past a repository that does not answer, and says so', async () => {
    const { stage, first } = await stableStage(temporal)
    await idle(stage)
    stage.hooks.push(({ verb }) => {
      if (verb === 'source.head') throw new Error('the host is down')
    })
    const { failures, done } = await sweep(stage)
    expect(failures).toEqual([expect.stringContaining('the host is down')])
    expect(done).toEqual([])
    await stage.close({ serves: first })
  })

  it('starts an App’s workflow that is gone', async () => {
    const { stage, first } = await stableStage(temporal)
    await idle(stage)
    await stage.appHandle().terminate('a test')
    const runs = async () => (await stage.appHandle().describe()).status.name === 'RUNNING'
    await sweepUntil(stage, runs, 'the App’s workflow does not run')
    await until(
      async () => (await stage.state()).stable?.sha === first,
      () => 'the App does not remember',
    )
    await stage.close({ serves: first })
  })

  it('brings the traffic back when a release’s workflow and its App’s are gone', async () => {
    const { stage, first } = await stableStage(temporal)
    const sha = await stage.push({}, slow)
    await stage.release(sha, ({ weight }) => weight > 0)
    await stage.handle(sha).terminate('a test')
    await stage.appHandle().terminate('a test')
    await sweepUntil(stage, () => stage.releaseOf(sha)?.outcome !== undefined, 'the release has no outcome')
    expect(stage.releaseOf(sha)).toMatchObject({ outcome: 'failed' })
    expect(stage.served()).toEqual({ [first]: 1000 })
    await stage.close({ serves: first })
  })

  it('gives a commit its outcome that waited when its App’s workflow was lost', async () => {
    const { stage } = await stableStage(temporal)
    const held = hold(stage, 'build.build')
    const one = await stage.push()
    await held.reached()
    const two = await stage.push({}, manifestOf('supersede: queue'))
    await until(
      async () => stage.world.apps.get(`${stage.app.namespace}/shop`)?.waiting === two,
      () => 'the second push does not wait',
    )
    await stage.appHandle().terminate('a test')
    const runs = async () => (await stage.appHandle().describe()).status.name === 'RUNNING'
    await sweepUntil(stage, runs, 'the App’s workflow does not run')
    held.letGo()
    expect(await stage.ended(one)).toMatchObject({ outcome: 'promoted' })
    expect(await stage.ended(two)).toMatchObject({ outcome: 'promoted' })
    await stage.close({ serves: two })
  })

  it('closes a release that its App does not know to run any more', async () => {
    const { stage, first } = await stableStage(temporal)
    await idle(stage)
    const release = { app: stage.app, seq: 1, sha: first }
    const key = `${stage.app.namespace}/shop-1`
    const { outcome: _, ...open } = stage.world.releases.get(key) ?? { release }
    stage.world.releases.set(key, { ...open, phase: 'retiring' } as never)
    await sweepUntil(stage, () => stage.world.releases.get(key)?.outcome !== undefined, 'it stays open')
    expect(stage.world.releases.get(key)).toMatchObject({ outcome: 'promoted' })
    await stage.close({ serves: first })
  })

  it('puts back a route that another changed, once, and says who', async () => {
    const { stage, first } = await stableStage(temporal)
    await idle(stage)
    stage.world.gateway.tamper(stage.app, [{ revision: 'elsewhere', weight: 1000 }], 'kubectl-edit')
    expect((await sweep(stage)).done).toEqual([expect.stringContaining('kubectl-edit changed')])
    expect((await sweep(stage)).done).toEqual([])
    const told = stage.world.events.filter(({ phase }) => phase === 'Repaired')
    expect(told).toEqual([expect.objectContaining({ message: expect.stringContaining('kubectl-edit') })])
    await stage.close({ serves: first })
  })
})

describe('the schedule', () => {
  it('is made once, corrected when it is another one, and stays paused', async () => {
    // Over the connection that the worker has.
    const client = new Client({ connection: temporal.env.nativeConnection })
    const handle = client.schedule.getHandle(sweepSchedule.scheduleId)
    await Promise.all([ensure(client), ensure(client)])
    await handle.pause('a person')
    await handle.update(({ spec: _, ...rest }) => ({
      ...rest,
      spec: { intervals: [{ every: '5 minutes' }] },
    }))
    await ensure(client)
    const { spec, state, policies } = await handle.describe()
    expect(spec.intervals).toEqual([expect.objectContaining({ every: 60_000 })])
    expect(policies).toMatchObject({ overlap: 'SKIP', catchupWindow: 10_000 })
    expect(state).toMatchObject({ paused: true, note: 'a person' })
    await handle.delete()
  })
})
