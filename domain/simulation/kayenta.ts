// Releases by Kayenta's judge: a rank test on points of a canary beside a fresh baseline of the same size, then all traffic at once.
import type { Policy } from './run.ts'
import { type Answers, answer, harmAfter, harmRate, isBlind, type World } from './world.ts'

/** Seconds between two points, between two judgements on the growing window, and until the last. */
const [interval, judged, end] = [15, 300, 900]
/** The weight of the canary, and of the baseline beside it. */
const share = 0.1

/** The values of each metric on one side, as they come: the error rate, the 99th and the 50th percentile. */
type Series = readonly [number[], number[], number[]]

export const kayenta: Policy = (world, random) => {
  const every = [...world.bounds.keys()]
  const canary: Series = [[], [], []]
  const stable: Series = [[], [], []]
  const expected = share * world.rate * interval
  let harm = 0
  for (let at = interval; at <= end; at += interval) {
    const middle = at - interval / 2
    const sides = [canary, stable] as const
    for (const [series, side] of [
      [sides[0], 'canary'],
      [sides[1], 'stable'],
    ] as const) {
      const answers = answer(world, random, side, expected, middle, every)
      if (side === 'canary') harm += answers.requests * harmRate(world, middle)
      if (!isBlind(world, middle)) note(world, series, answers)
    }
    if (at % judged !== 0) continue
    if (canary.some((values, metric) => isHigh(values, stable[metric] ?? [])))
      return { outcome: 'rolled-back', at, harm, shifts: 0 }
  }
  return { outcome: 'promoted', at: end, full: end, harm: harm + harmAfter(world, end), shifts: 0 }
}

/** A point without requests has no value and is left out. */
function note({ bounds }: World, series: Series, answers: Answers): void {
  if (answers.requests === 0) return
  series[0].push(answers.errors / answers.requests)
  series[1].push(percentile(bounds, answers, 0.99))
  series[2].push(percentile(bounds, answers, 0.5))
}

/** A percentile as Prometheus interpolates it in a histogram; beyond the last bound up to twice that. */
export function percentile(
  bounds: readonly number[],
  { requests, slow }: Pick<Answers, 'requests' | 'slow'>,
  share: number,
): number {
  const edges = [0, ...bounds, (bounds.at(-1) ?? 0) * 2]
  const within = [0, ...slow.map((slower) => requests - slower), requests]
  const rank = share * requests
  const upper = Math.max(
    1,
    within.findIndex((count) => count >= rank),
  )
  const [low = 0, high = 0] = [within[upper - 1], within[upper]]
  const [from = 0, to = 0] = [edges[upper - 1], edges[upper]]
  return from + ((to - from) * (rank - low)) / Math.max(high - low, 1e-9)
}

/** The normal quantile of a two-sided interval of 98 %, and the part of the estimate that its end must exceed. */
const [z, tolerance] = [2.326, 0.25]

/** Mann-Whitney: the lower end of the Hodges-Lehmann interval of the difference is beyond a quarter of its estimate. */
export function isHigh(canary: readonly number[], stable: readonly number[]): boolean {
  const [n, m] = [canary.length, stable.length]
  if (n < 2 || m < 2) return false
  const differences = new Float64Array(n * m)
  canary.forEach((value, i) => {
    for (let j = 0; j < m; j++) differences[i * m + j] = value - (stable[j] ?? 0)
  })
  differences.sort()
  const end = Math.max(0, Math.floor((n * m) / 2 - z * Math.sqrt((n * m * (n + m + 1)) / 12)))
  const low = differences[end] ?? 0
  return low > 0 && low > tolerance * Math.abs(median(differences))
}

function median(sorted: Float64Array): number {
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? 0
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2
}
