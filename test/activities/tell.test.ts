// What is sent of a release, as an activity: where it goes on when an attempt was cut short, and when it is tried again.

import type { Client } from '@temporalio/client'
import { ActivityCancellationDetails, type ApplicationFailure } from '@temporalio/common'
import { MockActivityEnvironment } from '@temporalio/testing'
import { describe, expect, it } from 'vitest'
import { createActivities } from '../../activities/index.ts'
import { NoAnswer } from '../../domain/no-answer.ts'
import type { ReleaseStatus } from '../../domain/release.ts'
import type { News } from '../../domain/telling.ts'
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

/** The standings that are announced, but for the first so many, which do not arrive. */
function announcing(lost = 0) {
  const { platform } = memoryPlatform({ sink: sinkWorld() })
  const activities = createActivities(platform)
  const heard: string[] = []
  let left = lost
  const signalWithStart = async (_: string, { signalArgs: [news] }: { signalArgs: readonly [News] }) => {
    left -= 1
    if (left >= 0) throw new Error('the worker died')
    heard.push(news.standing)
  }
  const withAbortSignal = (_: AbortSignal, ask: () => Promise<unknown>) => ask()
  const client = { withAbortSignal, workflow: { signalWithStart } } as unknown as Client
  const inActivity = () => new MockActivityEnvironment({}, { client })
  return { platform, activities, heard, inActivity }
}

const idsOf = (from: number, to?: number): readonly string[] =>
  tellings(promoted, from)
    .filter(({ told }) => to === undefined || told <= to)
    .flatMap(({ events }) => events.map(({ id }) => id))

describe('what is reported of a release', () => {
  it('is announced, but for what came too late', async () => {
    const { activities, heard, inActivity } = announcing()
    const { outcome: _, ...goesOn } = promoted
    const before = { ...goesOn, weight: 0, transitions: transitions.slice(0, 2) }
    const building: ReleaseStatus = { ...before, phase: 'building' }
    const late: ReleaseStatus = { ...before, phase: 'deploying' }
    for (const status of [building, promoted, late]) await inActivity().run(activities.reportRelease, status)
    expect(heard).toEqual(['building', 'promoted'])
  })

  it('is announced by the next try when the first one died between the two', async () => {
    const { activities, heard, inActivity } = announcing(1)
    await expect(inActivity().run(activities.reportRelease, promoted)).rejects.toThrow('died')
    await inActivity().run(activities.reportRelease, promoted)
    expect(heard).toEqual(['promoted'])
  })

  it('is announced by the next try also when the release had no workflow to say it', async () => {
    const { platform, activities, heard, inActivity } = announcing(1)
    const { app } = release
    const given = { app, releases: [{ release, outcome: 'superseded', message: 'overtaken' }] } as const
    await expect(inActivity().run(activities.closeReleases, given)).rejects.toThrow('died')
    await inActivity().run(activities.closeReleases, given)
    expect(heard).toEqual(['superseded'])
    expect((await platform.report.recorded(release))?.transitions).toHaveLength(1)
  })
})

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
