// What many simulated releases of one kind say together.
import type { Run } from './run.ts'

/** Shares are fractions of 1, times seconds, harm requests; absent where no run has the value. */
export interface Summary {
  readonly runs: number
  readonly rolledBack: number
  /** Final although it may be bad: all that is not noticed. */
  readonly promoted: number
  readonly harm: number
  readonly harm95: number
  /** From the harm's beginning to the rollback. */
  readonly detected?: Spread
  readonly full?: Spread
  readonly reachedFull: number
  /** Changes of the weight up to full traffic: the mean, and the most. */
  readonly shifts: number
  readonly mostShifts: number
}

export interface Spread {
  readonly median: number
  readonly p95: number
}

/** `onset`: when the canary began to be bad, in seconds. */
export function summarize(runs: readonly Run[], onset = 0): Summary {
  const back = runs.filter(({ outcome }) => outcome === 'rolled-back').map(({ at }) => at - onset)
  const full = runs.flatMap((run) => (run.full === undefined ? [] : [run.full]))
  const harms = runs.map(({ harm }) => harm)
  const shifts = runs.map((run) => run.shifts)
  return {
    runs: runs.length,
    rolledBack: back.length / runs.length,
    promoted: runs.filter(({ outcome }) => outcome === 'promoted').length / runs.length,
    harm: mean(harms),
    harm95: quantile(harms, 0.95),
    ...(back.length > 0 && { detected: spread(back) }),
    ...(full.length > 0 && { full: spread(full) }),
    reachedFull: full.length / runs.length,
    shifts: mean(shifts),
    mostShifts: Math.max(...shifts),
  }
}

const spread = (values: readonly number[]): Spread => ({
  median: quantile(values, 0.5),
  p95: quantile(values, 0.95),
})

const mean = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length

/** Between two neighbours the value is interpolated. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const place = (sorted.length - 1) * share
  const below = Math.floor(place)
  const low = sorted[below] ?? Number.NaN
  return low + ((sorted[below + 1] ?? low) - low) * (place - below)
}
