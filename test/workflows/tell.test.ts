// Others are told of a release by a workflow of its own: in the end all of it, however long they were away, and the release waits for nobody.
import type { WorkflowHandle } from '@temporalio/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { appKey } from '../../domain/app.ts'
import { RateLimited } from '../../domain/failure.ts'
import { NoAnswer } from '../../domain/no-answer.ts'
import { type ReleaseStatus, releaseWorkflowId } from '../../domain/release.ts'
import { type TellInput, tellWorkflowId } from '../../domain/telling.ts'
import { eventsOf } from '../../platform/events/transition.ts'
import { forgeWorld } from '../../platform/memory/forge.ts'
import { sinkWorld } from '../../platform/memory/sink.ts'
import type { WorldCall } from '../../platform/memory/world.ts'
import { hold, manifestOf, openStage, type Stage, until } from './stage.ts'
import { realServer, type Temporal } from './temporal.ts'

let temporal: Temporal
beforeAll(async () => {
  temporal = await realServer()
})
afterAll(() => temporal.close())

const quick = manifestOf().replaceAll('for: 5s', 'for: 1s').replace('bake: 5s', 'bake: 1s')

/** An App whose commits and events are told of. */
async function told(whom: 'both' | 'the host alone' = 'both') {
  const [forge, sink] = [forgeWorld(), sinkWorld()]
  const stage = await openStage(temporal, { forge, ...(whom === 'both' && { sink }) })
  const checkOf = (sha: string) => {
    const release = stage.releaseOf(sha)?.release
    return release && forge.checks.get(releaseWorkflowId(release))
  }
  return { stage, forge, sink, checkOf }
}

/** The next calls of a verb end like this, one after the other. */
function failing({ hooks }: Stage, verb: WorldCall['verb'], errors: Error[]): void {
  hooks.push((call) => {
    const error = call.verb === verb ? errors.shift() : undefined
    if (error) throw error
  })
}

const allSaid = async ({ client, releaseOf }: Stage, sha: string): Promise<void> => {
  const release = releaseOf(sha)?.release
  if (!release) throw new Error('there is no release')
  await client.workflow.getHandle(tellWorkflowId(release)).result()
}

async function hasHeardTheEnd(tell: WorkflowHandle): Promise<boolean> {
  const { events } = await tell.fetchHistory()
  const heard = (events ?? []).flatMap(
    ({ workflowExecutionSignaledEventAttributes: signal }) => signal?.input?.payloads ?? [],
  )
  return heard.some(({ data }) => Buffer.from(data ?? []).includes('"ended":true'))
}

describe('a release is told', () => {
  it('on its commit and to the sink, to its end', async () => {
    const { stage, forge, sink, checkOf } = await told()
    const sha = await stage.push({}, quick)
    await stage.release(sha, ({ outcome }) => outcome === 'promoted')
    await allSaid(stage, sha)
    expect(checkOf(sha)).toMatchObject({ sha, status: 'completed', conclusion: 'success' })
    expect([...forge.deployments.values()]).toMatchObject([{ sha, state: 'success' }])
    // What was not known yet when it was sent is missing there; what happened is not.
    const happened = eventsOf(stage.releaseOf(sha) as ReleaseStatus)
    expect([...sink.taken.values()].map(({ id }) => id)).toEqual(happened.map(({ id }) => id))
    await stage.close({ serves: sha })
  })

  it('when it was taken back: the commit says so, and what served is told of', async () => {
    const { stage, checkOf, sink } = await told()
    const good = await stage.push({}, quick)
    await stage.release(good, ({ outcome }) => outcome === 'promoted')
    const bad = await stage.push({ errors: 0.6 }, quick)
    await stage.release(bad, ({ outcome }) => outcome === 'rolled-back')
    await allSaid(stage, bad)
    expect(checkOf(bad)).toMatchObject({ status: 'completed', conclusion: 'failure' })
    expect([...sink.taken.values()].map(({ type }) => type)).toContain(
      'dev.cdevents.service.rolledback.0.2.0',
    )
    await stage.close({ serves: good })
  })

  it('late, when the host was away: the release has ended meanwhile', async () => {
    const { stage, checkOf } = await told()
    let away = true
    stage.hooks.push(({ verb }) => {
      if (away && verb === 'forge.tell') throw new Error('the key was revoked')
    })
    const sha = await stage.push({}, quick)
    await stage.release(sha, ({ outcome }) => outcome === 'promoted')
    expect(checkOf(sha)).toBeUndefined()
    away = false
    await allSaid(stage, sha)
    expect(checkOf(sha)).toMatchObject({ status: 'completed', conclusion: 'success' })
    await stage.close({ serves: sha })
  })

  it('when the host says that it may be asked again, and not before', async () => {
    const { stage, checkOf } = await told()
    failing(stage, 'forge.tell', [new RateLimited('GitHub refuses PATCH: its secondary limit', 5_000)])
    const sha = await stage.push({}, quick)
    await stage.release(sha, ({ outcome }) => outcome === 'promoted')
    await allSaid(stage, sha)
    expect(checkOf(sha)).toMatchObject({ conclusion: 'success' })
    const [first, second] = stage.world.calls.filter(({ verb }) => verb === 'forge.tell')
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(5_000)
    await stage.close({ serves: sha })
  })

  it('to the host also when the sink takes nothing, and the other way round', async () => {
    const { stage, checkOf, sink } = await told()
    stage.hooks.push(({ verb }) => {
      if (verb === 'sink.tell') throw new Error('the sink is away')
    })
    const sha = await stage.push({}, quick)
    await stage.release(sha, ({ outcome }) => outcome === 'promoted')
    await until(
      () => checkOf(sha)?.conclusion === 'success',
      () => 'the commit does not say it',
    )
    expect(sink.taken.size).toBe(0)
    await stage.close({ serves: sha })
  })

  it('when the sink takes but two events at a time: all of them in the end, without a longer history', async () => {
    const { stage, sink } = await told()
    let away = true
    stage.hooks.push(({ verb }) => {
      if (verb !== 'sink.tell') return
      if (away) throw new NoAnswer('the sink is away', { after: 100 })
      sink.answers.splice(0, sink.answers.length, 'takes', 'takes', 'away')
    })
    const sha = await stage.push({}, quick)
    const { release } = await stage.release(sha, ({ outcome }) => outcome === 'promoted')
    away = false
    await allSaid(stage, sha)
    const happened = eventsOf(stage.releaseOf(sha) as ReleaseStatus)
    expect(happened.length).toBeGreaterThan(6)
    expect([...sink.taken.values()].map(({ id }) => id)).toEqual(happened.map(({ id }) => id))
    const history = await stage.client.workflow.getHandle(tellWorkflowId(release)).fetchHistory()
    const sendings = history.events?.filter(
      ({ activityTaskScheduledEventAttributes: scheduled }) => scheduled?.activityType?.name === 'sendEvents',
    )
    expect(sendings?.length).toBeLessThanOrEqual(2)
    await stage.close({ serves: sha })
  })

  it('in one history after another, when there is much to say', async () => {
    const { stage, checkOf, forge } = await told()
    const { app, client, commit, say, taskQueue } = stage
    await stage.release(await stage.push({}, quick), ({ outcome }) => outcome === 'promoted')
    const sha = commit({}, quick)
    const release = { app, seq: 2, sha }
    const input: TellInput = { release, repository: stage.source.repository, events: false, renewAfter: 2 }
    const { firstExecutionRunId } = await client.workflow.start('tell', {
      workflowId: tellWorkflowId(release),
      taskQueue,
      args: [input],
    })
    await say(sha)
    await stage.release(sha, ({ outcome }) => outcome === 'promoted')
    const handle = client.workflow.getHandle(tellWorkflowId(release))
    await handle.result()
    expect((await handle.describe()).runId).not.toBe(firstExecutionRunId)
    expect(checkOf(sha)).toMatchObject({ conclusion: 'success' })
    expect([...forge.checks.values()].filter((check) => check.sha === sha)).toHaveLength(1)
    await stage.close({ serves: sha })
  })

  it.each([
    ['the sink', 'sink.tell'],
    ['the host', 'forge.tell'],
  ])('its end to both, when %s is slow and there is much to say', async (_, verb) => {
    const { stage, checkOf, sink } = await told()
    const { app, client, commit, say, taskQueue } = stage
    const sha = commit({}, quick)
    const release = { app, seq: 1, sha }
    const tell = client.workflow.getHandle(tellWorkflowId(release))
    const { workflowId } = tell
    const input: TellInput = { release, repository: stage.source.repository, events: true, renewAfter: 2 }
    await client.workflow.start('tell', { workflowId, taskQueue, args: [input] })
    const held = hold(stage, verb)
    await say(sha)
    await stage.release(sha, ({ outcome }) => outcome === 'promoted')
    await until(
      () => hasHeardTheEnd(tell),
      () => 'the end was not heard',
    )
    held.letGo()
    await tell.result()
    expect(checkOf(sha)).toMatchObject({ status: 'completed', conclusion: 'success' })
    const happened = eventsOf(stage.releaseOf(sha) as ReleaseStatus)
    expect([...sink.taken.values()].map(({ id }) => id)).toEqual(happened.map(({ id }) => id))
    await stage.close({ serves: sha })
  })

  it('to its end on its commit, also when its App is declared no more', async () => {
    const { stage, checkOf } = await told('the host alone')
    const held = hold(stage, 'metrics.counters')
    const sha = await stage.push({}, quick)
    await held.reached()
    await until(
      () => checkOf(sha)?.status === 'in_progress',
      () => 'the commit does not show it',
    )
    stage.world.declared.delete(appKey(stage.app))
    await stage.world.clock.sleep(120_000)
    held.letGo()
    await stage.release(sha, ({ outcome }) => outcome === 'promoted')
    await until(
      () => checkOf(sha)?.conclusion === 'success',
      () => 'the commit does not say how it ended',
    )
    await stage.close({ serves: sha })
  })

  it('as cancelled on its commit, when its record is gone before the commit was told how it ended', async () => {
    const { stage, forge, checkOf } = await told()
    const held = hold(stage, 'metrics.counters')
    const sha = await stage.push({}, quick)
    await held.reached()
    await until(
      () => forge.deployments.size > 0,
      () => 'the commit does not show it',
    )
    let away = true
    stage.hooks.push(({ verb }) => {
      if (away && verb === 'forge.tell') throw new Error('the key was revoked')
    })
    held.letGo()
    const { release } = await stage.release(sha, ({ outcome }) => outcome === 'promoted')
    expect(checkOf(sha)).toMatchObject({ status: 'in_progress' })
    stage.world.releases.clear()
    away = false
    await stage.client.workflow.getHandle(tellWorkflowId(release)).result()
    expect(forge.checks.get(releaseWorkflowId(release))).toMatchObject({ conclusion: 'cancelled' })
    expect([...forge.deployments.values()]).toMatchObject([{ sha, state: 'inactive' }])
    await stage.stopWork()
  })

  it('each of its weights', async () => {
    const { stage, forge } = await told()
    await stage.release(await stage.push({}, quick), ({ outcome }) => outcome === 'promoted')
    const titles = new Set<string>()
    stage.after.push((verb) => {
      if (verb === 'forge.tell')
        for (const { title } of [...forge.checks.values()].map(({ output }) => output)) titles.add(title)
    })
    const sha = await stage.push({}, manifestOf())
    await stage.release(sha, ({ outcome }) => outcome === 'promoted')
    await allSaid(stage, sha)
    for (const weight of ['10%', '25%', '50%'])
      expect(
        [...titles].some((title) => title.startsWith(weight)),
        weight,
      ).toBe(true)
    await stage.close({ serves: sha })
  })

  it('with the question of its gate, and how it was answered', async () => {
    const { stage, forge } = await told()
    await stage.release(await stage.push({}, quick), ({ outcome }) => outcome === 'promoted')
    const gated = quick.replace('bake: 1s', 'bake: 1s\n    gates: [{before: 50, approvers: [ana]}]')
    const sha = await stage.push({}, gated)
    const { release } = await stage.release(sha, ({ waiting }) => waiting?.for === 'approval')
    const question = () => forge.checks.get(`${releaseWorkflowId(release)}/approve/before-50`)
    await until(
      () => question()?.conclusion === 'action_required',
      () => JSON.stringify(question()),
    )
    await stage.ask(sha, 'approve', { principal: 'user:ana' })
    await stage.release(sha, ({ outcome }) => outcome === 'promoted')
    await allSaid(stage, sha)
    expect(question()).toMatchObject({ conclusion: 'success' })
    await stage.close({ serves: sha })
  })
})
