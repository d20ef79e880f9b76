// How a release would go, in words: its weights with the time that they take, its gates and its windows.
import { formatDuration } from '../domain/duration.ts'
import { counted, date, share, span } from '../domain/figures.ts'
import { formatWeight } from '../domain/notation.ts'
import type { Course, GateAhead, WindowsAhead } from '../domain/outlook/course.ts'
import type { Expected } from '../domain/outlook/measured.ts'
import type { Outlook } from '../domain/outlook.ts'
import { seconds } from './comparison-lines.ts'
import { labelled, paragraph } from './paragraph.ts'

const unjudged: Readonly<Record<NonNullable<Outlook['unjudged']>, string>> = {
  first:
    'the first release: it gets all traffic as soon as its pods are ready, as there is nothing to compare with; its objectives alone are watched for the bake, and missed, it fails and keeps the traffic. What follows counts from the next push on',
  emergency:
    'an emergency: no pod of the stable revision is ready, so this one gets all traffic as soon as its own are; what follows is passed over',
}

export function courseLines(outlook: Outlook, columns: number): string[] {
  const { course, expected } = outlook
  const said: readonly (readonly [string, string])[] = [
    ['first', outlook.unjudged ? unjudged[outlook.unjudged] : ''],
    ['how', howInWords(course)],
    ['weights', weightsInWords(course, expected)],
    ['judge', judgeInWords(course)],
    ['bake', bakeInWords(course)],
    ['time', timeInWords(course, expected)],
  ]
  return labelled(said, columns, 9)
}

const howInWords = ({ strategy }: Course): string =>
  ({
    canary: 'canary: share by share, compared with the stable revision',
    'blue-green': 'blue-green: shown at the preview host, then all traffic at once',
    immediate: 'immediate: all traffic at once, as soon as it is ready',
  })[strategy]

function weightsInWords({ weights, full }: Course, expected: Expected | undefined): string {
  if (weights.kind === 'at-once') return formatWeight(1000)
  if (weights.kind === 'steps')
    return [
      ...weights.steps.map((step) => `${formatWeight(step.weight)} for ${formatDuration(step.for)}`),
      formatWeight(full),
    ].join(' · ')
  const first = expected?.first === undefined ? '' : `begins with ${formatWeight(expected.first)}; `
  return `${first}the evidence chooses among ${weights.rungs.map(formatWeight).join(' · ')}, then ${formatWeight(full)}; due unproven after ${formatDuration(weights.deadline)}`
}

function bakeInWords({ bake, full }: Course): string {
  if (bake === 0) return 'none'
  return `${span(bake)} at ${formatWeight(full)}, the stable revision still warm${full < 1000 ? '; then 100%' : ''}`
}

const judgeInWords = ({ judge }: Course): string =>
  judge.kind === 'sequential test'
    ? 'the sequential test: against stable in the same seconds, and against the objectives'
    : `fixed objectives: at least ${counted(judge.requests, 'request')}, ${judge.looks} bad looks in a row are harm`

/** Said of a good version: what harms is taken back earlier. */
function timeInWords({ weights, bake }: Course, expected: Expected | undefined): string {
  if (!expected) {
    if (weights.kind !== 'steps')
      return weights.kind === 'at-once'
        ? ''
        : 'not foretold: no traffic is known of; say --rate, or --prometheus'
    return `at least ${span(weights.steps.reduce((sum, step) => sum + step.for, 0) + bake)} in all`
  }
  const { rate, base, assumed, full, reachedFull } = expected
  const traffic = `With ${Number(rate.toPrecision(3))} requests/s of which ${share(base, 1)} fail${assumed ? ' (assumed)' : ''}`
  const arrives =
    full && reachedFull > 0.5
      ? `a good version is at full after ${seconds(full.median)} (19 of 20 within ${seconds(full.p95)}) and final ${span(bake)} later`
      : 'a good version seldom gets to full by itself'
  return `${traffic}, ${arrives}. Waiting at gates and windows comes on top.`
}

export function gateLines({ gates, windows, unjudged }: Outlook, columns: number): string[] {
  const none = unjudged && (gates.length > 0 || windows) ? ['  none of them is asked this time'] : []
  return [
    ...none,
    ...gates.flatMap((gate) => gateLine(gate, columns)),
    ...(windows ? windowLines(windows, columns) : []),
  ]
}

function gateLine({ name, kind, timeout, otherwise, asks }: GateAhead, columns: number): string[] {
  const late = otherwise === 'abort' ? 'it is taken back' : 'it goes on'
  const text = kind === 'hook' ? `${asks}; without an answer within ${formatDuration(timeout)} ${late}` : asks
  return paragraph(`  ${name}: `, text, columns)
}

function windowLines({ now, freezes }: WindowsAhead, columns: number): string[] {
  const text = now.open
    ? 'open now'
    : `closed now: ${now.why}; ${now.until === undefined ? 'they do not open within a week' : `open next at ${date(now.until)}`}`
  return [
    ...paragraph('  windows: ', text, columns),
    ...freezes.flatMap(({ name, from, until }) =>
      paragraph(`  freeze ${name}: `, `${date(from)} to ${date(until)}`, columns),
    ),
  ]
}
