// Telling others of a release: what of its news is told at once, and under which names the telling runs.
import type { ReleaseRef, ReleaseStatus } from './release.ts'

/** `tell/default/shop/7-3f2c1d0`: lives until the release's last word has arrived, and is no part of the release. */
export const tellWorkflowId = ({ app, seq, sha }: ReleaseRef): string =>
  `tell/${app.namespace}/${app.name}/${seq}-${sha.slice(0, 7)}`

/** A release's status was written. */
export const releaseMoved = 'releaseMoved'

/** What travels with it: whoever is told of another standing than before is told at once; numbers alone may wait. */
export interface News {
  readonly standing: string
  readonly ended: boolean
}

export function newsOf({ phase, outcome, weight, stalled, waiting }: ReleaseStatus): News {
  const standing = [
    outcome ?? phase,
    outcome === undefined && weight > 0 && `${weight / 10}%`,
    stalled && 'stalled',
    waiting && `${waiting.for} ${waiting.gate ?? ''}`,
    waiting?.approvedBy?.length && `${waiting.approvedBy.length} approved`,
    waiting?.turnedAway?.length && `${waiting.turnedAway.length} turned away`,
  ]
  return { standing: standing.filter((word) => word).join(' '), ended: outcome !== undefined }
}

/** Arguments of the workflow `tell`. */
export interface TellInput {
  readonly release: ReleaseRef
  /** Where the commit lies, when the repository's host shows releases on it. */
  readonly repository?: string
  /** Whether what becomes of the release is sent to programs. */
  readonly events: boolean
  /** Begins a new history after so many words; absent: when Temporal suggests it. For tests. */
  readonly renewAfter?: number
}
