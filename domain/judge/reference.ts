// What the error rate was before the release: the highest it may have been, and how bursty it is.
import type { Baseline } from './baseline.ts'
import { enoughHistory } from './defaults.ts'
import type { Method } from './method.ts'

/**
 * The frozen reference: no canary may fail more often than stable ever did in its history, give or take the drift. 1, which nothing
 * exceeds, when the history is too short to say.
 */
export function frozenReference({ requests, errors }: Baseline, method: Method): number {
  if (requests < enoughHistory) return 1
  return Math.min(1, method.referenceDrift * poissonUpper(errors, requests) + method.errorTolerance)
}

/** The rate that errors so rare would reveal only with a chance of exp(−`confidenceTerm`): one in a thousand. */
export function poissonUpper(errors: number, requests: number, confidenceTerm = Math.log(1000)): number {
  const root = Math.sqrt(confidenceTerm * confidenceTerm + 2 * errors * confidenceTerm)
  return (errors + confidenceTerm + root) / Math.max(requests, 1)
}

/**
 * φ: the variance of the errors of a minute, as a multiple of what independent requests would give. 1 when they are not burstier.
 * Errors in fewer than ten minutes are a handful of accidents whose variance is chance. And in a minute of a tenth of the usual traffic
 * no error is expected, so that a single one would outweigh the whole day: such minutes are left out, whatever they hold.
 */
export function dispersion(
  minutes: readonly { readonly requests: number; readonly errors: number }[],
): number {
  const usual = sum(minutes.map(({ requests }) => requests)) / minutes.length
  const telling = minutes.filter(({ requests }) => requests > 0 && requests >= usual / 10)
  if (telling.filter(({ errors }) => errors > 0).length < enoughMinutes) return 1
  const rate = sum(telling.map(({ errors }) => errors)) / sum(telling.map(({ requests }) => requests))
  const squares = telling.map(({ requests, errors }) => (errors - requests * rate) ** 2 / (requests * rate))
  const ratio = sum(squares) / (telling.length - 1)
  return ratio < leastDispersion ? 1 : Math.min(ratio, mostDispersion)
}

const enoughMinutes = 10
/** Below it is chance; and beyond it a bad hour of the past would silence the test. */
const [leastDispersion, mostDispersion] = [1.2, 20]

const sum = (numbers: readonly number[]) => numbers.reduce((all, number) => all + number, 0)
