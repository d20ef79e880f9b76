// What a canary is judged by, in words: so that every number of its story can be checked.

import { count, counted, share, span } from '../domain/figures.ts'
import { boundsOf } from '../domain/judge/blame.ts'
import { enoughHistory } from '../domain/judge/defaults.ts'
import { percent, points } from '../domain/judge/in-words.ts'
import type { Objectives, Tally, TestResult } from '../domain/judge/judge.ts'
import type { Method } from '../domain/judge/method.ts'
import type { Judging } from '../domain/release.ts'
import type { ReleaseView } from './cluster.ts'
import { paragraph } from './paragraph.ts'

/** One paragraph a subject, and the query on a line of its own: it is there to be copied. */
export function judgedBy({ judging }: ReleaseView, columns: number): string[] {
  if (!judging) return ['  What it is judged by was not told yet.']
  const { method, objectives, query } = judging
  const said: readonly (readonly [string, string])[] = [
    ['harm', harmInWords(method)],
    ['sources', sourcesInWords(judging)],
    ['tolerance', tolerance(judging)],
    ['proof', proof(judging)],
    judging.steps ? ['steps', listed(judging.steps)] : ['ramp', ramp(method)],
    ...(objectives ? [['objectives', objectivesInWords(objectives)] as const] : []),
    ['history', history(judging)],
    ['latency', latency(judging)],
  ]
  return [
    ...said.flatMap(([label, text]) => paragraph(`  ${label.padEnd(10)} `, text, columns)),
    ...(query ? ['  query, to paste into Prometheus:', `    ${query}`] : []),
  ]
}

const harmInWords = ({ alpha }: Method): string =>
  `evidence of harm is 1 at the start; at ${count(1 / alpha)} the release is taken back, which befalls at most ${percent(alpha)} of the versions that are within the tolerance, however often one looks`

function sourcesInWords(judging: Judging): string {
  const named = sourcesOf(judging).map(
    (source) =>
      `${sourceNames[source]} (${sourceMeanings[source]}, ${percent(judging.method.weights[source])})`,
  )
  return `harm is the weighted mean of ${named.join(', ')}`
}

function tolerance(judging: Judging): string {
  const { errorRatio, errorTolerance, latencyRatio, latencyTolerance } = judging.method
  const times = errorRatio === 1 ? '' : ` times ${errorRatio}`
  const slow = `; share of slow answers up to stable's times ${latencyRatio} + ${points(latencyTolerance)}`
  return `error rate up to stable's${times} + ${points(errorTolerance)}${isTimed(judging) ? slow : ''}`
}

function proof(judging: Judging): string {
  const { errorMargin, latencyMargin, beta, deadline, onDeadline, bake, fullWeight } = judging.method
  const { share: part, rise } = latencyMargin
  const slow = `, and slow answers at most ${percent(part)} + ${points(rise)} more`
  const late = onDeadline === 'hold' ? 'after that it holds' : 'after that a calm release goes on unproven'
  return `with ${percent(1 - beta)} confidence at most ${points(errorMargin)} more errors than stable${isTimed(judging) ? slow : ''}, within ${span(deadline * 1000)}; ${late}. Then ${percent(fullWeight)}, watched for ${span(bake * 1000)}`
}

/** Without a latency objective nobody asks how slow answers are. */
const isTimed = ({ baseline }: Judging): boolean => baseline.latency.length > 0

const ramp = ({ firstRequests, stepRequests, absence, maxErrorRise, unprovenMax, ladder }: Method): string =>
  `the first look risks ${counted(firstRequests, 'request')}, each later one ${stepRequests}${absence ? `, as do ${span(absence * 1000)} in which nobody looks at the first weight` : ''}; the service's error rate rises by ${points(maxErrorRise)} at most; unproven no more than ${percent(unprovenMax)}${ladder.length > 0 ? `; rungs ${ladder.map((rung) => percent(rung)).join(' · ')}` : ''}`

const listed = (steps: NonNullable<Judging['steps']>): string =>
  `as slipway.yaml lists them: ${steps.map((step) => `${percent(step.weight)}${step.for > 0 ? ` for ${span(step.for * 1000)}` : ''}`).join(' · ')}`

function objectivesInWords({ success, latency }: Objectives): string {
  const fast = latency ? `; ${percent(latency.share)} answered within ${seconds(latency.below)}` : ''
  return `${percent(success)} of the requests succeed${fast}`
}

function history({ baseline }: Judging): string {
  const { requests, errors, rate, interval, dispersion } = baseline
  const answered = `stable answered ${counted(requests, 'request')} with ${counted(errors, 'error')}`
  const past =
    requests < enoughHistory ? `${answered}: too few to judge by` : `${answered} (${share(errors, requests)})`
  const bursts =
    dispersion > 1
      ? `its errors come in bursts (φ ${dispersion.toPrecision(2)}), so each says less`
      : 'its errors come one by one'
  return [
    past,
    ...(rate === undefined ? [] : [`${Number(rate.toPrecision(3))} requests/s`]),
    `the gateway is read every ${Number(interval.toPrecision(2))} s`,
    bursts,
  ].join('; ')
}

const latency = ({ baseline }: Judging): string =>
  baseline.latency.length === 0
    ? 'not judged: there is no objective for it'
    : `of stable's answers ${baseline.latency.map(({ bound, tail }) => `${share(tail, 1)} took longer than ${seconds(bound)}`).join(', ')}; at each decision: canary / stable`

/** Where the evidence comes from: each source is a test of its own, 1 at its start. */
export const sourcesLine = ({ sources }: TestResult, judging: Judging | undefined): string =>
  sourcesOf(judging)
    .map((source) => `${sourceNames[source]} ${strength(sources[source])}`)
    .join(' · ')

type Source = keyof TestResult['sources']

const sourceNames: Record<Source, string> = {
  errors: 'errors',
  latency: 'latency',
  reference: 'history',
  objective: 'objective',
  slow: 'slow',
}

const sourceMeanings: Record<Source, string> = {
  errors: 'against stable',
  latency: 'against stable',
  reference: "errors against stable's past",
  objective: 'errors against it',
  slow: 'answers against the latency objective',
}

const sourcesOf = (judging: Judging | undefined): readonly Source[] =>
  (Object.keys(sourceNames) as Source[]).filter(
    (source) => !judging || isTimed(judging) || (source !== 'latency' && source !== 'slow'),
  )

const strength = (value: number): string => (value < 10 ? value.toFixed(1) : count(Math.floor(value)))

/** The share of answers that missed each bound, canary beside stable; empty when latency is not counted. */
export function slowLine(canary: Tally, stable: Tally, judging: Judging | undefined): string {
  const bounds = judging ? boundsOf(judging.baseline) : []
  // A release of an earlier version counted latency otherwise.
  const known = [canary, stable].every(({ within }) => within?.length === bounds.length)
  if (bounds.length === 0 || !known) return ''
  const slower = ({ timed, within }: Tally, index: number) => share(timed - (within[index] ?? 0), timed)
  return bounds
    .map((bound, index) => `${seconds(bound)}: ${slower(canary, index)} / ${slower(stable, index)}`)
    .join(' · ')
}

const seconds = (value: number): string => `${Number(value.toPrecision(3))} s`
