// How a release is shown: a block of lines, one line of progress, one line of a list.

import { clock, firstLine, formatWeight, shortSha, span } from '../domain/figures.ts'
import { evidenceOfHarm } from '../domain/judge/in-words.ts'
import type { Evidence, Tally } from '../domain/judge/judge.ts'
import type { Outcome, Transition } from '../domain/release.ts'
import { asides } from './beside.ts'
import type { ReleaseView } from './cluster.ts'
import { evidenceLine, standing, tallyLine } from './evidence.ts'
import { paragraph } from './paragraph.ts'
import type { Colour, Paint } from './screen.ts'
import { waitingLines } from './waiting.ts'

/** Lines of history: fewer below the judge's numbers, so that all of it fits a small terminal. */
const recent = (judged: boolean) => (judged ? 5 : 8)

/** The whole release, for a terminal that rewrites it in place. */
export function releaseBlock(release: ReleaseView, paint: Paint, now: number, columns = 80): string[] {
  const ended = release.finishedAt ?? now
  const numbers = standing(release, now)
  const [message = '', ...detail] = release.message.split('\n')
  return [
    `${paint('bold', release.name)}  ${commitOf(release)}`,
    [
      paint(colourOf(release), stateOf(release)),
      ...(release.step ? [/\d/.test(release.step) ? `step ${release.step}` : release.step] : []),
      `${bar(release.weight)} ${formatWeight(release.weight)}`,
      span(ended - release.startedAt),
    ].join('  '),
    ...revisionLines(release),
    ...asides(release).flatMap(([label, text]) => paragraph(`  ${label.padEnd(6)}  `, text, columns)),
    ...numbers.flatMap(([label, text]) => paragraph(`  ${label.padEnd(7)} `, text, columns)),
    ...paragraph('  ', message, columns),
    ...detail.map((line) => `  ${line}`),
    ...waitingLines(release, paint, now, columns),
    ...(release.stalled ? [`  ${paint('yellow', `stalled: ${release.stalled}`)}`] : []),
    ...release.transitions
      .slice(-recent(numbers.length > 0))
      .map((transition) => paint('gray', `  ${shortTransitionLine(transition)}`)),
  ]
}

/** One line of the release's history. */
export function transitionLine({ at, phase, weight, message, evidence }: Transition): string {
  const numbers = evidence ? `  [${evidenceLine(evidence)}]` : ''
  return `${clock(at)}  ${phase.padEnd(12)}  ${formatWeight(weight).padStart(6)}  ${firstLine(message)}${numbers}`
}

/** The same where the counts stand above it. */
function shortTransitionLine({ evidence, ...transition }: Transition): string {
  if (!evidence?.test) return transitionLine({ ...transition, ...(evidence && { evidence }) })
  return `${transitionLine(transition)}  [harm ${evidenceOfHarm(evidence.test)}]`
}

/** What was counted since the last line of history, while a step is watched. */
export function progressLine(release: ReleaseView, evidence: Evidence): string {
  return `${clock(evidence.to)}  ${release.phase.padEnd(12)}  ${formatWeight(release.weight).padStart(6)}  ${evidenceLine(evidence)}`
}

/** How it ended, in one line. */
export const outcomeLine = (release: ReleaseView, paint: Paint): string =>
  `${release.name} ${paint(colourOf(release), stateOf(release))}${release.message ? `: ${release.message}` : ''}`

/** `promoted`, or the phase while there is no outcome; and that it was never shown to be safe, where that matters. */
export const stateOf = ({ outcome, phase, proven }: ReleaseView): string =>
  `${outcome ?? phase}${proven === false && (!outcome || outcome === 'promoted') ? ' (unproven)' : ''}`

/** `3f2c1d0 Add the blue button`. */
export const commitOf = ({ release, commit }: ReleaseView): string =>
  [shortSha(commit?.sha ?? release.sha), commit?.title].filter(Boolean).join(' ')

function revisionLines({ revision, stable, evidence }: ReleaseView): string[] {
  const lines: (readonly [string, string, Tally | undefined])[] = []
  if (revision) lines.push(['canary', revision, evidence?.canary])
  if (stable) lines.push(['stable', stable, evidence?.stable])
  const width = Math.max(0, ...lines.map(([, name]) => name.length))
  return lines.map(([role, name, tally]) =>
    `  ${role}  ${name.padEnd(width)}  ${tally ? tallyLine(tally) : ''}`.trimEnd(),
  )
}

function bar(weight: number): string {
  const filled = Math.round(weight / 50)
  return '█'.repeat(filled) + '░'.repeat(20 - filled)
}

const outcomeColours: Record<Outcome, Colour> = {
  promoted: 'green',
  'rolled-back': 'red',
  failed: 'red',
  aborted: 'yellow',
  superseded: 'gray',
  ignored: 'gray',
}

function colourOf({ outcome, phase }: ReleaseView): Colour {
  if (outcome) return outcomeColours[outcome]
  return phase === 'rolling-back' ? 'red' : 'cyan'
}
