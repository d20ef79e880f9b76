// What a push would do: asks for a commit that is offered to an App's branch to be looked at, and shown.
import type { Client } from '@temporalio/client'
import { appKey } from '../domain/app.ts'
import { type ForeseeInput, foreseeWorkflowId } from '../domain/foresight.ts'
import { taskQueue } from '../workflows/messages.ts'

export interface Plans {
  /** Returns when Temporal has it for good; fails when it cannot say so in time. */
  readonly foresee: (offered: ForeseeInput) => Promise<void>
}

export const temporalPlans = (client: Client, queue = taskQueue, deadline = 5_000): Plans => ({
  async foresee(offered) {
    const start = () =>
      client.workflow.start('foresee', {
        workflowId: foreseeWorkflowId(offered),
        taskQueue: queue,
        args: [offered],
        // It shows what is true when it gets there: one that is on its way serves whoever asks now, too.
        workflowIdConflictPolicy: 'USE_EXISTING',
        staticSummary: `plan of ${offered.sha.slice(0, 7)} for ${appKey(offered.app)}`,
      })
    await client.withDeadline(Date.now() + deadline, start)
  },
})
