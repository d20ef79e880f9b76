// How long a workflow's history is, and how much its activities remember, asked of Temporal itself.
import { Client, Connection } from '@temporalio/client'

export interface Histories {
  /** Events of the newest run. */
  readonly events: (workflowId: string) => Promise<number>
  /** Bytes that the newest run's activities at work have put into their heartbeats; undefined when none has. */
  readonly heartbeat: (workflowId: string) => Promise<number | undefined>
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
    close: () => connection.close(),
  }
}
