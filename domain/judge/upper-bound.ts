// How much worse than stable the canary can still be: an upper bound that holds at every look at once.
import { add, nothing, type Pair } from './e-process.ts'
import type { Method } from './method.ts'

/** Plain JSON. `u` bounds p_canary − p_stable from above with confidence 1 − β; 1 while nothing is known. */
export interface UpperBound {
  /** S: the logarithm of each bet's wealth, without its rent. */
  readonly sums: readonly number[]
  /** The canary's requests. */
  readonly requests: number
  readonly pending: Pair
  readonly u: number
}

export const newUpperBound = ({ lambdas }: Method): UpperBound => ({
  sums: lambdas.map(() => 0),
  requests: 0,
  pending: nothing,
  u: 1,
})

/**
 * Tightens the bound by one block: S_k += x·ln(1−λ_k) + y·ln(1+λ_k·n/m), N += n, U = min_k (φ·ln(K/β) − S_k)/(λ_k·N), within [0, 1].
 * If p_canary ≥ p_stable + d, a block's E[(1−λ)^x·(1+λn/m)^y·e^(λnd)] ≤ 1; the union over the K bets costs ln K.
 * Source: betting confidence sequences (Waudby-Smith & Ramdas 2024), for counts.
 */
export function tighten(bound: UpperBound, counts: Pair, method: Method, dispersion = 1): UpperBound {
  const pending = add(bound.pending, counts)
  const { n, x, m, y } = pending
  if (n <= 0 || m <= 0) return { ...bound, pending }
  const { lambdas, beta } = method
  const requests = bound.requests + n
  const price = dispersion * Math.log(lambdas.length / beta)
  const sums: number[] = []
  let u = 1
  for (let k = 0; k < lambdas.length; k++) {
    const lambda = lambdas[k] ?? 1
    let sum = bound.sums[k] ?? 0
    if (x > 0) sum += x * Math.log1p(-lambda)
    if (y > 0) sum += y * Math.log1p((lambda * n) / m)
    sums.push(sum)
    u = Math.min(u, (price - sum) / (lambda * requests))
  }
  return { sums, requests, pending: nothing, u: Math.max(0, u) }
}
