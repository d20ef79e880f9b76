// How much burstier than independent a simulated service's errors are, as its history would show.
import { negativeBinomial } from './negative-binomial.ts'
import { poisson } from './poisson.ts'
import type { Random } from './random.ts'
import type { World } from './world.ts'

const enough = 5
const most = 5000

/** φ = ΣS²/ΣS over the bursts of the history, S being their sizes; 1 when errors come alone or too few came. */
export function dispersionOf({ burst = 1, base }: World, random: Random, requests: number): number {
  if (burst <= 1) return 1
  const bursts = Math.min(most, poisson(random, (requests * base) / burst))
  if (bursts <= enough) return 1
  let [sizes, squares] = [0, 0]
  for (let k = 0; k < bursts; k++) {
    const size = 1 + negativeBinomial(random, 1, 1 / burst)
    sizes += size
    squares += size * size
  }
  return squares / sizes
}
