// Where lives are lived: one Temporal worker for many Apps, each on a platform of its own, so that thousands take minutes.
import { Context } from '@temporalio/activity'
import { Worker } from '@temporalio/worker'
import { type Activities, createActivities } from '../../../activities/index.ts'
import { memoryPlatform } from '../../../platform/memory.ts'
import type { Temporal } from '../temporal.ts'

export type House = Awaited<ReturnType<typeof openHouse>>

export interface HouseOptions {
  /** Workflows are not kept between their tasks: each task replays the history from its beginning. */
  readonly replays?: boolean
}

let houses = 0

export async function openHouse({ env, bundle, workers }: Temporal, { replays = false }: HouseOptions = {}) {
  houses += 1
  const taskQueue = `house-${houses}`
  const rooms = new Map<string, Activities>()
  let stop = async () => {}

  async function work() {
    const worker = await Worker.create({
      connection: env.nativeConnection,
      workflowBundle: bundle,
      taskQueue,
      activities: sorted(rooms),
      maxHeartbeatThrottleInterval: 100,
      defaultHeartbeatThrottleInterval: 100,
      shutdownForceTime: '10s',
      maxConcurrentActivityTaskExecutions: 1000,
      ...(replays && { maxCachedWorkflows: 0 }),
    })
    const running = worker.run()
    stop = async () => {
      if (worker.getState() === 'RUNNING') worker.shutdown()
      await running
    }
  }
  const close = () => stop()
  workers.add(close)
  await work()
  return {
    client: env.client,
    taskQueue,
    /** From now on the activities of this namespace's workflows are these. */
    moveIn: (namespace: string, activities: Activities) => void rooms.set(namespace, activities),
    moveOut: (namespace: string) => void rooms.delete(namespace),
    /** The worker is lost, with all that it did and knew; another one takes its place. */
    async restart() {
      await stop()
      await work()
    },
    close,
  }
}

/** Each activity finds its App's own platform by the workflow that asked for it. */
function sorted(rooms: ReadonlyMap<string, Activities>): object {
  const names = Object.keys(createActivities(memoryPlatform().platform)) as (keyof Activities)[]
  const find = () => {
    const [, namespace = ''] = (Context.current().info.workflowExecution?.workflowId ?? '').split('/')
    const room = rooms.get(namespace)
    if (!room) throw new Error(`nobody lives in ${namespace}`)
    return room as unknown as Record<string, (...given: unknown[]) => Promise<unknown>>
  }
  return Object.fromEntries(names.map((name) => [name, (...given: unknown[]) => find()[name]?.(...given)]))
}
