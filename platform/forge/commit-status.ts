// A release as a commit status: one line, for where Slipway was not granted checks.
import { firstLine } from '../../domain/figures.ts'
import type { Outcome, ReleaseRef, ReleaseStatus } from '../../domain/release.ts'
import { plain } from './markdown.ts'

export interface CommitStatus {
  readonly state: 'pending' | 'success' | 'failure' | 'error'
  readonly context: string
  readonly description: string
  readonly target_url?: string
}

/** GitHub takes a thousand for each commit and context: numbers that change at each look are left out. */
export function commitStatus({ release, outcome, message }: ReleaseStatus, details?: string): CommitStatus {
  const now = firstLine(message)
  return {
    state: outcome ? states[outcome] : 'pending',
    context: statusContext(release),
    description: plain(outcome ? `${outcome}: ${now}` : now, 140),
    ...(details !== undefined && { target_url: details }),
  }
}

/** Branch protection asks for a status by this name. */
export const statusContext = ({ app }: ReleaseRef): string => `slipway/${app.name}`

const states: Record<Outcome, CommitStatus['state']> = {
  promoted: 'success',
  'rolled-back': 'failure',
  failed: 'failure',
  aborted: 'error',
  superseded: 'error',
  ignored: 'success',
}
