// Draws how many requests come when `mean` are expected.
import { logFactorial } from './factorial.ts'
import type { Random } from './random.ts'

const large = 10

/** A draw from the Poisson distribution, exact for every mean ≥ 0. */
export function poisson(random: Random, mean: number): number {
  if (!(mean >= 0)) throw new RangeError(`cannot draw a Poisson count of mean ${mean}: it must be 0 or more`)
  return mean < large ? byInversion(random, mean) : byRejection(random, mean)
}

/** Walks up the distribution function until it passes the random number. */
function byInversion(random: Random, mean: number): number {
  let rest = random()
  let probability = Math.exp(-mean)
  let k = 0
  // A rest that rounding leaves over belongs to a tail of probability 1e-16.
  while (rest >= probability && probability > 0) {
    rest -= probability
    k++
    probability *= mean / k
  }
  return k
}

/** Transformed rejection with a squeeze, PTRS: Hörmann, Insurance: Mathematics and Economics 12, 1993. */
function byRejection(random: Random, mean: number): number {
  const b = 0.931 + 2.53 * Math.sqrt(mean)
  const a = -0.059 + 0.02483 * b
  const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4)
  const squeeze = 0.9277 - 3.6224 / (b - 2)
  for (;;) {
    const u = random() - 0.5
    const v = random()
    const us = 0.5 - Math.abs(u)
    const k = Math.floor(((2 * a) / us + b) * u + mean + 0.43)
    if (us >= 0.07 && v <= squeeze) return k
    if (k < 0 || (us < 0.013 && v > us)) continue
    const density = Math.log((v * inverseAlpha) / (a / (us * us) + b))
    if (density <= k * Math.log(mean) - mean - logFactorial(k)) return k
  }
}
