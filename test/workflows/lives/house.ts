// Where lives are lived: on the real Temporal server, with one worker for many Apps; or on the played one, each life by itself.
import { setTimeout as wait } from 'node:timers/promises'
import { Context } from '@temporalio/activity'
import type { Client } from '@temporalio/client'
import { Worker } from '@temporalio/worker'
import { type Activities, createActivities } from '../../../activities/index.ts'
import { createRandom } from '../../../domain/simulation/random.ts'
import { type Clock, memoryClock } from '../../../platform/memory/clock.ts'
import { memoryPlatform } from '../../../platform/memory.ts'
import type { Workflows } from '../played/execution.ts'
import { openServer } from '../played/server.ts'
import { makeTurns } from '../played/turns.ts'
import type { Temporal } from '../temporal.ts'

/** What one life needs of the place where it is lived. */
export interface House {
  readonly client: Pick<Client, 'withDeadline' | 'workflow'>
  readonly taskQueue: string
  /** The clock of the App's platform. */
  readonly clock: () => Clock
  /** Outside time, in which people act. */
  readonly now: () => number
  readonly wait: (milliseconds: number) => Promise<void>
  /** A call to the platform takes its time. */
  readonly travel: () => Promise<void>
  /** From now on the activities of this namespace's workflows are these. */
  readonly moveIn: (namespace: string, activities: Activities) => void
  readonly moveOut: (namespace: string) => void
  /** The worker is lost, with all that it did and knew; another one takes its place. */
  readonly restart: (how: 'stopped' | 'killed') => Promise<void>
  /** What must never happen to a workflow, as far as this place sees it. */
  readonly wrongs: readonly string[]
  /** Milliseconds without a call: then nothing goes on. */
  readonly quiet: number
  /** So soon after the last fault all is well. */
  readonly restWithin: number
  /** So long it is watched at rest. */
  readonly sleepOn: number
  /** How often a sweep is due; where that takes too long, one is asked for in between. */
  readonly sweepEvery?: number
}

export interface HouseOptions {
  /** Workflows are not kept between their tasks: each task replays the history from its beginning. */
  readonly replays?: boolean
}

/** One life on the played server: all of it, its time and its chances, is drawn by the seed. */
export async function playedHouse<Result>(
  workflows: Workflows,
  seed: number,
  { replays = false }: HouseOptions,
  live: (house: House) => Promise<Result>,
): Promise<Result> {
  const random = createRandom(0x6f7264, seed)
  const turns = makeTurns(random, Date.UTC(2026, 0, 5, 9))
  let home: Activities | undefined
  const verb = (name: keyof Activities) => {
    if (!home) throw new Error('nobody lives here yet')
    return home[name] as (...given: never[]) => Promise<unknown>
  }
  const activities = Object.fromEntries(
    activityNames.map((name) => [name, (...given: never[]) => verb(name)(...given)]),
  )
  const server = openServer({ turns, workflows, activities, replays })
  const house: House = {
    client: server.client as never,
    taskQueue: 'played',
    clock: () => turns.clock,
    now: turns.clock.now,
    wait: (milliseconds) => turns.clock.sleep(milliseconds),
    async travel() {
      const signal = signalHere()
      await (random() < 0.2 ? turns.clock.sleep(random() * 200) : turns.turn())
      if (signal && server.isDead(signal)) throw new Error('its worker is gone')
    },
    moveIn(_, next) {
      home = next
    },
    moveOut: () => undefined,
    restart: (how) => server.restart(how, random() * 60_000),
    wrongs: server.wrongs,
    quiet: 20_000,
    restWithin: 60 * 60_000,
    sleepOn: 3 * 60_000,
    sweepEvery: 60_000,
  }
  try {
    return await turns.until(live(house))
  } finally {
    await server.close()
  }
}

function signalHere(): AbortSignal | undefined {
  try {
    return Context.current().cancellationSignal
  } catch {
    return undefined
  }
}

let houses = 0

export async function realHouse({ env, bundle, workers }: Temporal, { replays = false }: HouseOptions = {}) {
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
    clock: memoryClock,
    now: Date.now,
    wait: async (milliseconds: number) => void (await wait(milliseconds)),
    travel: async () => undefined,
    moveIn: (namespace: string, activities: Activities) => void rooms.set(namespace, activities),
    moveOut: (namespace: string) => void rooms.delete(namespace),
    async restart() {
      await stop()
      await work()
    },
    wrongs: [],
    quiet: 400,
    restWithin: 10 * 60_000,
    sleepOn: 0,
    close,
  } satisfies House & { close: () => Promise<void> }
}

export const activityNames = Object.keys(createActivities(memoryPlatform().platform)) as (keyof Activities)[]

/** Each activity finds its App's own platform by the workflow that asked for it. */
function sorted(rooms: ReadonlyMap<string, Activities>): object {
  const find = () => {
    const [, namespace = ''] = (Context.current().info.workflowExecution?.workflowId ?? '').split('/')
    const room = rooms.get(namespace)
    if (!room) throw new Error(`nobody lives in ${namespace}`)
    return room as unknown as Record<string, (...given: unknown[]) => Promise<unknown>>
  }
  return Object.fromEntries(
    activityNames.map((name) => [name, (...given: unknown[]) => find()[name]?.(...given)]),
  )
}
