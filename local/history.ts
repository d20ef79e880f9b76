// Temporal's own word on a release: how long its history is, what its activities remember, whether it still runs.
import { Client, Connection, WorkflowNotFoundError } from '@temporalio/client'
import { type AppRef, appKey } from '../domain/app.ts'

export interface Histories {
  /** Events of the newest run. */
  readonly events: (workflowId: string) => Promise<number>
  /** Bytes that the newest run's activities at work have put into their heartbeats; undefined when none has. */
  readonly heartbeat: (workflowId: string) => Promise<number | undefined>
  /** Ends whatever still runs for an App that is gone for good. */
  readonly end: (app: AppRef) => Promise<void>
  readonly close: () => Promise<void>
}

export async function histories(address: string, namespace = 'default'): Promise<Histories> {
  const connection = await Connection.connect({ address, connectTimeout: 10_000 })
  const client = new Client({ connection, namespace })
  return {
    events: async (workflowId) => (await client.workflow.getHandle(workflowId).describe()).historyLength,
    heartbeat: async (workflowId) => {
      const { raw } = await client.workflow.getHandle(workflowId).describe()
      const sizes = (raw.pendingActivities ?? []).flatMap(({ heartbeatDetails }) =>
        (heartbeatDetails?.payloads ?? []).map(({ data }) => data?.length ?? 0),
      )
      return sizes.length > 0 ? Math.max(...sizes) : undefined
    },
    end: async (app) => {
      const own = `WorkflowId = 'app/${appKey(app)}' OR WorkflowId STARTS_WITH 'release/${appKey(app)}/'`
      const running = client.workflow.list({ query: `ExecutionStatus = 'Running' AND (${own})` })
      for await (const { workflowId, runId } of running) {
        await client.workflow.getHandle(workflowId, runId).terminate('the App is gone').catch(gone)
      }
    },
    close: () => connection.close(),
  }
}

/** It ended by itself in the meantime: all the better. */
function gone(error: unknown): void {
  if (!(error instanceof WorkflowNotFoundError)) throw error
}
