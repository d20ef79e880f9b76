// "Look again": tells an App's workflow that its branch may have moved, and starts it when it does not run.
import { type Client, type WorkflowClient, WorkflowNotFoundError } from '@temporalio/client'
import { type AppRef, appKey } from '../domain/app.ts'
import { appWorkflowId } from '../domain/release.ts'
import {
  type AppInput,
  type AppState,
  appStatus,
  type Moves,
  type SourceMoved,
  sourceMoved,
  taskQueue,
} from '../workflows/messages.ts'
import type { Metrics } from './metrics.ts'
import { together } from './together.ts'

export interface Sources {
  /** Returns when Temporal has the message for good; fails when it cannot say so in time. */
  readonly lookAgain: (app: AppRef, moved: SourceMoved) => Promise<void>
  /** Tells the workflow of an App that is not declared any more, if it runs: it looks, and ends. */
  readonly gone: (app: AppRef) => Promise<void>
  /** The commit that the App was last told of by this process. Forgetting it at a restart costs one needless look. */
  readonly told: (app: AppRef) => string | undefined
  /** What the App's workflow knows; fails when no worker answers in time. */
  readonly state: (app: AppRef) => Promise<AppState>
}

/** The commit of a look that no commit caused; git writes "none" like this. */
export const noCommit = '0'.repeat(40)

export function temporalSources(client: Client, metrics: Pick<Metrics, 'looked'>, deadline = 5_000): Sources {
  const within = <T>(ask: () => Promise<T>) => client.withDeadline(Date.now() + deadline, ask)
  const told = new Map<string, string>()
  const tell = together<Told>(async (key, all) => {
    const [{ app, moved }, ...rest] = all
    const moves: Moves = [moved, ...rest.map((one) => one.moved)]
    try {
      await within(() => signal(client.workflow, app, moves))
      metrics.looked('told', moves.length)
      const newest = moves.findLast(({ after }) => after !== noCommit)
      if (newest) told.set(key, newest.after)
    } catch (cause) {
      metrics.looked('failed', moves.length)
      const what = `cannot tell the workflow of ${key} to look again`
      throw new Error(`${what}: Temporal gave no answer`, { cause })
    }
  }, movesAtMost)
  return {
    told: (app) => told.get(appKey(app)),
    lookAgain: (app, moved) => tell(appKey(app), { app, moved }),
    gone: (app) => within(() => signalOnly(client.workflow, app)),
    state: (app) => within(() => client.workflow.getHandle(appWorkflowId(app)).query(appStatus)),
  }
}

/** In one message: some fifteen kilobytes. */
const movesAtMost = 100

interface Told {
  readonly app: AppRef
  readonly moved: SourceMoved
}

const signal = (workflow: WorkflowClient, app: AppRef, moves: Moves) =>
  workflow.signalWithStart('app', {
    workflowId: appWorkflowId(app),
    taskQueue,
    args: [{ app } satisfies AppInput],
    signal: sourceMoved,
    signalArgs: moves,
    staticSummary: `releases of ${appKey(app)}`,
  })

async function signalOnly(workflow: WorkflowClient, app: AppRef): Promise<void> {
  const moved = { ref: '', after: noCommit, delivery: 'the App is gone' }
  try {
    await workflow.getHandle(appWorkflowId(app)).signal(sourceMoved, moved)
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error
  }
}
