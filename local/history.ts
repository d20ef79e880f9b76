// How long a workflow's history is, asked of Temporal itself.
import { Client, Connection } from '@temporalio/client'

export interface Histories {
  /** Events of the newest run. */
  readonly events: (workflowId: string) => Promise<number>
  readonly close: () => Promise<void>
}

export async function histories(address: string, namespace = 'default'): Promise<Histories> {
  const connection = await Connection.connect({ address, connectTimeout: 10_000 })
  const client = new Client({ connection, namespace })
  return {
    events: async (workflowId) => (await client.workflow.getHandle(workflowId).describe()).historyLength,
    close: () => connection.close(),
  }
}
