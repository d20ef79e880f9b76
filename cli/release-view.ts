// How a release is shown: a block of lines, one line of progress, one line of a list.

import type { Evidence, Tally } from '../domain/judge/judge.ts'
import { formatWeight } from '../domain/notation.ts'
import type { Outcome, Transition } from '../domain/release.ts'
import type { ReleaseView } from './cluster.ts'
import { clock, counted, firstLine, share, shortSha, span } from './notation.ts'
import type { Colour, Paint } from './screen.ts'

const recent = 8

/** The whole release, for a terminal that rewrites it in place. */
export function releaseBlock(release: ReleaseView, paint: Paint, now: number): string[] {
  const ended = release.finishedAt ?? now
  return [
    `${paint('bold', release.name)}  ${commitOf(release)}`,
    [
      paint(colourOf(release), stateOf(release)),
      ...(release.step ? [`step ${release.step}`] : []),
      `${bar(release.weight)} ${formatWeight(release.weight)}`,
      span(ended - release.startedAt),
    ].join('  '),
    ...revisionLines(release),
    ...(release.message ? release.message.split('\n').map((line) => `  ${line}`) : []),
    ...(release.stalled ? [`  ${paint('yellow', `stalled: ${release.stalled}`)}`] : []),
    ...release.transitions
      .slice(-recent)
      .map((transition) => paint('gray', `  ${transitionLine(transition)}`)),
  ]
}

/** One line of the release's history. */
export function transitionLine({ at, phase, weight, message, evidence }: Transition): string {
  const numbers = evidence ? `  [${evidenceOf(evidence)}]` : ''
  return `${clock(at)}  ${phase.padEnd(12)}  ${formatWeight(weight).padStart(6)}  ${firstLine(message)}${numbers}`
}

/** What was counted since the last line of history, while a step is watched. */
export function progressLine(release: ReleaseView, evidence: Evidence): string {
  return `${clock(evidence.to)}  ${release.phase.padEnd(12)}  ${formatWeight(release.weight).padStart(6)}  ${evidenceOf(evidence)}`
}

/** How it ended, in one line. */
export const outcomeLine = (release: ReleaseView, paint: Paint): string =>
  `${release.name} ${paint(colourOf(release), stateOf(release))}${release.message ? `: ${release.message}` : ''}`

/** `promoted`, or the phase while there is no outcome. */
export const stateOf = ({ outcome, phase }: ReleaseView): string => outcome ?? phase

/** `3f2c1d0 Add the blue button`. */
export const commitOf = ({ release, commit }: ReleaseView): string =>
  [shortSha(commit?.sha ?? release.sha), commit?.title].filter(Boolean).join(' ')

function revisionLines({ revision, stable, evidence }: ReleaseView): string[] {
  const lines: (readonly [string, string, Tally | undefined])[] = []
  if (revision) lines.push(['canary', revision, evidence?.canary])
  if (stable) lines.push(['stable', stable, evidence?.stable])
  const width = Math.max(0, ...lines.map(([, name]) => name.length))
  return lines.map(([role, name, tally]) =>
    `  ${role}  ${name.padEnd(width)}  ${tally ? tallyOf(tally) : ''}`.trimEnd(),
  )
}

const evidenceOf = ({ canary, stable }: Evidence): string =>
  `canary ${tallyOf(canary)} · stable ${tallyOf(stable)}`

const tallyOf = ({ requests, errors }: Tally): string =>
  `${counted(requests, 'request')}, ${counted(errors, 'error')}${errors > 0 ? ` (${share(errors, requests)})` : ''}`

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
