// What ends a release from outside: a newer push, a person's abort, a cancellation; in every phase.
import { WorkflowUpdateFailedError } from '@temporalio/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ReleaseStatus } from '../../domain/release.ts'
import { command } from '../../workflows/messages.ts'
import { hold, manifestOf, openStage, stableStage, until } from './stage.ts'
import { realServer, type Temporal } from './temporal.ts'

let temporal: Temporal
beforeAll(async () => {
  temporal = await realServer()
})
afterAll(() => temporal?.close())

const rollingOut = ({ phase, weight }: ReleaseStatus) => phase === 'rolling-out' && weight > 0

/** Steps that last as long as a test likes. */
const slow = manifestOf().replaceAll('for: 5s', 'for: 1h')

describe('a newer push', () => {
  it('takes the place of a release that builds', async () => {
    const { stage } = await stableStage(temporal)
    const old = await stage.push({ buildWaitsFor: new Promise(() => {}) })
    await until(
      () => stage.world.building.has(old),
      () => 'the build has not begun',
    )
    const sha = await stage.push()
    expect(await stage.ended(old)).toMatchObject({
      outcome: 'superseded',
      message: `superseded by shop-3 (${sha.slice(0, 7)})`,
      supersededBy: 'shop-3',
    })
    expect(await stage.ended(sha)).toMatchObject({ outcome: 'promoted' })
    expect(stage.weightsOf(old)).toEqual([])
    expect(stage.world.building.size).toBe(0)
    await stage.close({ serves: sha })
  })

  it('takes the place of a return: what was started for it is stopped, and stays kept in its old place', async () => {
    const { stage, first } = await stableStage(temporal)
    const second = await stage.push()
    await stage.ended(second)
    const name = stage.releaseOf(first)?.revision ?? ''
    await until(
      () => stage.world.revisions.get(name)?.pods === 0,
      () => 'the first revision is not stopped',
    )
    const servedUntil = stage.world.revisions.get(name)?.served
    stage.world.plan(first, { readyAfter: 1_000_000 })
    await stage.askApp('rollback')
    await until(
      () => stage.world.revisions.get(name)?.pods !== 0,
      () => 'the first revision is not started',
    )
    const third = await stage.push({ buildFails: 'no' })
    expect(await stage.ended(third)).toMatchObject({ outcome: 'failed' })
    expect(stage.releaseOf(first)).toMatchObject({ cause: 'return', outcome: 'superseded' })
    expect(stage.world.revisions.get(name)).toMatchObject({ pods: 0, served: servedUntil })
    expect(stage.served()).toEqual({ [second]: 1000 })
    stage.world.plan(first, { readyAfter: 0 })
    await stage.askApp('rollback')
    await until(
      () => stage.served()[first] === 1000,
      () => JSON.stringify(stage.served()),
    )
    await stage.stopWork()
  })

  it('takes the place of a release that rolls out: its traffic goes back first', async () => {
    const { stage } = await stableStage(temporal)
    const old = await stage.push({}, slow)
    await stage.release(old, rollingOut)
    const sha = await stage.push()
    expect(await stage.ended(old)).toMatchObject({ outcome: 'superseded', weight: 0 })
    expect(await stage.ended(sha)).toMatchObject({ outcome: 'promoted' })
    expect(stage.weightsOf(old)).toEqual([100, 0])
    await stage.close({ serves: sha })
  })

  it('waits for a release that is being taken back, and changes nothing of it', async () => {
    const { stage } = await stableStage(temporal)
    const way = hold(stage, 'deploy.remove')
    const old = await stage.push({ errors: 0.5 })
    await way.reached()
    const sha = await stage.push()
    await until(
      async () => (await stage.state()).waiting?.sha === sha,
      () => 'the newer push does not wait',
    )
    way.letGo()
    expect(await stage.ended(old)).toMatchObject({ outcome: 'rolled-back' })
    expect(await stage.ended(sha)).toMatchObject({ outcome: 'promoted' })
    await stage.close({ serves: sha })
  })

  it('waits its turn when its file says so', async () => {
    const { stage } = await stableStage(temporal)
    const queued = manifestOf('supersede: queue')
    const let1 = hold(stage, 'build.build')
    const one = await stage.push({}, queued)
    await let1.reached()
    const two = await stage.push({}, queued)
    await until(
      async () => (await stage.state()).waiting?.sha === two,
      () => 'the second push does not wait',
    )
    const three = await stage.push({}, queued)
    expect(await stage.ended(two)).toMatchObject({ outcome: 'superseded' })
    let1.letGo()
    expect(await stage.ended(one)).toMatchObject({ outcome: 'promoted' })
    expect(await stage.ended(three)).toMatchObject({ outcome: 'promoted' })
    await stage.close({ serves: three })
  })
})

describe('an abort', () => {
  it.each([
    { phase: 'reading', verb: 'source.read' },
    { phase: 'building', verb: 'build.build' },
    { phase: 'deploying', verb: 'deploy.create' },
    { phase: 'shifting', verb: 'traffic.write' },
    { phase: 'watching', verb: 'metrics.counters' },
  ])('while $phase leads back to the stable revision', async ({ verb }) => {
    const { stage, first } = await stableStage(temporal)
    let sha = ''
    const held = hold(stage, verb, () => stage.releaseOf(sha) !== undefined)
    sha = await stage.push({}, slow)
    await held.reached()
    const answer = await stage.abort(sha)
    expect(answer.message).toContain('aborted')
    held.letGo()
    expect(await stage.ended(sha)).toMatchObject({
      outcome: 'aborted',
      message: 'aborted by ana: it is late',
    })
    await stage.close({ serves: first })
  })

  it('at full leads back, the old revision is still there', async () => {
    const { stage, first } = await stableStage(temporal)
    const sha = await stage.push({}, manifestOf().replace('bake: 5s', 'bake: 1d'))
    await stage.release(sha, ({ phase }) => phase === 'baking')
    await stage.abort(sha)
    expect(await stage.ended(sha)).toMatchObject({ outcome: 'aborted', weight: 0 })
    expect(stage.weightsOf(sha).at(-1)).toBe(0)
    await stage.close({ serves: first })
  })

  it('is answered once, whoever asks twice', async () => {
    const { stage, first } = await stableStage(temporal)
    const held = hold(stage, 'build.build')
    const sha = await stage.push()
    await held.reached()
    const request = { id: 'one', verb: 'abort', reason: '', by: 'ana' } as const
    const handle = stage.handle(sha)
    const again = () => handle.executeUpdate(command, { args: [request] })
    expect([await again(), await again()]).toEqual([await again(), await again()])
    held.letGo()
    expect(await stage.ended(sha)).toMatchObject({ outcome: 'aborted', message: 'aborted by ana' })
    await stage.close({ serves: first })
  })

  it('is refused, with the reason, when the release is being taken back', async () => {
    const { stage, first } = await stableStage(temporal)
    const held = hold(stage, 'deploy.remove')
    const sha = await stage.push({ errors: 0.5 })
    await held.reached()
    await expect(stage.abort(sha)).rejects.toThrow(WorkflowUpdateFailedError)
    await expect(stage.abort(sha)).rejects.toMatchObject({
      cause: { message: 'cannot abort: it is being taken back', type: 'Refused' },
    })
    held.letGo()
    await stage.ended(sha)
    await stage.close({ serves: first })
  })

  it('is refused when the release is promoted', async () => {
    const { stage } = await stableStage(temporal)
    const held = hold(stage, 'deploy.keep')
    const sha = await stage.push()
    await held.reached()
    await expect(stage.abort(sha)).rejects.toMatchObject({
      cause: { message: 'cannot abort: it is promoted already' },
    })
    held.letGo()
    await stage.ended(sha)
    await stage.close({ serves: sha })
  })

  it('of the first release leaves nothing, and once it takes traffic is refused', async () => {
    const stage = await openStage(temporal)
    const held = hold(stage, 'build.build')
    const sha = await stage.push()
    await held.reached()
    await stage.abort(sha)
    held.letGo()
    expect(await stage.ended(sha)).toMatchObject({ outcome: 'aborted' })
    expect(stage.world.gateway.route(stage.app)).toBeUndefined()
    const written = hold(stage, 'traffic.write')
    const second = await stage.push()
    await written.reached()
    await expect(stage.abort(second)).rejects.toMatchObject({ cause: { type: 'Refused' } })
    written.letGo()
    await stage.ended(second)
    await stage.close({ serves: second })
  })
})

describe('a rollback of a running release', () => {
  it('leads back as an abort does, under its own name', async () => {
    const { stage, first } = await stableStage(temporal)
    const sha = await stage.push({}, slow)
    await stage.release(sha, rollingOut)
    const request = { id: 'back', verb: 'rollback', reason: 'slow', by: 'ana' } as const
    await stage.handle(sha).executeUpdate(command, { args: [request] })
    expect(await stage.ended(sha)).toMatchObject({
      outcome: 'rolled-back',
      message: 'rolled back by ana: slow',
    })
    await stage.close({ serves: first })
  })
})

describe('a cancellation in Temporal', () => {
  it('leads back as an abort does', async () => {
    const { stage, first } = await stableStage(temporal)
    const sha = await stage.push({}, slow)
    await stage.release(sha, rollingOut)
    await stage.handle(sha).cancel()
    expect(await stage.ended(sha)).toMatchObject({
      outcome: 'aborted',
      message: 'cancelled in Temporal',
      weight: 0,
    })
    await stage.close({ serves: first })
  })
})

describe('a way back that leads nowhere', () => {
  it.each([
    ['stays with who has it', false],
    ['is nowhere, when the route was deleted, too', true],
  ])('because stable was deleted by hand ends, and says so: the traffic %s', async (_, routeToo) => {
    const { stage, first } = await stableStage(temporal)
    const sha = await stage.push({}, slow)
    await stage.release(sha, rollingOut)
    const stable = stage.releaseOf(first)?.revision ?? ''
    stage.world.revisions.delete(stable)
    if (routeToo) await stage.platform.traffic.remove(stage.app)
    await stage.ask(sha, 'rollback', { reason: 'wrong colour' })
    const { outcome, message } = await stage.ended(sha)
    expect(outcome).toBe('failed')
    expect(message).toContain('rolled back by ana: wrong colour; the traffic cannot go back, because')
    expect(message).toContain(stable)
    if (!routeToo)
      expect(stage.world.gateway.route(stage.app)?.weights).toContainEqual({
        revision: stage.releaseOf(sha)?.revision,
        weight: 100,
      })
    const next = await stage.push()
    expect(await stage.ended(next)).toMatchObject({ outcome: 'promoted' })
    await stage.stopWork()
  })
})
