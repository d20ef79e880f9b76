// "Look again": tells an App's workflow that its branch may have moved, and starts it when it does not run.
import type { Client, WorkflowClient } from '@temporalio/client'
import { type AppRef, appKey } from '../domain/app.ts'
import { appWorkflowId } from '../domain/release.ts'
import {
  type AppInput,
  type AppState,
  appStatus,
  type SourceMoved,
  sourceMoved,
  taskQueue,
} from '../workflows/messages.ts'
import type { Metrics } from './metrics.ts'

export interface Sources {
  /** Returns when Temporal has the message for good; fails when it cannot say so in time. */
  readonly lookAgain: (app: AppRef, moved: SourceMoved) => Promise<void>
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
  return {
    told: (app) => told.get(appKey(app)),
    async lookAgain(app, moved) {
      try {
        await within(() => signal(client.workflow, app, moved))
        metrics.looked('told')
        if (moved.after !== noCommit) told.set(appKey(app), moved.after)
      } catch (cause) {
        metrics.looked('failed')
        const what = `cannot tell the workflow of ${appKey(app)} to look again`
        throw new Error(`${what}: Temporal gave no answer`, { cause })
      }
    },
    state: (app) => within(() => client.workflow.getHandle(appWorkflowId(app)).query(appStatus)),
  }
}

const signal = (workflow: WorkflowClient, app: AppRef, moved: SourceMoved) =>
  workflow.signalWithStart('app', {
    workflowId: appWorkflowId(app),
    taskQueue,
    args: [{ app } satisfies AppInput],
    signal: sourceMoved,
    signalArgs: [moved],
    staticSummary: `releases of ${appKey(app)}`,
  })
