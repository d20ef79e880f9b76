// Draws how many of `trials` requests are bad when each is with `probability`.
import { logFactorial } from './factorial.ts'
import type { Random } from './random.ts'

const large = 10

/** A draw from the binomial distribution, exact for every number of trials and every probability in [0, 1]. */
export function binomial(random: Random, trials: number, probability: number): number {
  if (!(probability >= 0 && probability <= 1 && trials >= 0))
    throw new RangeError(`cannot draw a binomial count of ${trials} trials with probability ${probability}`)
  if (trials === 0 || probability === 0) return 0
  if (probability > 0.5) return trials - draw(random, trials, 1 - probability)
  return draw(random, trials, probability)
}

function draw(random: Random, trials: number, probability: number): number {
  if (probability === 0) return 0
  return trials * probability < large
    ? byInversion(random, trials, probability)
    : byRejection(random, trials, probability)
}

/** Walks up the distribution function until it passes the random number. */
function byInversion(random: Random, trials: number, p: number): number {
  const odds = p / (1 - p)
  let rest = random()
  let probability = Math.exp(trials * Math.log1p(-p))
  let k = 0
  while (rest >= probability && k < trials && probability > 0) {
    rest -= probability
    k++
    probability *= (odds * (trials - k + 1)) / k
  }
  return k
}

/** Transformed rejection with a squeeze, BTRS: Hörmann, Journal of Statistical Computation and Simulation 46, 1993. */
function byRejection(random: Random, n: number, p: number): number {
  const spread = Math.sqrt(n * p * (1 - p))
  const b = 1.15 + 2.53 * spread
  const a = -0.0873 + 0.0248 * b + 0.01 * p
  const centre = n * p + 0.5
  const squeeze = 0.92 - 4.2 / b
  for (;;) {
    const u = random() - 0.5
    const v = random()
    const us = 0.5 - Math.abs(u)
    const k = Math.floor(((2 * a) / us + b) * u + centre)
    if (us >= 0.07 && v <= squeeze) return k
    if (k < 0 || k > n) continue
    const density = Math.log((v * (2.83 + 5.1 / b) * spread) / (a / (us * us) + b))
    if (density <= logRatio(n, p, k)) return k
  }
}

/** ln of how likely k is, beside the likeliest count. */
function logRatio(n: number, p: number, k: number): number {
  const mode = Math.floor((n + 1) * p)
  const factorials = logFactorial(mode) + logFactorial(n - mode) - logFactorial(k) - logFactorial(n - k)
  return factorials + (k - mode) * Math.log(p / (1 - p))
}
