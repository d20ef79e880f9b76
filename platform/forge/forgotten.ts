// Ends what a commit still shows of a release whose record is gone: nobody will say any more how the release ended.
import { type ReleaseRef, releaseWorkflowId } from '../../domain/release.ts'
import type { Shown, Told } from '../platform.ts'
import type { CheckRun } from './check-run.ts'
import type { Ask } from './checks.ts'
import { type CommitStatus, statusContext } from './commit-status.ts'
import { code } from './markdown.ts'

const why = 'its record is gone: nobody can say any more how it ended'

export const forgottenRun = (release: ReleaseRef) =>
  ({
    status: 'completed',
    conclusion: 'cancelled',
    output: {
      title: why,
      summary: `The Release was deleted before its end was told here. What Temporal keeps of it: the workflow ${code(releaseWorkflowId(release))}.`,
    },
    actions: [],
  }) satisfies Partial<CheckRun>

export const forgottenDeployment = { state: 'inactive', auto_inactive: false, description: why } as const

const forgottenStatus = (release: ReleaseRef): CommitStatus => ({
  state: 'error',
  context: statusContext(release),
  description: why,
})

export async function endForgotten(ask: Ask, release: ReleaseRef, told: Told): Promise<void> {
  const { check, status, approvals = {}, deployment, refused = [] } = told
  if (!refused.includes('checks')) {
    const runs = [check, ...Object.values(approvals)].filter(isOpen)
    for (const { id } of runs)
      await ask({ method: 'PATCH', path: `/check-runs/${id}`, body: forgottenRun(release) })
  }
  if (isOpen(status)) {
    await ask({ method: 'POST', path: `/statuses/${release.sha}`, body: forgottenStatus(release) })
  }
  if (isOpen(deployment)) {
    await ask({ method: 'POST', path: `/deployments/${deployment.id}/statuses`, body: forgottenDeployment })
  }
}

const isOpen = (shown: Shown | undefined): shown is Shown => shown !== undefined && !shown.ended
