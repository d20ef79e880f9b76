// The sweep: begun each minute by a schedule, over in one activity. What it could not do, the next one tries again.
import { proxyActivities } from '@temporalio/workflow'
import type { Activities } from '../activities/index.ts'

const sweeping = proxyActivities<Pick<Activities, 'sweepApps'>>({
  startToCloseTimeout: '4m',
  heartbeatTimeout: '15s',
  // The next minute is the next try; this one is for a worker that went away in the middle.
  retry: { initialInterval: '1s', maximumAttempts: 2 },
})

export async function sweep(): Promise<Awaited<ReturnType<Activities['sweepApps']>>> {
  return sweeping.sweepApps()
}
