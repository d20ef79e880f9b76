// How much worse than stable the canary is at least: for people to read, it decides nothing.
import { add, nothing, type Pair } from './e-process.ts'
import type { Method } from './method.ts'

/** Plain JSON. `l` bounds p_canary − ρ·p_stable from below with confidence 1 − α; −1 while nothing is known. */
export interface LowerBound {
  readonly gains: readonly number[]
  readonly costs: readonly number[]
  readonly pending: Pair
  readonly l: number
}

export const newLowerBound = ({ ratios }: Method): LowerBound => ({
  gains: ratios.map(() => 0),
  costs: ratios.map(() => 0),
  pending: nothing,
  l: -1,
})

/** Raises the bound by one block: A_k += x·ln u_k + y·ln v_k, C_k += n(u_k−1), L = max_k (A_k − ln(K/α))/C_k, with u and v of the e-process. */
export function raise(bound: LowerBound, counts: Pair, method: Method, ratio = 1): LowerBound {
  const pending = add(bound.pending, counts)
  const { n, x, m, y } = pending
  if (n <= 0 || m <= 0) return { ...bound, pending }
  const price = Math.log(method.ratios.length / method.alpha)
  const gains: number[] = []
  const costs: number[] = []
  let l = -1
  const { ratios } = method
  for (let k = 0; k < ratios.length; k++) {
    const R = ratios[k] ?? 1
    const v = (ratio * n + m) / (R * ratio * n + m)
    const u = R * v
    const gain = (bound.gains[k] ?? 0) + (x === 0 ? 0 : x * Math.log(u)) + (y === 0 ? 0 : y * Math.log(v))
    const cost = (bound.costs[k] ?? 0) + n * (u - 1)
    gains.push(gain)
    costs.push(cost)
    l = Math.max(l, (gain - price) / cost)
  }
  return { gains, costs, pending: nothing, l }
}
