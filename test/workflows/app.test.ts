// An App's life: every push has one outcome, one release at a time, and nothing that is lost stays lost.
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { appWorkflowId, releaseName } from '../../domain/release.ts'
import { sourceMoved } from '../../workflows/messages.ts'
import { hold, manifestOf, openStage, type Stage, stableStage, until } from './stage.ts'
import { realServer, type Temporal } from './temporal.ts'

let temporal: Temporal
beforeAll(async () => {
  temporal = await realServer()
})
afterAll(() => temporal?.close())

describe('many pushes', () => {
  it('ten in a second: the first and the last are released, eight are recorded', async () => {
    const { stage, first } = await stableStage(temporal)
    const one = await stage.push({ buildWaitsFor: new Promise(() => {}) })
    await until(
      () => stage.world.building.has(one),
      () => 'the build has not begun',
    )
    const others: string[] = []
    for (let i = 0; i < 9; i += 1) others.push(await stage.push())
    const last = others.at(-1) ?? ''
    expect(await stage.ended(last)).toMatchObject({ outcome: 'promoted' })
    for (const sha of [one, ...others.slice(0, -1)]) {
      const { outcome, supersededBy, release } = await stage.ended(sha)
      expect(outcome).toBe('superseded')
      const newer = stage.world.releasesOf(stage.app).map((status) => releaseName(status.release))
      expect(newer.filter((name) => name !== releaseName(release))).toContain(supersededBy)
    }
    const released = stage.world.calls.filter(({ verb }) => verb === 'build.build')
    expect(released.length).toBeLessThanOrEqual(4)
    expect(stage.world.releasesOf(stage.app)).toHaveLength(11)
    expect(stage.served()).not.toHaveProperty(first)
    await stage.close({ serves: last })
  })

  it('one told a hundred times is one release', async () => {
    const { stage } = await stableStage(temporal)
    const sha = stage.commit()
    await Promise.all(Array.from({ length: 100 }, (_, i) => stage.say(sha, `delivery-${i % 3}`)))
    await stage.ended(sha)
    await stage.say(sha)
    await until(
      async () => (await stage.state()).active === undefined,
      () => 'the App is busy',
    )
    expect(stage.world.releasesOf(stage.app)).toHaveLength(2)
    await stage.close({ serves: sha })
  })

  it('told late, of what was long ago, are no news', async () => {
    const { stage, first } = await stableStage(temporal)
    const sha = await stage.push()
    await stage.ended(sha)
    const looks = () => stage.world.calls.filter(({ verb }) => verb === 'source.head').length
    const before = looks()
    await stage.say(first, 'redelivered')
    await until(
      () => looks() > before,
      () => 'nobody looked',
    )
    expect(stage.world.releasesOf(stage.app)).toHaveLength(2)
    await stage.close({ serves: sha })
  })

  it.each([
    ['that come close upon each other are looked at together', { many: 9, every: 100, looksAtMost: 3 }],
    // At once, after two seconds, after four more, after eight more; one each two seconds were seven.
    ['that storm are looked at more and more seldom', { many: 60, every: 200, looksAtMost: 5 }],
  ])('%s', async (_, { many, every, looksAtMost }) => {
    const { stage, first } = await stableStage(temporal)
    await idle(stage)
    const looks = () => stage.world.calls.filter(({ verb }) => verb === 'source.head').length
    const before = looks()
    const forged = Array.from({ length: many }, (_, i) => `${i + 100}`.padEnd(40, '0'))
    for (const sha of forged) {
      await stage.say(sha)
      await sleep(every)
    }
    for (const sha of forged) expect(await stage.ended(sha)).toMatchObject({ outcome: 'ignored' })
    expect(looks() - before).toBeLessThanOrEqual(looksAtMost)
    await stage.close({ serves: first })
  })

  it('a commit that the branch does not have is ignored, and known by that', async () => {
    const { stage, first } = await stableStage(temporal)
    const forged = 'f'.repeat(40)
    await stage.say(forged)
    expect(await stage.ended(forged)).toMatchObject({ outcome: 'ignored' })
    await stage.close({ serves: first })
  })

  it('that are told of in one message have an outcome each', async () => {
    const { stage } = await stableStage(temporal)
    const [older, newer, forged] = [stage.commit(), stage.commit(), 'f'.repeat(40)]
    const move = (after: string) => ({ ref: 'refs/heads/main', after, delivery: after })
    await stage.appHandle().signal(sourceMoved, move(forged), move(newer), move(older))
    expect(await stage.ended(newer)).toMatchObject({ outcome: 'promoted' })
    expect(await stage.ended(older)).toMatchObject({ outcome: 'superseded' })
    expect(await stage.ended(forged)).toMatchObject({ outcome: 'ignored' })
    await stage.close({ serves: newer })
  })

  it('say what began each release, who did, what it costs, and what took its place', async () => {
    const { stage, first } = await stableStage(temporal)
    expect(stage.releaseOf(first)).toMatchObject({ cause: 'push' })
    expect(stage.releaseOf(first)?.surge).toBeUndefined()
    await idle(stage)
    const sha = stage.commit({}, manifestOf().replaceAll('for: 5s', 'for: 1h'))
    const moved = { ref: 'refs/heads/main', after: sha, delivery: 'one', pusher: 'github:ana' }
    await stage.appHandle().signal(sourceMoved, moved)
    const surge = { pods: 2, cpu: '200m', memory: '512Mi' }
    await stage.release(sha, ({ weight }) => weight > 0)
    expect(stage.releaseOf(sha)).toMatchObject({ cause: 'push', by: 'github:ana', surge })
    const newer = await stage.push()
    await stage.ended(newer)
    expect(stage.releaseOf(sha)).toMatchObject({ outcome: 'superseded', supersededBy: 'shop-3' })
    await stage.close({ serves: newer })
  })

  it('back to what is stable ends what runs', async () => {
    const { stage, first } = await stableStage(temporal)
    const sha = await stage.push({ buildWaitsFor: new Promise(() => {}) })
    await until(
      () => stage.world.building.has(sha),
      () => 'the build has not begun',
    )
    stage.world.repositories.get(stage.source.repository)?.branches.set('main', first)
    await stage.say(first, 'forced')
    expect(await stage.ended(sha)).toMatchObject({ outcome: 'superseded' })
    await until(
      async () => (await stage.state()).active === undefined,
      () => 'the App is busy',
    )
    await stage.close({ serves: first })
  })
})

describe('the App’s workflow', () => {
  it('begins a new history when it is idle, and knows what it knew', async () => {
    const stage = await openStage(temporal, { renewAfter: 2 })
    const bad = await stage.push({ buildFails: 'no' })
    await stage.ended(bad)
    let last = bad
    for (let i = 0; i < 4; i += 1) {
      const { runId } = await stage.appHandle().describe()
      last = await stage.push()
      await stage.ended(last)
      await until(
        async () => (await stage.appHandle().describe()).runId !== runId,
        () => 'the history goes on',
      )
    }
    expect(await stage.state()).toMatchObject({ seq: 5, rejected: [bad], stable: { sha: last } })
    await stage.close({ serves: last })
  })

  it('is rebuilt from the cluster after it was terminated', async () => {
    const { stage, first } = await stableStage(temporal)
    const bad = await stage.push({ errors: 0.5 })
    await stage.ended(bad)
    await until(
      async () => (await stage.state()).active === undefined,
      () => 'the App is busy',
    )
    await stage.appHandle().terminate('a test')
    await stage.say(bad, 'after the loss')
    await until(
      async () => (await stage.state()).seq === 2 && (await stage.state()).stable?.sha === first,
      () => 'the App does not remember',
    )
    const good = await stage.push()
    expect(await stage.ended(good)).toMatchObject({ outcome: 'promoted', release: { seq: 3 } })
    expect(await stage.state()).toMatchObject({ rejected: [bad] })
    await stage.close({ serves: good })
  })

  it('follows a release again that outlived it', async () => {
    const { stage } = await stableStage(temporal)
    const held = hold(stage, 'build.build')
    const sha = await stage.push()
    await held.reached()
    await stage.appHandle().terminate('a test')
    const newer = await stage.push({}, manifestOf('supersede: queue'))
    await until(
      async () => (await stage.state()).waiting?.sha === newer,
      () => 'the newer push does not wait',
    )
    held.letGo()
    expect(await stage.ended(sha)).toMatchObject({ outcome: 'promoted' })
    expect(await stage.ended(newer)).toMatchObject({ outcome: 'promoted' })
    await stage.close({ serves: newer })
  })

  // The time-skipping server does not tell a parent that its child was terminated, so the App is lost too and finds out by asking.
  it('takes the traffic back when a release’s workflow was terminated', async () => {
    const { stage, first } = await stableStage(temporal)
    const sha = await stage.push({}, manifestOf().replaceAll('for: 5s', 'for: 1h'))
    await stage.release(sha, ({ weight }) => weight > 0)
    await stage.handle(sha).terminate('a test')
    await stage.appHandle().terminate('a test')
    await stage.say(sha, 'after the loss')
    expect(await stage.ended(sha)).toMatchObject({ outcome: 'failed' })
    const next = await stage.push()
    expect(await stage.ended(next)).toMatchObject({ outcome: 'promoted' })
    expect(stage.world.gateway.failed(stage.app)).toBe(0)
    expect(first).not.toBe(next)
    await stage.close({ serves: next })
  })

  it('does not try again what ended badly while nobody listened', async () => {
    const { stage, first } = await stableStage(temporal)
    await stage.ended(await stage.push({ buildFails: 'no' }))
    const held = hold(stage, 'traffic.write')
    const sha = await stage.push({ errors: 0.5 })
    await held.reached()
    await stage.appHandle().terminate('a test')
    held.letGo()
    expect(await stage.ended(sha)).toMatchObject({ outcome: 'rolled-back' })
    await stage.say(sha, 'after the loss')
    await until(
      async () => (await stage.state()).head === sha,
      () => 'the App does not look',
    )
    expect(await stage.state()).toMatchObject({ rejected: expect.arrayContaining([sha]) })
    expect((await stage.state()).active).toBeUndefined()
    await stage.close({ serves: first })
  })

  it('begins what waited for a lost release under a number that the traffic has not seen', async () => {
    const { stage } = await stableStage(temporal)
    const held = hold(stage, 'build.build')
    const lost = await stage.push()
    await held.reached()
    const waits = await stage.push({}, manifestOf('supersede: queue'))
    await until(
      async () => (await stage.state()).waiting?.sha === waits,
      () => 'the second push does not wait',
    )
    await stage.handle(lost).terminate('a test')
    held.letGo()
    expect(await stage.ended(lost)).toMatchObject({ outcome: 'failed' })
    expect(await stage.ended(waits)).toMatchObject({ outcome: 'promoted' })
    await stage.close({ serves: waits })
  })

  it('calls a release promoted that was lost when it had all traffic, and keeps what served before', async () => {
    const { stage, first } = await stableStage(temporal)
    const held = hold(stage, 'deploy.keep')
    const sha = await stage.push()
    await held.reached()
    await stage.handle(sha).terminate('a test')
    expect(await stage.ended(sha)).toMatchObject({ outcome: 'promoted', weight: 1000 })
    held.letGo()
    const kept = () => [...stage.world.revisions.values()].filter(({ served }) => served !== undefined)
    await until(
      () => kept().some(({ revision }) => revision.sha === first),
      () => 'what served before is not kept',
    )
    expect((await stage.state()).rejected).toEqual([])
    await stage.close({ serves: sha })
  })

  it('takes the way back from nobody when a release is lost', async () => {
    const { stage, first } = await stableStage(temporal)
    const second = await stage.push()
    await stage.ended(second)
    const sha = await stage.push({}, manifestOf().replaceAll('for: 5s', 'for: 1h'))
    await stage.release(sha, ({ weight }) => weight > 0)
    await stage.handle(sha).terminate('a test')
    expect(await stage.ended(sha)).toMatchObject({ outcome: 'failed' })
    expect(stage.world.revisionsOf(stage.app).map((one) => one.sha)).toContain(first)
    await stage.close({ serves: second })
  })

  it('closes a push once that a person goes back past while it is looked at', async () => {
    const { stage } = await stableStage(temporal)
    const second = await stage.push()
    await stage.ended(second)
    await stage.askApp('freeze')
    const passed = await stage.push()
    await until(
      async () => (await stage.state()).waiting?.sha === passed,
      () => 'the push is not seen',
    )
    const held = hold(stage, 'source.isAncestor', (_, sha) => sha === passed)
    const head = await stage.push()
    await held.reached()
    await stage.askApp('rollback')
    held.letGo()
    await stage.askApp('unfreeze')
    await until(
      () => stage.releaseOf(head)?.outcome !== undefined,
      () => 'the newer push has no outcome',
    )
    const outcomes = stage.world.releasesOf(stage.app).filter(({ release }) => release.sha === passed)
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['aborted'])
    await stage.stopWork()
  })

  it('ends when the App is not declared any more, and leaves the traffic', async () => {
    const { stage, first } = await stableStage(temporal)
    stage.world.declared.clear()
    await stage.say(first, 'deleted')
    await until(
      async () => (await stage.appHandle().describe()).status.name === 'COMPLETED',
      () => 'it does not end',
    )
    expect(stage.served()).toEqual({ [first]: 1000 })
    await stage.close({ serves: first })
  })

  it('lives on when it may not look, and looks again when it is told', async () => {
    const stage = await openStage(temporal)
    const { PermanentFailure } = await import('../../domain/failure.ts')
    let forbidden = true
    stage.hooks.push(() => {
      if (forbidden) throw new PermanentFailure('Forbidden', 'no role in this namespace')
    })
    const sha = await stage.push()
    const handle = temporal.env.client.workflow.getHandle(appWorkflowId(stage.app))
    await until(
      () => stage.world.calls.length > 1,
      () => 'nobody looked',
    )
    expect((await handle.describe()).status.name).toBe('RUNNING')
    forbidden = false
    await stage.say(sha, 'allowed')
    expect(await stage.ended(sha)).toMatchObject({ outcome: 'promoted' })
    await stage.close({ serves: sha })
  })
})

/** After a release the App looks once more by itself: what it finds then was pushed by nobody whom it knows. */
const idle = (stage: Stage): Promise<void> =>
  until(
    async () => {
      if ((await stage.state()).active) return false
      const { raw } = await stage.appHandle().describe()
      return (raw.pendingActivities ?? []).length === 0 && !raw.pendingWorkflowTask
    },
    () => 'the App is busy',
  )
