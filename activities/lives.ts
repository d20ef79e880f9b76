// Which workflows live, and how they are spoken to: the little that an activity asks of Temporal itself.
import type { Context } from '@temporalio/activity'
import { WorkflowNotFoundError } from '@temporalio/common'
import { type AppRef, appKey } from '../domain/app.ts'
import { appWorkflowId, type ReleaseRef, releaseWorkflowId } from '../domain/release.ts'
import { type Ending, endingOf } from './report.ts'

export interface Lives {
  /** The ids of the workflows that run, as Temporal lists them: a moment late. */
  readonly listed: () => Promise<ReadonlySet<string>>
  /** Whether it runs, by its own record. */
  readonly runs: (workflowId: string) => Promise<boolean>
  /** "Look again"; starts the App's workflow when it does not run. */
  readonly lookAgain: (app: AppRef, moved: Moved) => Promise<void>
  /** What the App's workflow has in hand. */
  readonly inHand: (app: AppRef) => Promise<InHand>
  /** How a release ended that does not run any more; null when it ended without a word. */
  readonly ending: (release: ReleaseRef) => Promise<Ending>
  /** Lets a release take itself back. */
  readonly cancel: (release: ReleaseRef) => Promise<void>
}

/** As the workflow `app` takes it: the names are the workflows' own, which activities do not import. */
export interface Moved {
  readonly ref: string
  readonly after: string
  readonly delivery: string
}

export interface InHand {
  /** The number of the newest release that it knows of; 0 while it knows nothing yet. */
  readonly seq: number
  readonly active?: ReleaseRef
  readonly waiting?: object
  readonly wanted?: object
}

const patience = 5_000

/** Temporal's own word, asked through the activity's client. */
export function temporalLives({ client, info }: Pick<Context, 'client' | 'info'>): Lives {
  const { workflow } = client
  const within = <Answer>(ask: () => Promise<Answer>) => client.withDeadline(Date.now() + patience, ask)
  return {
    async listed() {
      const query = 'ExecutionStatus = "Running" AND WorkflowType IN ("app", "release")'
      const ids = new Set<string>()
      for await (const { workflowId } of workflow.list({ query, pageSize: 1000 })) ids.add(workflowId)
      return ids
    },
    async runs(workflowId) {
      try {
        const { status } = await within(() => workflow.getHandle(workflowId).describe())
        return status.name === 'RUNNING'
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return false
        throw error
      }
    },
    async lookAgain(app, moved) {
      const start = {
        taskQueue: info.taskQueue,
        args: [{ app }],
        staticSummary: `releases of ${appKey(app)}`,
      }
      const said = { signal: 'sourceMoved', signalArgs: [moved] }
      await within(() =>
        workflow.signalWithStart('app', { workflowId: appWorkflowId(app), ...start, ...said }),
      )
    },
    inHand: (app) => within(() => workflow.getHandle(appWorkflowId(app)).query<InHand>('status')),
    ending: (release) =>
      endingOf(() => within(() => workflow.getHandle(releaseWorkflowId(release)).result())),
    async cancel(release) {
      await within(() => workflow.getHandle(releaseWorkflowId(release)).cancel())
    },
  }
}
