// What a check run says below: why it ended so, in full, and all that happened, decision by decision.
import { type Decision, decisions } from '../../domain/decisions.ts'
import { counted, date, firstLine, formatWeight } from '../../domain/figures.ts'
import type { Evidence } from '../../domain/judge/judge.ts'
import { shortened } from '../../domain/long-message.ts'
import type { ReleaseStatus } from '../../domain/release.ts'
import { codeBlock, said, table } from './markdown.ts'

/** GitHub takes 65,535 characters; it may mean bytes. */
const limit = 60_000

export function story(status: ReleaseStatus): string {
  const detail = detailOf(status)
  const rows = decisions(status).map(row)
  const room = limit - Buffer.byteLength(detail)
  const shown = rows.slice(rows.length - fitting(rows, room))
  const left = rows.length - shown.length
  return [
    ...(detail ? ['### In full', detail] : []),
    '### What happened',
    ...(left > 0 ? [`${counted(left, 'earlier line')} left out.`] : []),
    table(['time (UTC)', 'phase', 'weight', 'what'], shown),
  ].join('\n\n')
}

/** What a message says below its first line: the other problems of a file, the end of a build's log. */
function detailOf({ message }: ReleaseStatus): string {
  const [, ...rest] = shortened(message, 20_000).split('\n')
  return rest.length === 0 ? '' : codeBlock(rest.join('\n'))
}

function row({ at, phase, from, to, message, evidence }: Decision): readonly string[] {
  const weight = from === to ? formatWeight(to) : `${formatWeight(from)} → ${formatWeight(to)}`
  const what = `${said(firstLine(message))}${evidence ? ` (${counts(evidence)})` : ''}`
  return [date(at).slice(0, 19), phase, weight, what]
}

const counts = ({ canary, stable }: Evidence): string =>
  [canary, stable]
    .map(
      ({ requests, errors }, side) =>
        `${side === 0 ? 'canary' : 'stable'} ${counted(requests, 'request')}, ${counted(errors, 'error')}`,
    )
    .join('; ')

/** How many of the last rows there is room for. */
function fitting(rows: readonly (readonly string[])[], room: number): number {
  let size = 0
  const tooMany = rows.toReversed().findIndex((cells) => {
    size += Buffer.byteLength(cells.join(' | ')) + 5
    return size > room
  })
  return tooMany === -1 ? rows.length : tooMany
}
