// What the page says of a release, in words and numbers. Pure: no element in sight.
import { answersTo } from '../domain/answers.ts'
import { type Decision, decisions } from '../domain/decisions.ts'
import { count, counted, date, formatWeight, share, span, utcClock } from '../domain/figures.ts'
import type { Waiting } from '../domain/gate.ts'
import { evidenceOfHarm, provenWords } from '../domain/judge/in-words.ts'
import type { Evidence, Tally } from '../domain/judge/judge.ts'
import { wantedBy } from '../domain/wanted.ts'
import type { Release } from './release.ts'
import { line } from './text.ts'

/** `rolling-out at 5%`; how it ended, once it has. */
export function standing({
  outcome,
  phase,
  weight,
  step,
}: Pick<Release, 'outcome' | 'phase' | 'weight' | 'step'>): string {
  if (outcome) return outcome
  return `${phase}${weight > 0 ? ` at ${formatWeight(weight)}` : ''}${step ? `, ${/\d/.test(step) ? 'step ' : ''}${step}` : ''}`
}

/** A label and what is to be said under it; what is not known is left out. */
export function facts(release: Release, now: number): readonly (readonly [string, string])[] {
  const { app, seq } = release.release
  const { startedAt, finishedAt, revision, stable, image, proven, surge, outcome, supersededBy } = release
  const all: readonly (readonly [string, string])[] = [
    ['App', `${app.namespace}/${app.name}, release ${seq}`],
    ['who', line(wantedBy(release))],
    ['begun', startedAt === 0 ? '' : date(startedAt)],
    [outcome ? 'lasted' : 'for', startedAt === 0 ? '' : span((finishedAt ?? now) - startedAt)],
    ['canary', revision ?? ''],
    ['stable', stable ?? ''],
    ['image', image ?? ''],
    ['proven', proven === undefined ? '' : provenWords(proven)],
    [
      'beside',
      surge && !outcome
        ? `up to ${counted(surge.pods, 'pod')} more: ${surge.cpu} processors, ${surge.memory} of memory`
        : '',
    ],
    ['newer', supersededBy ?? ''],
  ]
  return all.filter(([, text]) => text !== '')
}

/** The numbers that are known last. */
export const lastEvidence = ({ evidence, transitions }: Release): Evidence | undefined =>
  evidence ?? transitions.findLast((one) => one.evidence)?.evidence

export interface Wait {
  readonly message: string
  readonly more: readonly string[]
  /** Any one of them ends it. */
  readonly answers: readonly string[]
}

/** What it waits for, and who can end that; undefined while it does not. */
export function waitOf(release: Release, now: number): Wait | undefined {
  const { waiting, outcome } = release
  if (!waiting || outcome) return undefined
  return {
    message: line(waiting.message),
    more: timesOf(waiting, now),
    answers: answersTo(release).map((command) => `${command} --namespace ${release.namespace}`),
  }
}

function timesOf({ since, until, approvedBy = [], turnedAway = [] }: Waiting, now: number): string[] {
  return [
    ...(approvedBy.length > 0 ? [`approved by ${line(approvedBy.join(', '))}`] : []),
    ...turnedAway.map((why) => `did not count: ${line(why)}`),
    `for ${span(now - since)}`,
    ...(until !== undefined && until > now ? [`it ends by itself in ${span(until - now)}`] : []),
  ]
}

export interface Row {
  readonly time: string
  readonly since: string
  readonly phase: string
  readonly weight: string
  readonly what: string
  /** What was counted by then. */
  readonly numbers: readonly string[]
}

/** The release's history, decision by decision, oldest first. */
export const history = (release: Release): readonly Row[] => decisions(release).map(row)

function row({ at, since, phase, from, to, message, evidence, servedAt }: Decision): Row {
  const moved = from === to ? formatWeight(to) : `${formatWeight(from)} → ${formatWeight(to)}`
  return {
    time: utcClock(at),
    since: `+${since < 1000 ? '0s' : span(since)}`,
    phase,
    weight: moved,
    what: `${line(message)}${servedAt === undefined ? '' : ` (served after ${span(servedAt - at)})`}`,
    numbers: evidence ? numbersOf(evidence) : [],
  }
}

const numbersOf = ({ canary, stable, test }: Evidence): readonly string[] => [
  `canary ${tally(canary)}`,
  `stable ${tally(stable)}`,
  ...(test ? [`harm ${evidenceOfHarm(test)}`] : []),
]

const tally = ({ requests, errors }: Tally): string =>
  `${count(errors)} of ${counted(requests, 'request')} failed${errors > 0 ? ` (${share(errors, requests)})` : ''}`

/** Where more is to be had. */
export const commands = ({ namespace, name }: Release): readonly string[] => [
  `slipway explain ${name} --namespace ${namespace}`,
  `kubectl get release ${name} --namespace ${namespace} --output yaml`,
]
