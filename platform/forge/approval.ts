// A gate's question as a check run of its own: it waits on the commit, with its buttons, until the gate is over.
import { date, firstLine } from '../../domain/figures.ts'
import { isOpened } from '../../domain/gate-words.ts'
import { type ReleaseStatus, releaseWorkflowId } from '../../domain/release.ts'
import { type Action, abortAction, type CheckRun, checkName, time } from './check-run.ts'
import { plain, said } from './markdown.ts'

/** What this gate's check says now; undefined while that does not change, though the gate is not what the release tells first. */
export function approvalRun(status: ReleaseStatus, gate: string, details?: string): CheckRun | undefined {
  const says = standing(status, gate)
  if (!says) return undefined
  const { release, startedAt } = status
  const { conclusion, at, actions, title, lines } = says
  return {
    name: approvalName(status),
    external_id: approvalId(status, gate),
    ...(details !== undefined && { details_url: details }),
    status: 'completed',
    conclusion,
    started_at: time(startedAt),
    completed_at: time(at),
    output: {
      title: plain(title, 255),
      summary: [`${release.app.name} · ${said(gate)}`, ...lines].join('\n\n'),
    },
    actions,
  }
}

export const approvalName = ({ release }: ReleaseStatus): string => `${checkName(release)} / approve`

/** Whose question it is: a release's and a gate's. */
export const approvalId = ({ release }: ReleaseStatus, gate: string): string =>
  `${releaseWorkflowId(release)}/approve/${gate}`

/** The gate that waits for approval now. */
export const gateThatWaits = ({ outcome, waiting }: ReleaseStatus): string | undefined =>
  !outcome && waiting?.for === 'approval' ? waiting.gate : undefined

interface Standing {
  readonly conclusion: 'action_required' | 'success' | 'cancelled'
  readonly at: number
  readonly title: string
  readonly lines: readonly string[]
  readonly actions: readonly Action[]
}

function standing(status: ReleaseStatus, gate: string): Standing | undefined {
  const { outcome, waiting, transitions, finishedAt, startedAt, message } = status
  if (waiting && gateThatWaits(status) === gate) {
    const { approvedBy = [], turnedAway = [], since, until, message: title } = waiting
    const lines = [
      said(title),
      ...(approvedBy.length > 0 ? [`Approved by ${said(approvedBy.join(', '))} so far.`] : []),
      ...turnedAway.map((why) => `Did not count: ${said(why)}.`),
      ...(until === undefined ? [] : [`It ends by itself at ${date(until)}.`]),
    ]
    return { conclusion: 'action_required', at: since, title, lines, actions: [approveAction, abortAction] }
  }
  const opened = transitions.find((one) => isOpened(gate, one.message))
  if (opened) return over('success', opened.at, opened.message)
  if (!outcome) return undefined
  // A long history may have lost the line that says so.
  return over(
    outcome === 'promoted' ? 'success' : 'cancelled',
    finishedAt ?? startedAt,
    `${outcome}: ${message}`,
  )
}

function over(conclusion: 'success' | 'cancelled', at: number, message: string): Standing {
  const title = firstLine(message)
  return { conclusion, at, title, lines: [said(title)], actions: [] }
}

const approveAction: Action = {
  label: 'Approve',
  description: 'Let it have more traffic',
  identifier: 'approve',
}
