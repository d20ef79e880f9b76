// Sees to it that Temporal starts a sweep each minute: made when it is not there, corrected when it is another one.
import {
  type Client,
  ScheduleAlreadyRunning,
  type ScheduleDescription,
  type ScheduleOptions,
  ScheduleOverlapPolicy,
} from '@temporalio/client'
import type { Logger } from 'pino'
import { taskQueue } from '../workflows/messages.ts'
import { persist } from './persist.ts'

export const sweepSchedule = {
  scheduleId: 'sweep',
  spec: { intervals: [{ every: '1 minute' }] },
  policies: {
    // One at a time; and what was missed while nobody was there is not made up for: the next one sees it all.
    overlap: ScheduleOverlapPolicy.SKIP,
    catchupWindow: '10 seconds',
  },
  action: {
    type: 'startWorkflow',
    workflowType: 'sweep',
    workflowId: 'sweep',
    taskQueue,
    args: [],
    // One that is stuck would hold up all that follow. Nothing in it needs to be taken back.
    workflowRunTimeout: '10 minutes',
  },
} as const satisfies ScheduleOptions

export async function ensureSweep(client: Client, log: Logger, signal: AbortSignal): Promise<void> {
  const what = 'schedule the sweep'
  await persist({ what, log, signal }, () => ensure(client))
}

/** The same however often, and by however many workers. One that somebody paused stays paused. */
export async function ensure({ schedule }: Client): Promise<void> {
  try {
    await schedule.create(sweepSchedule)
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error
    const handle = schedule.getHandle(sweepSchedule.scheduleId)
    if (isOurs(await handle.describe())) return
    await handle.update(({ state }) => ({ ...sweepSchedule, state }))
  }
}

function isOurs({ spec, policies, action }: ScheduleDescription): boolean {
  const every = spec.intervals?.map(({ every }) => every)
  return (
    every?.length === 1 &&
    every[0] === 60_000 &&
    policies.overlap === sweepSchedule.policies.overlap &&
    policies.catchupWindow === 10_000 &&
    action.workflowType === sweepSchedule.action.workflowType &&
    action.taskQueue === sweepSchedule.action.taskQueue &&
    action.workflowRunTimeout === 600_000
  )
}
