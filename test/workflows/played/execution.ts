// One run of a workflow: what it has not heard yet, what it did, and the runtime that may be lost and is then told everything again.
import { Script } from 'node:vm'
import type { WorkflowBundleWithSourceMap } from '@temporalio/worker'
import { parseWorkflowCode } from '@temporalio/worker/lib/worker.js'
import { ReusableVMWorkflowCreator } from '@temporalio/worker/lib/workflow/reusable-vm.js'
import type { Turns } from './turns.ts'
import {
  type Activation,
  type Command,
  type Failure,
  type Job,
  type Payload,
  payloads,
  type Runtime,
  time,
} from './words.ts'

export type Status = 'RUNNING' | 'COMPLETED' | 'FAILED' | 'CANCELLED' | 'TERMINATED' | 'CONTINUED_AS_NEW'

export type Execution = ReturnType<typeof execution>

/** What a closed run leaves behind. */
export interface Close {
  readonly status: Status
  readonly result?: Payload | null | undefined
  readonly failure?: Failure | null | undefined
}

export interface Begun {
  readonly id: string
  readonly runId: string
  readonly type: string
  readonly args: readonly Payload[]
}

export interface Surroundings {
  readonly turns: Turns
  readonly workflows: Workflows
  /** No runtime outlives its task. */
  readonly replays: boolean
  /** Does it as soon as there is a worker. */
  readonly atWork: (act: () => Promise<void>) => void
  readonly obey: (command: Command, by: Execution) => void
  /** What must never happen. */
  readonly wrong: (what: string) => void
}

/** One task as it was done. */
interface Done {
  readonly jobs: readonly Job[]
  readonly at: number
  readonly commands: readonly Command[]
}

export function execution(about: Begun, { turns, workflows, replays, atWork, obey, wrong }: Surroundings) {
  const { id, runId, type } = about
  const startedAt = turns.clock.now()
  const past: Done[] = []
  let news: Job[] = [initialize(about, startedAt)]
  let queued = false
  let runtime: Runtime | undefined
  let close: Close = { status: 'RUNNING' }
  const watchers: ((close: Close) => void)[] = []

  const self = {
    id,
    runId,
    type,
    startedAt,
    status: () => close.status,
    runs: () => close.status === 'RUNNING',
    /** False when it has ended. */
    tell(job: Job): boolean {
      if (close.status !== 'RUNNING') return false
      news.push(job)
      schedule()
      return true
    },
    end(how: Close) {
      if (close.status !== 'RUNNING') return
      close = how
      turns.soon(forget)
      for (const watch of watchers) watch(how)
    },
    whenClosed(watch: (close: Close) => void) {
      if (close.status === 'RUNNING') watchers.push(watch)
      else watch(close)
    },
    /** The worker that had it in its cache is gone. */
    forget,
    async query(name: string, given: readonly unknown[]): Promise<Payload> {
      // It answers when it has heard all that was said before.
      while (news.length > 0 && close.status === 'RUNNING') await turns.turn()
      return new Promise((resolve, reject) => {
        atWork(() => answer(name, given).then(resolve, reject))
      })
    },
    tasks: () => past.length,
  }

  function schedule() {
    if (queued || news.length === 0 || close.status !== 'RUNNING') return
    queued = true
    atWork(task)
  }

  async function task(): Promise<void> {
    queued = false
    if (close.status !== 'RUNNING') return
    const jobs = inOrder(news)
    news = []
    const at = turns.clock.now()
    runtime ??= await replayed()
    const { successful, failed } = await runtime.activate(activation(jobs, at, false))
    await runtime.getAndResetSinkCalls()
    if (failed) {
      wrong(`a task of ${id} failed: ${failed.failure?.message}`)
      return self.end({ status: 'TERMINATED' })
    }
    const commands = successful?.commands ?? []
    if (commands.some(isLast) && news.length > 0) {
      // A server lets nobody end before he has heard the news: the task is done again, with them.
      news = [...jobs, ...news]
      await forget()
      return schedule()
    }
    past.push({ jobs, at, commands })
    for (const command of commands) obey(command, self)
    if (replays) await forget()
    schedule()
  }

  async function answer(queryType: string, given: readonly unknown[]): Promise<Payload> {
    runtime ??= await replayed()
    const query = { queryId: 'one', queryType, arguments: payloads(given) }
    // The SDK takes a query as it comes over the wire, where a job says of what kind it is.
    const job = { variant: 'queryWorkflow', queryWorkflow: query } as Job
    const asked = activation([job], turns.clock.now(), false)
    const { successful } = await runtime.activate(asked)
    const answered = successful?.commands?.[0]?.respondToQuery
    if (close.status !== 'RUNNING') await forget()
    if (answered?.succeeded?.response) return answered.succeeded.response
    throw new Error(`${id} did not answer ${queryType}: ${answered?.failed?.message}`)
  }

  /** A new runtime that is told the past: it must do again what it did. */
  async function replayed(): Promise<Runtime> {
    const next = await workflows.create({ id, runId, type, startedAt })
    for (const { jobs, at, commands } of past) {
      const refused = new Set(
        commands.flatMap((one) => (isRefusal(one) ? [one.updateResponse?.protocolInstanceId] : [])),
      )
      const before = commands.filter((one) => !isRefusal(one))
      const told: Job[] = [
        ...before.flatMap(({ setPatchMarker }) =>
          setPatchMarker ? [{ notifyHasPatch: { patchId: setPatchMarker.patchId ?? '' } }] : [],
        ),
        ...jobs
          .filter(({ doUpdate }) => !doUpdate || !refused.has(doUpdate.protocolInstanceId))
          .map((job) => (job.doUpdate ? { doUpdate: { ...job.doUpdate, runValidator: false } } : job)),
      ]
      if (told.length === 0 && before.length === 0) continue
      const { successful, failed } = await next.activate(activation(told, at, true))
      await next.getAndResetSinkCalls()
      if (failed) wrong(`${id} cannot be replayed: ${failed.failure?.message}`)
      const [was, is] = [inWords(before), inWords(successful?.commands ?? [])]
      if (was !== is) wrong(`${id} does something else when it is replayed: ${is} instead of ${was}`)
    }
    return next
  }

  async function forget(): Promise<void> {
    const lost = runtime
    runtime = undefined
    await lost?.dispose()
  }

  const activation = (jobs: readonly Job[], at: number, isReplaying: boolean): Activation => ({
    runId,
    timestamp: time(at),
    historyLength: past.length * 5,
    isReplaying,
    jobs: [...jobs],
  })

  schedule()
  return self
}

const initialize = ({ id, runId, type, args }: Begun, at: number): Job => ({
  initializeWorkflow: {
    workflowType: type,
    workflowId: id,
    arguments: [...args],
    firstExecutionRunId: runId,
    attempt: 1,
    startTime: time(at),
  },
})

/** As the SDK's core sorts them. */
function inOrder(jobs: readonly Job[]): readonly Job[] {
  const rank = ({ initializeWorkflow, signalWorkflow, doUpdate }: Job) =>
    initializeWorkflow ? 0 : signalWorkflow || doUpdate ? 1 : 2
  return jobs.toSorted((a, b) => rank(a) - rank(b))
}

const isLast = (command: Command): boolean =>
  Boolean(
    command.completeWorkflowExecution ??
      command.failWorkflowExecution ??
      command.cancelWorkflowExecution ??
      command.continueAsNewWorkflowExecution,
  )

/** An update that was not let in leaves no trace. */
const isRefusal = ({ updateResponse }: Command): boolean => Boolean(updateResponse?.rejected)

const inWords = (commands: readonly Command[]): string =>
  JSON.stringify(commands.filter((one) => !isRefusal(one)))

export type Workflows = ReturnType<typeof loadWorkflows>

/** The workflows' bundle in one context of the SDK's own, as a worker has it. */
export function loadWorkflows(bundle: WorkflowBundleWithSourceMap, activities: readonly string[]) {
  const parsed = parseWorkflowCode(bundle.code)
  const script = new Script(parsed.code, { filename: parsed.filename })
  // Made by hand: a limit of time for each call, and a stack for each promise, cost more than all the rest.
  const creator = new ReusableVMWorkflowCreator(script, parsed, undefined as never, new Set(activities))
  return {
    create({ id, runId, type, startedAt }: Omit<Begun, 'args'> & { startedAt: number }): Promise<Runtime> {
      const random = () => 0.5
      const info = {
        workflowId: id,
        runId,
        workflowType: type,
        searchAttributes: {},
        taskQueue: 'played',
        namespace: 'default',
        firstExecutionRunId: runId,
        originalExecutionRunId: runId,
        startTime: new Date(startedAt),
        runStartTime: new Date(startedAt),
        taskTimeoutMs: 10_000,
        attempt: 1,
        historyLength: 0,
        historySize: 0,
        continueAsNewSuggested: false,
        unsafe: { now: () => startedAt, isReplaying: false, isReplayingHistoryEvents: false, random },
      }
      return creator.createWorkflow({
        info: info as never,
        randomnessSeed: [1, 2, 3, 4, 5, 6, 7, 8],
        now: startedAt,
        showStackTraceSources: false,
        failureExceptionTypeNames: [],
      })
    },
    destroy: () => creator.destroy(),
  }
}
