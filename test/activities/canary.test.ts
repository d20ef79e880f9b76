// The watch of a canary by the sequential test, as an activity: what it studies, remembers, tells, and what it does without data.
import { ActivityCancellationDetails } from '@temporalio/common'
import { MockActivityEnvironment } from '@temporalio/testing'
import { describe, expect, it } from 'vitest'
import type { CanaryWatch, CanaryWatched, Studied } from '../../activities/canary.ts'
import { defaultMethod, type Method } from '../../domain/judge/method.ts'
import type { WorldOptions } from '../../platform/memory/world.ts'
import { app, sharing } from './sharing.ts'

/** A stable revision that has served for ten minutes, and the study of it. */
async function studied(change: Partial<Method> = {}, options: WorldOptions = {}) {
  const stage = await sharing(0, options)
  await stage.world.clock.sleep(600_000)
  const { activities, world, status } = stage
  const method = { ...defaultMethod, ...change }
  const objectives = { success: 0.99, latency: { below: 0.5, share: 0.99 } }
  const study = { app, canary: 'canary', stable: 'stable', objectives, method, history: 86_400_000 }
  const run = (with_: object = {}) =>
    new MockActivityEnvironment().run(activities.studyStable, { ...study, ...with_ }) as Promise<Studied>
  /** The watch that follows, at the weight that the judge wanted. */
  const watchOf = async ({ judging, state, course }: Studied): Promise<CanaryWatch> => {
    await stage.give(course.weight)
    const setup = { method, baseline: judging.baseline, success: objectives.success }
    const since = world.clock.now()
    const question = { canary: 'canary', stable: 'stable', setup, weight: course.weight, since }
    return { app, question, course, state, stalled: false, status }
  }
  const watch = (asked: CanaryWatch) =>
    new MockActivityEnvironment().run(activities.watchCanary, asked) as Promise<CanaryWatched>
  return { ...stage, run, watchOf, watch }
}

const shutdown = new ActivityCancellationDetails({ workerShutdown: true })

describe('the study of the stable side', () => {
  it('finds its traffic, its errors, the bounds to judge and the gateway’s rhythm', async () => {
    const { run, world, canarySha } = await studied({}, { load: 50, scrapeEvery: 2_000 })
    world.plan(canarySha, { errors: 1 })
    const { judging, course } = await run()
    const { baseline, query } = judging
    expect(baseline.rate).toBeGreaterThan(45)
    expect(baseline.rate).toBeLessThan(55)
    expect(baseline).toMatchObject({ interval: 2, errors: 0, dispersion: 1 })
    expect(baseline.requests).toBeGreaterThan(20_000)
    expect(baseline.latency.at(-1)?.bound).toBe(0.5)
    expect(query).not.toBe('')
    expect(judging.objectives).toEqual({ success: 0.99, latency: { below: 0.5, share: 0.99 } })
    // 10 requests of 50 a second in 4 seconds are 5 %; 30 while nobody looks for 25 seconds are 2.4 %, and the rung below that is 1 %.
    expect(course).toMatchObject({ weight: 10, phase: 'ramp' })
  })

  it('begins without weight when the metrics do not answer, and with the least when they do', async () => {
    const { run, watchOf, watch, world } = await studied()
    world.metrics('silent')
    const study = await run()
    expect(study.judging.baseline.rate).toBeUndefined()
    expect(study.course).toMatchObject({ weight: 0, phase: 'blind' })
    const asked = await watchOf(study)
    world.metrics('well')
    const seen = await watch({ ...asked, stalled: true })
    expect(seen).toMatchObject({ kind: 'course', course: { weight: 1, phase: 'ramp' } })
  })

  it('refuses a latency that the gateway does not count', async () => {
    const { run } = await studied()
    const objectives = { success: 0.99, latency: { below: 0.4, share: 0.99 } }
    await expect(run({ objectives })).rejects.toMatchObject({ type: 'Invalid', nonRetryable: true })
  })
})

describe('the watch of a canary', () => {
  it('returns when the judge wants another weight, with the numbers', async () => {
    const { run, watchOf, watch, world } = await studied()
    const seen = await watch(await watchOf(await run()))
    expect(seen).toMatchObject({ kind: 'course', stalled: false, course: { phase: 'ramp' } })
    if (seen.kind !== 'course') throw new Error('the weight was not changed')
    expect(seen.course.weight).toBeGreaterThan(10)
    expect(seen.evidence.canary.requests).toBeGreaterThan(0)
    expect(seen.evidence.test?.harm).toBeLessThan(1)
    expect(world.gateway.writes(app)).toHaveLength(2)
  })

  it('counts the canary from its first request on', async () => {
    const { run, watchOf, watch, world, canarySha } = await studied()
    world.plan(canarySha, { errors: 1 })
    const asked = await watchOf(await run())
    // Its first requests come before the first look.
    await world.clock.sleep(2_000)
    const seen = await watch(asked)
    expect(seen.kind).toBe('harmful')
    if (seen.kind !== 'harmful') throw new Error('it is not harmful')
    const { canary, test } = seen.evidence
    expect(canary.errors).toBe(canary.requests)
    expect(test?.harmed).toBe(canary.errors)
    expect(canary.errors).toBeGreaterThan(1)
  })

  it('goes on from its last heartbeat, which stays small', async () => {
    const { run, watchOf, activities } = await studied({ rungRequests: 1e9, deadline: 100, warmup: 0 })
    const asked = await watchOf(await run())
    const first = new MockActivityEnvironment()
    const beats: { looks: number }[] = []
    first.on('heartbeat', (details: { looks: number }) => {
      beats.push(details)
      if (beats.length === 40) first.cancel('WORKER_SHUTDOWN', shutdown)
    })
    await expect(first.run(activities.watchCanary, asked)).rejects.toThrow('WORKER_SHUTDOWN')
    const last = beats.at(-1)
    expect(last?.looks).toBeGreaterThan(10)
    expect(JSON.stringify(last).length).toBeLessThan(16_000)
    const second = new MockActivityEnvironment({ heartbeatDetails: last })
    const seen = (await second.run(activities.watchCanary, asked)) as CanaryWatched
    if (seen.kind !== 'course') throw new Error(`it is ${seen.kind}`)
    // Every request since the rollout began is in it, whoever looked.
    const { from, to, canary } = seen.evidence
    const expected = (((to - from) / 1000) * 100 * asked.course.weight) / 1000
    expect(canary.requests).toBeGreaterThan(expected * 0.9)
    expect(canary.requests).toBeLessThan(expected * 1.1 + 5)
  })

  it.each(['silent', 'nonsense', 'unscraped'] as const)(
    'freezes when the metrics are %s, takes the weight to nothing after a minute, and gives it back',
    async (fare) => {
      const { run, watchOf, watch, world, give } = await studied({ rungRequests: 1e9 })
      const asked = await watchOf(await run())
      const from = world.clock.now()
      world.metrics(fare)
      const frozen = await watch(asked)
      expect(frozen).toMatchObject({ kind: 'stalled' })
      expect(world.clock.now() - from).toBeLessThan(45_000)
      if (frozen.kind !== 'stalled') throw new Error('it is not stalled')
      const blind = await watch({ ...asked, state: frozen.state, stalled: true })
      expect(blind).toMatchObject({ kind: 'course', stalled: true, course: { weight: 0, phase: 'blind' } })
      expect(world.clock.now() - from).toBeGreaterThan(60_000)
      if (blind.kind !== 'course') throw new Error('the weight stayed')
      await give(0)
      world.metrics('well')
      const back = await watch({ ...asked, course: blind.course, state: blind.state, stalled: true })
      expect(back).toMatchObject({ kind: 'course', stalled: false, course: { weight: asked.course.weight } })
    },
  )

  it('says that nobody comes when the deadline is over, and goes on when somebody does', async () => {
    const { run, watchOf, watch, world } = await studied({ deadline: 30 }, { load: 0 })
    const asked = await watchOf(await run())
    const seen = await watch(asked)
    expect(seen).toMatchObject({ kind: 'stalled', reason: expect.stringContaining('no request') })
    if (seen.kind !== 'stalled') throw new Error('it is not stalled')
    world.gateway.visitors(app, 100)
    const next = await watch({ ...asked, state: seen.state, stalled: true })
    expect(next.kind).not.toBe('stalled')
  })
})
