// The watch of a step by fixed objectives, as an activity: what it remembers when its worker is lost, what it tells, how its failures leave it.
import { ActivityCancellationDetails, ApplicationFailure } from '@temporalio/common'
import { MockActivityEnvironment } from '@temporalio/testing'
import { describe, expect, it } from 'vitest'
import type { Watch, Watched } from '../../activities/step.ts'
import { PermanentFailure } from '../../domain/failure.ts'
import { app, sharing } from './sharing.ts'

/** Two revisions at half the traffic each. */
async function halfway() {
  const { world, activities, status } = await sharing(500)
  const objectives = { success: 0.99 }
  const step = { requests: 20, looks: 3, since: world.clock.now(), for: 60_000 }
  const watch: Watch = {
    app,
    question: { canary: 'canary', stable: 'stable', objectives, ...step },
    onNoTraffic: 'hold',
    stalled: false,
    status,
  }
  return { world, activities, watch }
}

const shutdown = new ActivityCancellationDetails({ workerShutdown: true })

describe('a watch', () => {
  it('goes on from its last heartbeat', async () => {
    const { world, activities, watch } = await halfway()
    const first = new MockActivityEnvironment()
    const beats: unknown[] = []
    first.on('heartbeat', (details: unknown) => {
      beats.push(details)
      if (beats.length === 20) first.cancel('WORKER_SHUTDOWN', shutdown)
    })
    await expect(first.run(activities.watchStep, watch)).rejects.toThrow('WORKER_SHUTDOWN')
    const before = world.clock.now()
    const second = new MockActivityEnvironment({ heartbeatDetails: beats.at(-1) })
    const seen = (await second.run(activities.watchStep, watch)) as Watched
    expect(seen).toMatchObject({ kind: 'safe' })
    // It judged the whole step, though it looked for the rest of it only.
    expect(world.clock.now() - before).toBeLessThan(50_000)
    if (seen.kind !== 'safe') throw new Error('it is not safe')
    expect(seen.evidence.canary.requests).toBeGreaterThan(2_500)
    expect(JSON.stringify(beats.at(-1)).length).toBeLessThan(16_000)
  })

  it('reports the numbers now and then', async () => {
    const { world, activities, watch } = await halfway()
    await new MockActivityEnvironment().run(activities.watchStep, watch)
    const told = world.calls.filter(({ verb }) => verb === 'report.release')
    expect(told.length).toBeGreaterThan(8)
    expect(told.length).toBeLessThan(20)
    expect(world.releasesOf(app)[0]?.evidence?.canary.requests).toBeGreaterThan(1_000)
  })

  it('never moves traffic', async () => {
    const { world, activities, watch } = await halfway()
    const writes = world.gateway.writes(app).length
    await new MockActivityEnvironment().run(activities.watchStep, watch)
    expect(world.gateway.writes(app)).toHaveLength(writes)
  })

  it('is not failed by a report that is', async () => {
    const { world, activities, watch } = await halfway()
    world.before = ({ verb }) => {
      if (verb === 'report.release') throw new Error('the API server is away')
    }
    expect(await new MockActivityEnvironment().run(activities.watchStep, watch)).toMatchObject({
      kind: 'safe',
    })
  })
})

describe('a permanent failure', () => {
  const failing = async (reason: 'Fenced' | 'Forbidden') => {
    const { world, activities, watch } = await halfway()
    world.before = ({ verb }) => {
      if (verb === 'traffic.write') throw new PermanentFailure(reason, 'no', { detail: 'why' })
    }
    const weights = [{ revision: 'stable', weight: 1000 }]
    const route = { app: watch.app, hosts: [], weights, epoch: { seq: 1, n: 2 }, stable: 'stable' }
    const run = (act: (route: never) => Promise<unknown>, given: unknown) =>
      new MockActivityEnvironment().run(act as (given: unknown) => Promise<unknown>, given).then(
        () => undefined,
        (error: unknown) => error,
      )
    return {
      forward: await run(activities.shiftTraffic, { route }),
      back: await run(activities.returnTraffic, route),
    }
  }

  it('is not tried again, and keeps its reason and detail', async () => {
    const { forward } = await failing('Forbidden')
    expect(forward).toBeInstanceOf(ApplicationFailure)
    expect(forward).toMatchObject({ nonRetryable: true, type: 'Forbidden', message: 'no', details: ['why'] })
  })

  it('is tried again on the way back, unless something newer owns the route', async () => {
    expect((await failing('Forbidden')).back).toMatchObject({ nonRetryable: false, type: 'Forbidden' })
    expect((await failing('Fenced')).back).toMatchObject({ nonRetryable: true, type: 'Fenced' })
  })
})
