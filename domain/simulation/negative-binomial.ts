// Draws what comes on top of each error when errors come in bursts.
import type { Random } from './random.ts'

/** Failures before the `successes`-th success when each trial succeeds with `probability`: a sum of geometric draws, each by inversion. */
export function negativeBinomial(random: Random, successes: number, probability: number): number {
  if (!(probability > 0 && probability <= 1))
    throw new RangeError(`cannot draw a negative binomial count with probability ${probability}`)
  if (probability === 1) return 0
  const scale = 1 / Math.log1p(-probability)
  let failures = 0
  for (let k = 0; k < successes; k++) failures += Math.floor(Math.log1p(-random()) * scale)
  return failures
}
