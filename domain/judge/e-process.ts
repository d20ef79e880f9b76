// A bet against "the canary is not worse": a test supermartingale, valid at every look.
import type { Method } from './method.ts'

/** What both sides counted in one block: the canary's `n` requests, `x` of them bad, and stable's `m` and `y`. */
export interface Pair {
  readonly n: number
  readonly x: number
  readonly m: number
  readonly y: number
}

/** H0: p_canary ≤ `ratio`·p_stable + `tolerance`, at all times, however both drift. With ratio 0: p_canary ≤ tolerance. */
export interface Hypothesis {
  /** ρ */
  readonly ratio: number
  /** δ */
  readonly tolerance: number
  /** R: the alternatives that are bet on. */
  readonly ratios: readonly number[]
  /** φ: how much burstier than independent bad answers come; 1 when they do not. */
  readonly dispersion: number
}

/** Plain JSON. `m` is the evidence M: P(M ever ≥ 1/α) ≤ α under H0 (Ville's inequality). */
export interface EProcess {
  /** W: the wealth of the cash share and of each alternative. */
  readonly wealth: readonly number[]
  /** Counts that wait until both sides have some. */
  readonly pending: Pair
  readonly m: number
}

export const nothing: Pair = { n: 0, x: 0, m: 0, y: 0 }

export const add = (a: Pair, b: Pair): Pair => ({ n: a.n + b.n, x: a.x + b.x, m: a.m + b.m, y: a.y + b.y })

export function newEProcess(ratios: readonly number[], method: Method): EProcess {
  return { wealth: shares(ratios, method), pending: nothing, m: 1 }
}

/** π: the cash share, and the rest in equal parts on the alternatives. */
function shares(ratios: readonly number[], { cash }: Method): number[] {
  return [cash, ...ratios.map(() => (1 - cash) / ratios.length)]
}

/** The exponent that a bet may reach in one block. */
const capOf = (dispersion: number, { burstCap }: Method) => (dispersion > 1.5 ? burstCap : 50)

/**
 * Bets one block:
 *   u = R(ρn+m)/(Rρn+m), v = (ρn+m)/(Rρn+m), or u = R, v = 1 when ρ = 0;
 *   g = (x·ln u + y·ln v − δ·n·(u−1)) / φ, so that E[e^g] ≤ 1 under H0 (from 1+z ≤ e^z and ρn(u−1) = m(1−v));
 *   W_k ← ((1−ε)W_k + ε·π_k·M)·e^g_k, M ← ΣW, scaled down to the cap.
 * A block in which the canary, or with ρ > 0 stable, had no request waits for the next one.
 * Source: Lindon & Malek 2022 (the split of Poisson counts), Howard et al. 2020 (the tolerance as a compensator),
 * Herbster & Warmuth 1998 (fixed share).
 */
export function bet(process: EProcess, hypothesis: Hypothesis, counts: Pair, method: Method): EProcess {
  const { ratio, tolerance, ratios, dispersion } = hypothesis
  const pending = add(process.pending, counts)
  const { n, x, m, y } = pending
  if (n <= 0 || (ratio > 0 && m <= 0)) return { ...process, pending }
  const most = capOf(dispersion, method)
  const refill = method.share * process.m
  const each = (refill * (1 - method.cash)) / ratios.length
  const keep = 1 - method.share
  const wealth = [keep * (process.wealth[0] ?? 0) + refill * method.cash]
  let sum = wealth[0] ?? 0
  const both = ratio * n + m
  // A simulation bets a hundred thousand times a second: no iterator, no logarithm that is multiplied by 0.
  for (let k = 0; k < ratios.length; k++) {
    const R = ratios[k] ?? 1
    const v = ratio === 0 ? 1 : both / (R * ratio * n + m)
    const u = R * v
    let g = -tolerance * n * (u - 1)
    if (x > 0) g += x * Math.log(u)
    if (y > 0 && ratio > 0) g += y * Math.log(v)
    const grown = (keep * (process.wealth[k + 1] ?? 0) + each) * Math.exp(Math.min(most, g / dispersion))
    wealth.push(grown)
    sum += grown
  }
  return settle(wealth, sum, method.cap)
}

function settle(wealth: readonly number[], sum: number, cap: number): EProcess {
  if (sum <= cap) return { wealth, pending: nothing, m: sum }
  return { wealth: wealth.map((one) => (one * cap) / sum), pending: nothing, m: cap }
}
