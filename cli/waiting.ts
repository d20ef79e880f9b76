// What a release waits for at this moment, and what a person can do about it.

import { answersTo } from '../domain/answers.ts'
import { span } from '../domain/figures.ts'
import type { ReleaseView } from './cluster.ts'
import { paragraph } from './paragraph.ts'
import type { Paint } from './screen.ts'

export const awaitsApproval = ({ phase, waiting }: ReleaseView): boolean =>
  phase !== 'done' && waiting?.for === 'approval'

/** Lines under labels, as wide as the terminal; none while nothing is waited for. */
export function waitingLines(release: ReleaseView, paint: Paint, now: number, columns: number): string[] {
  const { waiting } = release
  if (!waiting) return []
  const { message, since, until, approvedBy = [], turnedAway = [] } = waiting
  const answer = answersTo(release).join(', or ')
  const facts = [
    ...(approvedBy.length > 0 ? [`approved by ${approvedBy.join(', ')}`] : []),
    `for ${span(now - since)}`,
    ...(until !== undefined && until > now ? [`it ends by itself in ${span(until - now)}`] : []),
  ]
  return [
    ...paragraph('  waits   ', message, columns).map((line) => paint('yellow', line)),
    ...paragraph('          ', facts.join(' · '), columns),
    ...turnedAway.flatMap((why) => paragraph('          ', `did not count: ${why}`, columns)),
    ...(answer ? [`  answer  ${answer}`] : []),
  ]
}

/** The same in one line. */
export function waitingLine(release: ReleaseView): string | undefined {
  if (!release.waiting) return undefined
  const answer = answersTo(release).join(', or ')
  return `waits: ${release.waiting.message}${answer ? ` (${answer})` : ''}`
}
