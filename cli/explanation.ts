// A release explained: what it was judged by, every decision with its numbers, how it ended and why. Pure: text and data.

import { type Decision, decisions, lastTest, notJudged } from '../domain/decisions.ts'
import { counted, date, firstLine, formatWeight, span, utcClock } from '../domain/figures.ts'
import { atLeastWorse, atMostWorse, percent, points } from '../domain/judge/in-words.ts'
import type { TestResult } from '../domain/judge/judge.ts'
import type { ReleaseView } from './cluster.ts'
import { deadlineOf, isOpen, provenLine, reach, tallyLine, testNumbers } from './evidence.ts'
import { judgedBy, slowLine, sourcesLine } from './judged-by.ts'
import { paragraph } from './paragraph.ts'
import { commitOf, stateOf } from './release-view.ts'
import type { Paint } from './screen.ts'

export interface Page {
  readonly paint: Paint
  readonly now: number
  readonly columns: number
}

/** What is read, from top to bottom. */
export function explanation(release: ReleaseView, page: Page): string[] {
  const { paint, columns } = page
  const without = notJudged(release)
  const told = decisions(release).flatMap((decision, index, all) => {
    // A reason stands once: the way back repeats what led to it.
    const said = all.slice(0, index).some(({ message }) => message.includes(decision.message))
    return decisionLines(said ? { ...decision, message: '' } : decision, release, page)
  })
  return [
    ...heading(release, page),
    '',
    paint('bold', 'Judged by'),
    ...(without ? paragraph('  ', without, columns) : judgedBy(release, columns)),
    '',
    paint('bold', 'Decisions (UTC, and since the start)'),
    ...(told.length > 0 ? told : ['  none yet']),
    '',
    paint('bold', release.outcome ? 'The end' : 'Now'),
    ...(release.outcome ? ending(release, page) : present(release, page)),
  ]
}

function heading(release: ReleaseView, { paint, now, columns }: Page): string[] {
  const { startedAt, finishedAt, revision, stable, message } = release
  const lasted = span((finishedAt ?? now) - startedAt)
  return [
    `${paint('bold', release.name)}  ${commitOf(release)}`,
    `${stateOf(release)} ${finishedAt ? 'after' : 'for'} ${lasted}; begun ${date(startedAt)}`,
    ...paragraph('  ', firstLine(message), columns),
    ...(revision ? [`  canary  ${revision}`] : []),
    ...(stable ? [`  stable  ${stable}`] : []),
  ]
}

function decisionLines(decision: Decision, { judging }: ReleaseView, { paint, columns }: Page): string[] {
  const { at, since, phase, from, to, message, evidence, servedAt } = decision
  const weight = from === to ? formatWeight(to) : `${formatWeight(from)} → ${formatWeight(to)}`
  const title = `  ${utcClock(at)}  ${`+${since < 1000 ? '0s' : span(since)}`.padStart(7)}  ${phase.padEnd(12)}  ${weight}${servedAt ? `, served after ${span(servedAt - at)}` : ''}`
  const lines = message.split('\n').flatMap((line) => paragraph('    ', line, columns))
  if (!evidence) return [paint('cyan', title), ...lines]
  const { canary, stable, test } = evidence
  const numbers = [
    ['canary', tallyLine(canary)],
    ['stable', tallyLine(stable)],
    ['slower', slowLine(canary, stable, judging)],
    ...(test
      ? ([
          ['harm', testNumbers(test)],
          ['from', sourcesLine(test, judging)],
        ] as const)
      : []),
  ] as const
  return [paint('cyan', title), ...lines, ...facts(numbers, '    ', columns)]
}

/** For whoever asks while it runs: why it stands where it does, and what moves it. */
function present(release: ReleaseView, { now, columns }: Page): string[] {
  const { stalled, weight, evidence } = release
  const [test, open] = [lastTest(release), isOpen(release)]
  const waits = stalled ? `${stalled}; missing data is neither good nor bad: it waits` : ''
  return facts(
    [
      ['weight', `${formatWeight(weight)}${open && test?.why ? `: ${test.why}` : ''}`],
      ['stalled', waits],
      ...(evidence
        ? ([
            ['canary', tallyLine(evidence.canary)],
            ['stable', tallyLine(evidence.stable)],
          ] as const)
        : []),
      ...(test
        ? ([
            ['harm', testNumbers(test)],
            ['traffic', open ? reach(test) : ''],
            ['proven', provenLine(release, now)],
            ['next', open ? next(release, test) : ''],
          ] as const)
        : []),
    ],
    '  ',
    columns,
  )
}

/** What ends the waiting, whichever comes first. */
function next(release: ReleaseView, { limit }: TestResult): string {
  const back = `harm at ${Math.round(limit)}: taken back`
  const { judging, proven } = release
  if (!judging) return back
  const { errorMargin, onDeadline, fullWeight, bake } = judging.method
  if (proven !== undefined) return `${back}; otherwise promoted when it was watched for ${span(bake * 1000)}`
  const due = onDeadline === 'hold' ? 'it holds where it is' : 'it goes on unproven'
  return `${back}; at most ${points(errorMargin)} worse: proven, and on to ${percent(fullWeight)}; at ${date(deadlineOf(release))}: ${due}`
}

function ending(release: ReleaseView, { now, columns }: Page): string[] {
  const { outcome, message } = release
  const [first = '', ...detail] = message.split('\n')
  const test = lastTest(release)
  return [
    ...facts(
      [
        ['outcome', `${outcome}${first ? `: ${first}` : ''}`],
        ...(test
          ? ([
              ['shown', [atLeastWorse(test), atMostWorse(test)].filter(Boolean).join(', ')],
              ['harmed', `${counted(test.harmed, 'request')} in all`],
              ['traffic', outcome === 'promoted' && !release.proven ? reach(test) : ''],
              ['proven', provenLine(release, now)],
            ] as const)
          : []),
      ],
      '  ',
      columns,
    ),
    ...detail.flatMap((line) => paragraph('  ', line, columns)),
  ]
}

/** Labels and sentences; what is empty is not said. */
const facts = (said: readonly (readonly [string, string])[], indent: string, columns: number): string[] =>
  said
    .filter(([, text]) => text !== '')
    .flatMap(([label, text]) => paragraph(`${indent}${label.padEnd(7)} `, text, columns))
