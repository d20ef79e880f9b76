// What an App's releases would catch with its traffic, in words and as a document.
import { methodOf } from '../domain/analysis.ts'
import { count, counted, formatWeight, share, span } from '../domain/figures.ts'
import { points } from '../domain/judge/in-words.ts'
import type { ReleaseSpec } from '../domain/release-spec.ts'
import { type ForecastQuestion, medianShare, type Told } from '../domain/simulation/forecast.ts'
import type { Summary } from '../domain/simulation/summary.ts'
import { described, type TruthName } from '../domain/simulation/truths.ts'
import { harmed, seconds, spread } from './comparison-lines.ts'
import { table } from './table.ts'

type Canary = Extract<Told, { kind: 'canary' }>

export function forecastLines(name: string, question: ForecastQuestion, told: readonly Told[]): string[] {
  const canaries = told.filter((one) => one.kind === 'canary')
  const good = canaries.find(({ truth }) => truth === 'identical')
  const bad = canaries.filter(({ truth }) => truth !== 'identical')
  return [
    ...assumptions(name, question),
    '',
    ...(good ? goodLines(question, good.summary) : []),
    '',
    ...badTable(bad),
    '',
    revealedLine(question, told),
  ]
}

/** The same for programs: times in seconds, shares as fractions of 1. */
export function forecastDocument(name: string, question: ForecastQuestion, told: readonly Told[]): object {
  const { release, ...asked } = question
  const canaries = told.flatMap((one) =>
    one.kind === 'canary' ? [{ truth: one.truth, ...one.summary }] : [],
  )
  return {
    app: name,
    judge: judgedBy(release),
    ...asked,
    canaries,
    smallestRevealedRise: riseOf(told) ?? null,
  }
}

function assumptions(name: string, { release, rate, base, tick, runs }: ForecastQuestion): string[] {
  const { latency } = release.objectives
  return [
    `${name} with ${counted(rate, 'request')} a second, judged by ${judgedBy(release)}; ${counted(runs, 'simulated release')} of each kind.`,
    `Assumed: stable fails ${share(base, 1)} of requests; readings every ${seconds(tick)}; requests come independently of each other${latency ? `; the median answer takes ${span(latency.below * medianShare * 1000)}` : '; latency is not judged, as no objective names it'}.`,
  ]
}

function judgedBy({ steps, analysis }: ReleaseSpec): string {
  const listed = steps === 'auto' ? '' : steps.map(({ weight }) => formatWeight(weight)).join(', ')
  if (analysis.thresholds) return `fixed thresholds at ${listed}`
  return listed ? `the sequential test at ${listed}` : 'the automatic ramp'
}

function goodLines({ runs, release }: ForecastQuestion, good: Summary): string[] {
  const { full, reachedFull, rolledBack } = good
  const arrives =
    full && reachedFull > 0.5
      ? `has full traffic after ${seconds(full.median)} (19 of 20 within ${seconds(full.p95)}) and is final ${span(release.bake)} later`
      : `seldom has full traffic within ${seconds(methodOf(release).maxDuration)}`
  return [
    `A good version ${arrives}.`,
    `It is taken back by mistake in ${count(Math.round(rolledBack * runs))} of ${counted(runs, 'release')}.`,
  ]
}

const badTable = (canaries: readonly Canary[]): string[] =>
  table(
    ['A BAD VERSION', 'CAUGHT', 'AFTER (MEDIAN / P95)', 'REQUESTS HARMED'],
    canaries.map(({ truth, summary }) => row(truth, summary)),
  )

const row = (truth: TruthName, { rolledBack, detected, harm }: Summary): string[] => [
  described[truth],
  share(rolledBack, 1),
  spread(detected, rolledBack),
  harmed(harm),
]

function revealedLine({ rate }: ForecastQuestion, told: readonly Told[]): string {
  const rise = riseOf(told)
  if (rise === undefined)
    return `With ${counted(rate, 'request')} a second not even a version that always fails is caught in nine of ten releases.`
  return `The smallest rise of the error rate that is caught in nine of ten releases: ${points(rise, Math.ceil)}.`
}

function riseOf(told: readonly Told[]): number | undefined {
  for (const one of told) if (one.kind === 'revealed') return one.rise
  return undefined
}
