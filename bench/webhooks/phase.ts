// One stretch of deliveries at one rate: what came back, how late, and which promise that breaks.
import type { Sample } from './deliver.ts'

export interface Phase {
  readonly name: string
  /** Deliveries a second. */
  readonly rate: number
  readonly seconds: number
  /** Milliseconds that ninety-nine of a hundred may take; absent when only none may be lost. */
  readonly within?: number
}

export interface PhaseReport extends Phase {
  readonly sent: number
  /** Those that were not answered as they must be. */
  readonly lost: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
  /** Deliveries that were accepted, each once however often it was sent. */
  readonly accepted: number
  readonly answers: Readonly<Record<string, number>>
  /** How much of the cores' time others on the same host took meanwhile, in percent. */
  readonly stolen: number
}

export function reportOf(phase: Phase, samples: readonly Sample[], stolen: number): PhaseReport {
  const took = samples.map((sample) => sample.took).sort((a, b) => a - b)
  const answers: Record<string, number> = {}
  for (const { answer } of samples) answers[answer] = (answers[answer] ?? 0) + 1
  return {
    ...phase,
    sent: samples.length,
    lost: samples.filter(({ answer, expected }) => answer !== expected).length,
    p50: quantile(took, 0.5),
    p99: quantile(took, 0.99),
    accepted: new Set(samples.flatMap(({ id, answer }) => (answer === '202 accepted' ? [id] : []))).size,
    answers,
    stolen,
  }
}

/** Nothing when all is kept. Half a phase proves nothing of the whole. */
export function missed(report: PhaseReport): string[] {
  const { name, rate, seconds, within, sent, lost, p99, stolen } = report
  const others = stolen > 5 ? ` (others took ${stolen} % of the machine meanwhile)` : ''
  return [
    ...told(sent < rate * seconds, `${sent} of ${rate * seconds} were sent`),
    ...told(lost > 0, `${lost} of ${sent} were not answered as they must be`),
    ...told(within !== undefined && p99 > within, `one in a hundred took ${p99} ms or more, not ${within}`),
  ].map((complaint) => `${name}: ${complaint}${others}`)
}

/** Of sorted values, in whole milliseconds; no value at all is no answer in time. */
const quantile = (sorted: readonly number[], share: number): number =>
  Math.ceil(sorted[Math.ceil(sorted.length * share) - 1] ?? Number.POSITIVE_INFINITY)

const told = (wrong: boolean, complaint: string): string[] => (wrong ? [complaint] : [])
