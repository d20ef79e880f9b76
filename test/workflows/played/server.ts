// Temporal, played in this process: the SDK's own workflow runtime and activities, with the server's part reduced to what an App needs.
// Time is the seed's, and so is the order of what happens at once; the same seed lives the same life.
import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/common'
import { attempts } from './attempts.ts'
import { type Close, type Execution, execution, type Workflows } from './execution.ts'
import type { Turns } from './turns.ts'
import { type Command, decoded, type Failure, type Job, type Payload, payloads } from './words.ts'

export type Server = ReturnType<typeof openServer>

export interface ServerOptions {
  readonly turns: Turns
  readonly workflows: Workflows
  readonly activities: Readonly<Record<string, (...given: never[]) => Promise<unknown>>>
  readonly replays?: boolean
}

interface Start {
  readonly id: string
  readonly type: string
  readonly args: readonly Payload[]
}

interface Update {
  readonly resolve: (result: unknown) => void
  readonly reject: (failure: Failure | undefined) => void
  readonly runId: string
}

export function openServer({ turns, workflows, activities, replays = false }: ServerOptions) {
  const runs: Execution[] = []
  const latest = new Map<string, Execution>()
  const updates = new Map<string, Update>()
  const wrongs: string[] = []
  let working = true
  const waiting: (() => Promise<void>)[] = []
  let count = 0

  const atWork = (act: () => Promise<void>) => {
    // Whoever works when its turn comes does it.
    turns.soon(() => (working ? act() : void waiting.push(act)))
  }
  const wrong = (what: string) => void wrongs.push(what)
  const client = clientOf()
  const tried = attempts({ turns, activities, client, atWork })

  function begin({ id, type, args }: Start): Execution {
    count += 1
    const runId = `run-${count}`
    const run = execution({ id, runId, type, args }, { turns, workflows, replays, atWork, obey, wrong })
    runs.push(run)
    latest.set(id, run)
    run.whenClosed(() => {
      tried.abandon(runId)
      for (const [key, update] of updates) {
        if (update.runId !== runId) continue
        updates.delete(key)
        update.reject({ message: 'the workflow has ended' })
      }
    })
    return run
  }

  const timers = new Map<string, () => void>()
  const orders = new Map<string, ReturnType<typeof tried.follow>>()

  function obey(command: Command, by: Execution): void {
    const key = (seq: number | null | undefined) => `${by.runId}/${seq}`
    if (command.startTimer) {
      const { seq, startToFireTimeout } = command.startTimer
      const time = Number(startToFireTimeout?.seconds ?? 0) * 1000 + (startToFireTimeout?.nanos ?? 0) / 1e6
      timers.set(
        key(seq),
        turns.later(time, () => void by.tell({ fireTimer: { seq: seq ?? 0 } })),
      )
    } else if (command.cancelTimer) {
      timers.get(key(command.cancelTimer.seq))?.()
    } else if (command.scheduleActivity) {
      const { seq } = command.scheduleActivity
      const settle = (result: NonNullable<NonNullable<Job['resolveActivity']>['result']>) =>
        void by.tell({ resolveActivity: { seq: seq ?? 0, result } })
      const order = { asked: command.scheduleActivity, workflowId: by.id, runId: by.runId, settle }
      orders.set(key(seq), tried.follow(order))
    } else if (command.requestCancelActivity) {
      const order = orders.get(key(command.requestCancelActivity.seq))
      turns.soon(() => order?.cancel())
    } else if (command.startChildWorkflowExecution) {
      beginChild(command.startChildWorkflowExecution, by)
    } else if (command.signalExternalWorkflowExecution) {
      passOn(command.signalExternalWorkflowExecution, by)
    } else if (command.updateResponse) {
      answered(command.updateResponse)
    } else if (command.completeWorkflowExecution) {
      by.end({ status: 'COMPLETED', result: command.completeWorkflowExecution.result })
    } else if (command.failWorkflowExecution) {
      // A sweep that fails is made good by the next one.
      if (by.type !== 'sweep') wrong(`${by.id} failed: ${command.failWorkflowExecution.failure?.message}`)
      by.end({ status: 'FAILED', failure: command.failWorkflowExecution.failure })
    } else if (command.cancelWorkflowExecution) {
      by.end({ status: 'CANCELLED' })
    } else if (command.continueAsNewWorkflowExecution) {
      const { workflowType, arguments: args } = command.continueAsNewWorkflowExecution
      by.end({ status: 'CONTINUED_AS_NEW' })
      begin({ id: by.id, type: workflowType ?? by.type, args: args ?? [] })
    } else if (!isOnlyNoted(command)) {
      wrong(`the played server does not know ${Object.keys(command)}`)
    }
  }

  function beginChild(asked: NonNullable<Command['startChildWorkflowExecution']>, by: Execution): void {
    const seq = asked.seq ?? 0
    const [id, type] = [asked.workflowId ?? '', asked.workflowType ?? '']
    turns.soon(() => {
      // Every child that is started here refuses to be one that was there before.
      if (latest.has(id)) {
        const failed = { workflowId: id, workflowType: type, cause: 1 }
        return void by.tell({ resolveChildWorkflowExecutionStart: { seq, failed } })
      }
      const child = begin({ id, type, args: asked.input ?? [] })
      by.tell({ resolveChildWorkflowExecutionStart: { seq, succeeded: { runId: child.runId } } })
      child.whenClosed((close) =>
        turns.soon(
          () => void by.tell({ resolveChildWorkflowExecution: { seq, result: resultOf(close, child) } }),
        ),
      )
    })
  }

  function passOn(asked: NonNullable<Command['signalExternalWorkflowExecution']>, by: Execution): void {
    const { seq, workflowExecution, signalName, args } = asked
    turns.soon(() => {
      const target = latest.get(workflowExecution?.workflowId ?? '')
      const heard = target?.tell({ signalWorkflow: { signalName: signalName ?? '', input: args ?? [] } })
      const failure = heard
        ? {}
        : { failure: { message: 'it does not run', applicationFailureInfo: { type: 'NotFound' } } }
      by.tell({ resolveSignalExternalWorkflow: { seq: seq ?? 0, ...failure } })
    })
  }

  function answered({
    protocolInstanceId,
    rejected,
    completed,
  }: NonNullable<Command['updateResponse']>): void {
    const id = protocolInstanceId ?? ''
    if (!rejected && !completed) return
    if (completed) updates.get(id)?.resolve(decoded(completed))
    else updates.get(id)?.reject(rejected ?? undefined)
    updates.delete(id)
  }

  function running(id: string): Execution {
    const run = latest.get(id)
    if (run?.runs()) return run
    throw new WorkflowNotFoundError(`${id} does not run`, id, undefined)
  }

  function clientOf() {
    const nameOf = (what: string | { readonly name: string }) => (typeof what === 'string' ? what : what.name)
    const signalOf = (signal: string | { readonly name: string }, given: readonly unknown[]): Job => ({
      signalWorkflow: { signalName: nameOf(signal), input: payloads(given) },
    })
    return {
      withDeadline: <Answer>(_: number, ask: () => Promise<Answer>) => ask(),
      withAbortSignal: <Answer>(_: AbortSignal, ask: () => Promise<Answer>) => ask(),
      workflow: {
        async start(type: string, { workflowId, args = [] }: StartOptions) {
          await turns.turn()
          if (latest.get(workflowId)?.runs())
            throw new WorkflowExecutionAlreadyStartedError('it runs already', workflowId, type)
          begin({ id: workflowId, type, args: payloads(args) })
        },
        async signalWithStart(type: string, options: StartOptions & SignalOptions) {
          const { workflowId, args = [], signal, signalArgs = [] } = options
          await turns.turn()
          const run = latest.get(workflowId)
          const target = run?.runs() ? run : begin({ id: workflowId, type, args: payloads(args) })
          target.tell(signalOf(signal, signalArgs))
        },
        async *list(_: unknown) {
          await turns.turn()
          // A moment late, as the real list is.
          const lag = turns.random() * 1_000
          const seen = runs.filter((run) => run.runs() && run.startedAt <= turns.clock.now() - lag)
          for (const { id: workflowId } of seen) yield { workflowId }
        },
        getHandle: (workflowId: string) => ({
          async signal(signal: string | { readonly name: string }, ...given: unknown[]) {
            await turns.turn()
            running(workflowId).tell(signalOf(signal, given))
          },
          async executeUpdate(
            name: string | { readonly name: string },
            { args = [] }: { args?: readonly unknown[] },
          ) {
            await turns.turn()
            return update(running(workflowId), nameOf(name), args)
          },
          async query(name: string | { readonly name: string }, ...given: unknown[]) {
            await turns.turn()
            const run = latest.get(workflowId)
            if (!run) throw new WorkflowNotFoundError(`there is no ${workflowId}`, workflowId, undefined)
            return decoded(await run.query(nameOf(name), given))
          },
          async terminate(_: string) {
            await turns.turn()
            running(workflowId).end({ status: 'TERMINATED' })
          },
          async cancel() {
            await turns.turn()
            running(workflowId).tell({ cancelWorkflow: {} })
          },
          async describe() {
            await turns.turn()
            const run = latest.get(workflowId)
            if (!run) throw new WorkflowNotFoundError(`there is no ${workflowId}`, workflowId, undefined)
            const pendingActivities = Array.from({ length: tried.pending(run.runId) })
            return { status: { name: run.status() }, raw: { pendingActivities } }
          },
          async result() {
            await turns.turn()
            const run = latest.get(workflowId)
            if (!run) throw new WorkflowNotFoundError(`there is no ${workflowId}`, workflowId, undefined)
            const { status, result } = await new Promise<Close>((resolve) => run.whenClosed(resolve))
            if (status === 'COMPLETED') return decoded(result)
            throw Object.assign(new Error(`${workflowId} is ${status}`), { name: 'WorkflowFailedError' })
          },
        }),
      },
    }
  }

  function update(run: Execution, name: string, given: readonly unknown[]): Promise<unknown> {
    count += 1
    const id = `update-${count}`
    return new Promise((resolve, refuse) => {
      const reject = (failure: Failure | undefined) => {
        const root = failure?.cause ?? failure
        refuse(new Error(`${name} was refused`, { cause: new Error(root?.message ?? '') }))
      }
      updates.set(id, { resolve, reject, runId: run.runId })
      run.tell({
        doUpdate: {
          id,
          protocolInstanceId: id,
          name,
          input: payloads(given),
          runValidator: true,
          meta: { updateId: id, identity: 'somebody' },
        },
      })
    })
  }

  return {
    client,
    /** What must never happen to a workflow, whatever happens to its App. */
    wrongs,
    /** Whether the activity that this signal belongs to lost its worker. */
    isDead: tried.isDead,
    runs: () => runs,
    /** The worker goes, by itself or all at once, and another one comes after a while. */
    restart: (how: 'stopped' | 'killed', away: number) =>
      new Promise<void>((resolve) => {
        turns.soon(async () => {
          working = false
          if (how === 'stopped') {
            tried.stop()
            await Promise.resolve()
          }
          turns.later(how === 'stopped' ? 1_000 : 0, async () => {
            tried.kill()
            for (const run of runs) await run.forget()
          })
          turns.later(1_000 + away, () => {
            working = true
            for (const act of waiting.splice(0)) turns.soon(act)
            resolve()
          })
        })
      }),
    /** Nothing of it is kept. */
    async close() {
      for (const run of runs) await run.forget()
    },
  }
}

interface StartOptions {
  readonly workflowId: string
  readonly args?: readonly unknown[]
}

interface SignalOptions {
  readonly signal: string | { readonly name: string }
  readonly signalArgs?: readonly unknown[]
}

const isOnlyNoted = (command: Command): boolean =>
  Boolean(
    command.upsertWorkflowSearchAttributes ?? command.setPatchMarker ?? command.modifyWorkflowProperties,
  )

function resultOf({ status, result, failure }: Close, { id, runId, type }: Execution) {
  if (status === 'COMPLETED') return { completed: { result: result ?? null } }
  const about = {
    workflowExecution: { workflowId: id, runId },
    workflowType: { name: type },
  }
  const cause =
    status === 'TERMINATED' ? { message: 'terminated', terminatedFailureInfo: {} } : (failure ?? null)
  return {
    failed: {
      failure: { message: 'child workflow failed', cause, childWorkflowExecutionFailureInfo: about },
    },
  }
}
