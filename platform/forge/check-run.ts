// A release as a check run: what GitHub is sent for it. Pure: no client in sight.
import { count, counted, firstLine, formatWeight } from '../../domain/figures.ts'
import type { Evidence, TestResult } from '../../domain/judge/judge.ts'
import {
  isBad,
  type Outcome,
  type ReleaseRef,
  type ReleaseStatus,
  releaseWorkflowId,
} from '../../domain/release.ts'
import { plain } from './markdown.ts'
import { story } from './story.ts'
import { summary } from './summary.ts'

export interface CheckRun {
  readonly name: string
  /** Found again by this. */
  readonly external_id: string
  readonly details_url?: string
  readonly status: 'queued' | 'in_progress' | 'completed'
  readonly conclusion?: 'success' | 'failure' | 'cancelled' | 'neutral' | 'action_required'
  readonly started_at: string
  readonly completed_at?: string
  readonly output: { readonly title: string; readonly summary: string; readonly text?: string }
  readonly actions: readonly Action[]
}

/** A button. GitHub takes three; labels of 20, descriptions of 40 letters. */
export interface Action {
  readonly label: string
  readonly description: string
  readonly identifier: 'abort' | 'approve' | 'retry' | 'rollback'
}

/** `details`: the page about the release. */
export function checkRun(status: ReleaseStatus, details?: string): CheckRun {
  const { release, phase, outcome, startedAt, finishedAt } = status
  return {
    name: checkName(release),
    external_id: releaseWorkflowId(release),
    ...(details !== undefined && { details_url: details }),
    ...(outcome
      ? { status: 'completed', conclusion: conclusions[outcome] }
      : { status: phase === 'pending' ? 'queued' : 'in_progress' }),
    started_at: time(startedAt),
    ...(outcome && { completed_at: time(finishedAt ?? startedAt) }),
    output: { title: title(status), summary: summary(status), text: story(status) },
    actions: actionsFor(status),
  }
}

/** Branch protection asks for a check by this name. */
export const checkName = ({ app }: Pick<ReleaseRef, 'app'>): string => `slipway / ${app.name}`

/** `2026-03-01T14:02:11Z`. */
export const time = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`

export const abortAction: Action = {
  label: 'Abort',
  description: 'Take the new version back',
  identifier: 'abort',
}

/** A push that a newer one overtook is not its fault; what was not to be released is no failure either. */
const conclusions: Record<Outcome, NonNullable<CheckRun['conclusion']>> = {
  promoted: 'success',
  'rolled-back': 'failure',
  failed: 'failure',
  aborted: 'cancelled',
  superseded: 'cancelled',
  ignored: 'neutral',
}

const outcomeWords: Record<Outcome, string> = {
  promoted: 'Promoted',
  'rolled-back': 'Rolled back',
  failed: 'Failed',
  aborted: 'Aborted',
  superseded: 'Superseded',
  ignored: 'Ignored',
}

/** One sentence: how it ended, else what it waits for, else what was counted, else what it does. */
export function title(status: ReleaseStatus): string {
  const { outcome, weight, stalled, waiting, evidence, message } = status
  const now = firstLine(message)
  if (outcome) return plain(`${outcomeWords[outcome]}: ${now}`, 255)
  const share = weight > 0 ? `${formatWeight(weight)} · ` : ''
  const watched = status.phase === 'rolling-out' || status.phase === 'baking'
  const numbers = watched && evidence ? counts(evidence) : undefined
  return plain(`${share}${stalled ?? waiting?.message ?? numbers ?? now}`, 255)
}

/** `no harm so far: 2 of 4,120 canary requests failed, 3 of 81,000 stable`. */
function counts({ canary, stable, test }: Evidence): string {
  const canaries = `${count(canary.errors)} of ${counted(canary.requests, 'canary request')} failed`
  const stables = stable.requests > 0 ? `, ${count(stable.errors)} of ${count(stable.requests)} stable` : ''
  return `${standing(test)}${canaries}${stables}`
}

function standing(test: TestResult | undefined): string {
  if (!test) return ''
  return test.proven ? 'proven safe: ' : 'no harm so far: '
}

function actionsFor({ outcome, phase, stable }: ReleaseStatus): readonly Action[] {
  if (!outcome) return phase === 'rolling-back' ? [] : [abortAction]
  if (outcome === 'promoted') return stable === undefined ? [] : [rollbackAction]
  return isBad(outcome) ? [retryAction] : []
}

const rollbackAction: Action = {
  label: 'Roll back',
  description: 'Return to the version before this one',
  identifier: 'rollback',
}
const retryAction: Action = { label: 'Retry', description: 'Release this commit again', identifier: 'retry' }
