// Activities: attempts that succeed, fail and are tried again, are cancelled, or are lost with their worker.
import type { Info } from '@temporalio/activity'
import {
  ActivityCancellationDetails,
  defaultFailureConverter,
  defaultPayloadConverter,
  noopMetricMeter,
} from '@temporalio/common'
import { DefaultLogger } from '@temporalio/worker'
import { Activity } from '@temporalio/worker/lib/activity.js'
import type { Turns } from './turns.ts'
import { type Command, decoded, type Failure, type Job, milliseconds } from './words.ts'

type Asked = NonNullable<Command['scheduleActivity']>
type Result = NonNullable<NonNullable<Job['resolveActivity']>['result']>
type Ended = Awaited<ReturnType<Activity['run']>>
type Verb = (...given: never[]) => Promise<unknown>

export type Attempts = ReturnType<typeof attempts>

interface Order {
  readonly asked: Asked
  readonly workflowId: string
  readonly runId: string
  readonly settle: (result: Result) => void
}

interface Surroundings {
  readonly turns: Turns
  readonly activities: Readonly<Record<string, Verb>>
  readonly client: unknown
  readonly atWork: (act: () => Promise<void>) => void
}

interface Try {
  readonly activity: Activity
  /** Nobody waits for it any more. */
  lost: boolean
  beatAt: number
}

/** What a worker tells of heartbeats, and hears of cancellations: this often. */
const throttle = 2_000

export function attempts({ turns, activities, client, atWork }: Surroundings) {
  const open = new Set<ReturnType<typeof follow>>()
  /** What a killed worker had begun: it has no effect any more. */
  const dead = new WeakSet<AbortSignal>()

  function follow({ asked, workflowId, runId, settle }: Order) {
    const scheduledAt = turns.clock.now()
    const heartbeatTimeout = milliseconds(asked.heartbeatTimeout)
    const startToClose = milliseconds(asked.startToCloseTimeout) ?? Number.POSITIVE_INFINITY
    let attempt = 0
    let details: unknown
    let running: Try | undefined
    let cancelRequested = false
    let over = false
    let offTimeout = () => {}

    function start() {
      atWork(async () => {
        if (over) return
        attempt += 1
        const verb = activities[asked.activityType ?? '']
        const one: Try = { activity: make(verb), lost: false, beatAt: Number.NEGATIVE_INFINITY }
        running = one
        const fails = () => lose(one, 'START_TO_CLOSE')
        offTimeout = Number.isFinite(startToClose) ? turns.later(startToClose, fails) : () => {}
        const args = (asked.arguments ?? []).map(decoded)
        const done = one.activity.run({ args, headers: {} })
        // Not waited for here: it goes on while other things happen.
        done.then((ended) => turns.soon(() => conclude(one, ended)), noteOfNobody)
      })
    }

    function make(verb: Verb | undefined): Activity {
      const heartbeat = (word?: unknown) => {
        if (!running || running.lost || turns.clock.now() < running.beatAt + throttle) return
        running.beatAt = turns.clock.now()
        details = word === undefined ? undefined : structuredClone(word)
      }
      const about: Info = {
        attempt,
        taskQueue: 'played',
        isLocal: false,
        taskToken: new Uint8Array(),
        base64TaskToken: `${runId}/${asked.activityId}/${attempt}`,
        activityId: asked.activityId ?? '',
        activityType: asked.activityType ?? '',
        workflowType: 'played',
        heartbeatTimeoutMs: heartbeatTimeout,
        heartbeatDetails: details,
        activityNamespace: 'default',
        workflowNamespace: 'default',
        namespace: 'default',
        workflowExecution: { workflowId, runId },
        scheduledTimestampMs: scheduledAt,
        startToCloseTimeoutMs: startToClose,
        scheduleToCloseTimeoutMs: 0,
        currentAttemptScheduledTimestampMs: turns.clock.now(),
        inWorkflow: true,
      } as Info
      const context = { type: 'activity', namespace: 'default', isLocal: false } as const
      return new Activity(
        about,
        verb as never,
        converter,
        context as never,
        undefined,
        heartbeat,
        client as never,
        quiet,
        noopMetricMeter,
        [],
      )
    }

    function conclude(one: Try, ended: Ended) {
      if (over || one.lost || running !== one) return
      offTimeout()
      running = undefined
      if (ended.completed) return end({ completed: ended.completed })
      if (ended.failed) return failed(ended.failed.failure ?? {})
      if (cancelRequested)
        return end({ cancelled: { failure: wrapped('Activity cancelled', cancelledFailure) } })
      failed({ message: 'Worker is shutting down', applicationFailureInfo: { type: 'WorkerShutdown' } })
    }

    /** Tried again, unless its failure says no, or its policy, or somebody who has cancelled it. */
    function failed(failure: Failure) {
      const { initialInterval, maximumInterval, backoffCoefficient, maximumAttempts } =
        asked.retryPolicy ?? {}
      const { nonRetryable } = failure.applicationFailureInfo ?? {}
      const isLast = Boolean(maximumAttempts) && attempt >= (maximumAttempts ?? 0)
      if (nonRetryable || isLast || cancelRequested)
        return end({ failed: { failure: wrapped('Activity task failed', failure) } })
      const first = milliseconds(initialInterval) ?? 1_000
      const most = milliseconds(maximumInterval) ?? 100 * first
      turns.later(Math.min(most, first * (backoffCoefficient || 2) ** (attempt - 1)), start)
    }

    /** The server hears nothing of it any more. */
    function lose(one: Try, why: 'START_TO_CLOSE' | 'HEARTBEAT') {
      if (over || running !== one) return
      one.lost = true
      running = undefined
      offTimeout()
      const timeoutType = why === 'HEARTBEAT' ? 4 : 1
      failed({ message: `activity ${why} timeout`, timeoutFailureInfo: { timeoutType } })
    }

    function end(result: Result) {
      over = true
      offTimeout()
      open.delete(self)
      settle(result)
    }

    const wrapped = (message: string, cause: Failure): Failure => ({
      message,
      cause,
      activityFailureInfo: {
        activityType: { name: asked.activityType ?? '' },
        activityId: asked.activityId ?? '',
      },
    })

    const self = {
      runId,
      isOpen: () => !over,
      cancel() {
        if (over || cancelRequested) return
        cancelRequested = true
        if (!running) return end({ cancelled: { failure: wrapped('Activity cancelled', cancelledFailure) } })
        if (heartbeatTimeout === undefined) return
        const one = running
        const cut = () => {
          const about = new ActivityCancellationDetails({ cancelRequested: true })
          if (!over && running === one) one.activity.cancel('CANCELLED', about)
        }
        turns.later(turns.random() * throttle, cut)
      },
      /** Its workflow is gone. It hears of that when it says that it lives. */
      abandon() {
        over = true
        open.delete(self)
        offTimeout()
        const one = running
        if (!one || heartbeatTimeout === undefined) return
        const about = new ActivityCancellationDetails({ notFound: true })
        turns.later(turns.random() * throttle, () => one.activity.cancel('NOT_FOUND', about))
      },
      stop() {
        running?.activity.cancel('WORKER_SHUTDOWN', new ActivityCancellationDetails({ workerShutdown: true }))
      },
      kill() {
        const one = running
        if (!one) return
        one.lost = true
        dead.add(one.activity.context.cancellationSignal)
        if (heartbeatTimeout !== undefined) turns.later(heartbeatTimeout, () => lose(one, 'HEARTBEAT'))
      },
    }
    open.add(self)
    start()
    return self
  }

  return {
    follow,
    /** Whether its worker was killed. */
    isDead: (signal: AbortSignal) => dead.has(signal),
    pending: (runId: string) => [...open].filter((one) => one.runId === runId).length,
    abandon(runId: string) {
      for (const one of open) if (one.runId === runId) one.abandon()
    },
    stop() {
      for (const one of open) one.stop()
    },
    kill() {
      for (const one of open) one.kill()
    },
  }
}

const cancelledFailure: Failure = { message: 'CANCELLED', canceledFailureInfo: {} }

const noteOfNobody = () => undefined

const quiet = new DefaultLogger('ERROR', () => undefined)

const converter = {
  payloadConverter: defaultPayloadConverter,
  failureConverter: defaultFailureConverter,
  payloadCodecs: [],
} as never
