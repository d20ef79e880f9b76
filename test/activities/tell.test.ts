// What is sent of a release, as an activity: where it goes on when an attempt was cut short, and when it is tried again.
import { ActivityCancellationDetails, type ApplicationFailure } from '@temporalio/common'
import { MockActivityEnvironment } from '@temporalio/testing'
import { describe, expect, it } from 'vitest'
import { createActivities } from '../../activities/index.ts'
import { NoAnswer } from '../../domain/no-answer.ts'
import { tellings } from '../../platform/events/transition.ts'
import { sinkWorld } from '../../platform/memory/sink.ts'
import { memoryPlatform } from '../../platform/memory.ts'
import type { CloudEvent } from '../../platform/platform.ts'
import { promoted } from '../platform/events/release.ts'

const { release, transitions } = promoted

/** A release that is over, and of which nobody was told. */
async function backlog() {
  const sink = sinkWorld()
  const { platform, world } = memoryPlatform({ sink })
  await platform.report.release(promoted)
  const { sendEvents } = createActivities(platform)
  const taken = () => [...sink.taken.values()].map(({ id }: CloudEvent) => id)
  return { sink, taken, world, sendEvents }
}

const idsOf = (from: number, to?: number): readonly string[] =>
  tellings(promoted, from)
    .filter(({ told }) => to === undefined || told <= to)
    .flatMap(({ events }) => events.map(({ id }) => id))

describe('a backlog', () => {
  it('goes on behind what an earlier attempt has sent', async () => {
    const { sink, taken, sendEvents } = await backlog()
    sink.answers.push('takes', 'takes', 'away')
    const beats: unknown[] = []
    const first = new MockActivityEnvironment()
    first.on('heartbeat', (told: unknown) => beats.push(told))
    await expect(first.run(sendEvents, { release, sent: 0 })).rejects.toThrow('the sink is away')
    expect(beats).toEqual([0, 1, 2])
    sink.taken.clear()
    const second = new MockActivityEnvironment({ heartbeatDetails: beats.at(-1) })
    expect(await second.run(sendEvents, { release, sent: 0 })).toBe(transitions.length)
    expect(taken()).toEqual(idsOf(2))
  })

  it('is left to another worker by one that stops', async () => {
    const { taken, sendEvents } = await backlog()
    const stopping = new MockActivityEnvironment()
    stopping.on('heartbeat', (told: unknown) => {
      if (told === 3)
        stopping.cancel('WORKER_SHUTDOWN', new ActivityCancellationDetails({ workerShutdown: true }))
    })
    await expect(stopping.run(sendEvents, { release, sent: 1 })).rejects.toThrow('WORKER_SHUTDOWN')
    expect(taken()).toEqual(idsOf(1, 3))
  })

  it('is tried again when the sink says so', async () => {
    const { world, sendEvents } = await backlog()
    world.before = () => {
      throw new NoAnswer('the sink did not take an event: status 429', { after: 7_000 })
    }
    const failure: ApplicationFailure = await new MockActivityEnvironment()
      .run(sendEvents, { release, sent: 0 })
      .then(
        () => Promise.reject(new Error('it was sent')),
        (error: ApplicationFailure) => error,
      )
    expect(failure).toMatchObject({ type: 'NoAnswer', nonRetryable: false, nextRetryDelay: 7_000 })
  })
})
