// The trials as a table for people: what was seen, and beside it what the simulation expects.
import { evidenceOfHarm, points } from '../../domain/judge/in-words.ts'
import type { Summary } from '../../domain/simulation/summary.ts'
import type { Prediction } from './prediction.ts'
import type { Trial } from './trial.ts'

export interface Result {
  readonly trial: Trial
  readonly predicted?: Prediction
}

type Column = readonly [title: string, cell: (result: Result) => string]

/** Seconds from the canary's first traffic; in brackets the simulation's median or mean, and what it exceeds in one of twenty releases. */
export function table(results: readonly Result[]): string {
  const rows = results.map((result) => columns.map(([, cell]) => cell(result)))
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(columns.map(([title]) => title)), line(columns.map(() => '---')), ...rows.map(line)].join('\n')
}

const columns: readonly Column[] = [
  ['canary', ({ trial }) => trial.scenario],
  ['req/s', ({ trial }) => String(trial.rate)],
  ['outcome', ({ trial }) => outcome(trial)],
  ['s to full', ({ trial, predicted }) => beside(trial.full, median(predicted?.slipway.full))],
  ['s to rollback', ({ trial, predicted }) => beside(trial.back, median(predicted?.back))],
  ['harmed', ({ trial, predicted }) => beside(round(trial.harm.harmed), harm(predicted?.slipway))],
  ['Flagger harms', ({ predicted }) => peers(predicted)],
  ['canary requests', ({ trial }) => String(trial.harm.canary.requests)],
  ['evidence of harm', ({ trial }) => (trial.evidence?.test ? evidenceOfHarm(trial.evidence.test) : '–')],
  [
    'at most worse',
    ({ trial }) => (trial.evidence?.test ? points(trial.evidence.test.atMost, Math.ceil) : '–'),
  ],
  ['events', ({ trial }) => String(trial.temporalEvents)],
  ['state', ({ trial }) => (trial.heartbeatBytes === undefined ? '–' : `${trial.heartbeatBytes} B`)],
]

const outcome = ({ outcome, expected, proven }: Trial): string =>
  `${outcome}${proven === false ? ', not proven' : ''}${outcome === expected ? '' : ` (must be ${expected})`}`

const beside = (seen: number | undefined, expected: string): string =>
  [seen === undefined ? '–' : String(seen), expected && `(${expected})`].filter(Boolean).join(' ')

const median = (times: { readonly median: number; readonly p95: number } | undefined): string =>
  times ? `${round(times.median)}; ${round(times.p95)}` : ''

const harm = (summary: Summary | undefined): string =>
  summary ? `${round(summary.harm)}; ${round(summary.harm95)}` : ''

/** Simulated on the same traffic: by default, and set as fast as it is still used. */
const peers = (predicted: Prediction | undefined): string =>
  predicted ? `${Math.round(predicted.flagger.harm)} / ${Math.round(predicted.flaggerFast.harm)}` : '–'

const round = (value: number): number => Math.round(value * 10) / 10
