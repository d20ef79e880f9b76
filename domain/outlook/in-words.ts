// What a push would do, in words: whether it is released, what it changes, how the traffic would move, what would hold it.
import { formatDuration } from '../duration.ts'
import { counted, date, formatWeight, span } from '../figures.ts'
import type { Outlook } from '../outlook.ts'
import type { Change } from './changes.ts'
import type { Course, GateAhead, WindowsAhead } from './course.ts'
import type { Expected } from './measured.ts'

/** A label, and what is to be said under it; nothing where the text is empty. */
type Said = readonly (readonly [label: string, text: string])[]

export const verdictInWords: Readonly<Record<Outlook['next']['kind'], string>> = {
  begins: 'would be released',
  supersedes: 'would be released',
  waits: 'would wait',
  nothing: 'nothing would happen',
}

export const noChanges = 'none in how it is run and reached; a new commit is built and released all the same'

/** `run.replicas: 2 → 3`, behind what is done with it. */
export const changeInWords = ({
  what,
  from,
  to,
}: Change): { readonly sign: string; readonly text: string } => ({
  sign: from === undefined ? '+' : to === undefined ? '-' : '~',
  text: `${what}: ${[from, to]
    .filter((one) => one !== undefined)
    .map(written)
    .join(' → ')}`,
})

/** Short values as they stand in a file. */
function written(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(written).join(', ')}]`
  if (typeof value === 'string') return isPlain(value) ? value : JSON.stringify(value)
  if (typeof value !== 'object' || value === null) return String(value)
  const entries = Object.entries(value).map(([key, one]) => `${key}: ${written(one)}`)
  return `{${entries.join(', ')}}`
}

/** What YAML would not take for a number, a truth or nothing. */
const isPlain = (text: string): boolean =>
  /^[\w.:/@*-]+$/.test(text) && !/^(?:[-+.\d].*|true|false|null|~)$/i.test(text)

const unjudgedInWords: Readonly<Record<NonNullable<Outlook['unjudged']>, string>> = {
  first:
    'the first release: it gets all traffic as soon as its pods are ready, as there is nothing to compare with; its objectives alone are watched for the bake, and missed, it fails and keeps the traffic. What follows counts from the next push on',
  emergency:
    'an emergency: no pod of the stable revision is ready, so this one gets all traffic as soon as its own are; what follows is passed over',
}

export const courseInWords = ({ course, expected, unjudged }: Outlook): Said => [
  ['first', unjudged ? unjudgedInWords[unjudged] : ''],
  ['how', howInWords(course)],
  ['weights', weightsInWords(course, expected)],
  ['judge', judgeInWords(course)],
  ['bake', bakeInWords(course)],
]

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

/** Said before the gates and windows that there are, when all of them are passed over. */
export const gatesUnasked = ({ gates, windows, unjudged }: Outlook): string =>
  unjudged && (gates.length > 0 || windows) ? 'none of them is asked this time' : ''

export const gatesInWords = ({ gates, windows }: Outlook): Said => [
  ...gates.map((gate) => [gate.name, gateInWords(gate)] as const),
  ...(windows ? windowsInWords(windows) : []),
]

function gateInWords({ kind, timeout, otherwise, asks }: GateAhead): string {
  const late = otherwise === 'abort' ? 'it is taken back' : 'it goes on'
  return kind === 'hook' ? `${asks}; without an answer within ${formatDuration(timeout)} ${late}` : asks
}

function windowsInWords({ now, freezes }: WindowsAhead): Said {
  const text = now.open
    ? 'open now'
    : `closed now: ${now.why}; ${now.until === undefined ? 'they do not open within a week' : `open next at ${date(now.until)}`}`
  return [
    ['windows', text],
    ...freezes.map(({ name, from, until }) => [`freeze ${name}`, `${date(from)} to ${date(until)}`] as const),
  ]
}
