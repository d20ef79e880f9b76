// The comparison of ways to release, as tables that people read.

import { count, counted, share, span } from '../domain/figures.ts'
import type { Cell, Question } from '../domain/simulation/comparison.ts'
import type { Spread, Summary } from '../domain/simulation/summary.ts'
import { described } from '../domain/simulation/truths.ts'
import { table } from './table.ts'

export function comparisonLines(question: Question, cells: readonly Cell[]): string[] {
  return [...preface(question), ...groups(cells).flatMap(groupLines)]
}

function preface({ runs, seed, base, objectives, method, incident }: Question): string[] {
  const { success, latency } = objectives
  return [
    `${counted(runs, 'simulated release')} a line; stable fails ${share(base, 1)} of requests; asked for: ${share(success, 1)} succeed, ${share(latency.share, 1)} within ${span(latency.below * 1000)}; readings every ${span(method.tick * 1000)}; seed ${seed}${incident ? `; meanwhile: ${incident}` : ''}.`,
    'Harmed: requests that failed or were slow because of the canary, in half an hour, after a wrong promotion too.',
  ]
}

function groups(cells: readonly Cell[]): Cell[][] {
  const byCanary = new Map<string, Cell[]>()
  for (const cell of cells) {
    const key = `${cell.truth} ${cell.rate}`
    byCanary.set(key, [...(byCanary.get(key) ?? []), cell])
  }
  return [...byCanary.values()]
}

const heading = ['POLICY', 'ROLLED BACK', 'HARMED', 'DETECTED (MEDIAN/P95)', 'FULL', 'MISSED']

function groupLines(cells: readonly Cell[]): string[] {
  const [first] = cells
  if (!first) return []
  const good = first.truth === 'identical'
  return [
    '',
    `${first.truth} (${described[first.truth]}), ${counted(first.rate, 'request')}/s`,
    ...table(
      heading,
      cells.map(({ policy, summary }) => row(policy, summary, good)),
    ).map((line) => `  ${line}`),
  ]
}

const row = (policy: string, summary: Summary, good: boolean): string[] => [
  policy,
  share(summary.rolledBack, 1),
  good ? '–' : harmed(summary.harm),
  good ? '–' : spread(summary.detected, summary.rolledBack),
  summary.full && summary.reachedFull >= enough ? seconds(summary.full.median) : '–',
  good ? '–' : share(summary.promoted, 1),
]

/** Of fewer runs than one in twenty no median is told. */
const enough = 0.05

/** One decimal below ten. */
export const harmed = (requests: number): string =>
  requests < 10 ? String(Number(requests.toFixed(1))) : count(Math.round(requests))

/** `10s / 25s`. */
export const spread = (value: Spread | undefined, part: number): string =>
  value && part >= enough ? `${seconds(value.median)} / ${seconds(value.p95)}` : '–'

export const seconds = (value: number): string => span(value * 1000)
