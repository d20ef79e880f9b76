// How long a scripted commit's answers take, as the share of them within each of the gateway's bounds.

export interface Pace {
  /** The median of its answers' times, in seconds; absent: they come at once. */
  readonly answersIn?: number
  /** The share of its answers that take longer than every bound but the largest. */
  readonly slow?: number
}

/** For each bound, in order, the share of the answers that take no longer. Services spread as ln-normal does: one answer in a hundred takes four medians. */
export function sharesWithin(
  { answersIn = 0, slow = 0 }: Pace,
  bounds: readonly number[],
): readonly number[] {
  const largest = Math.max(...bounds)
  return bounds.map((bound) => {
    const usual = answersIn === 0 ? 1 : normal(Math.log(bound / answersIn) / spread)
    return (1 - slow) * usual + (bound === largest ? slow : 0)
  })
}

const spread = 0.6

/** The standard normal distribution, to 1e-7 (Abramowitz and Stegun 26.2.17). */
function normal(x: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(x))
  const tail =
    Math.exp((-x * x) / 2) *
    0.3989422804 *
    t *
    (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
  return x > 0 ? 1 - tail : tail
}
