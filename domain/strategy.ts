// How traffic moves to a new revision: step by step while it is compared, or all at once.
import type { ReleaseSpec } from './release-spec.ts'

/** `blue-green` and `immediate`: there is no weight between 0 and 100 %. */
export const movesAtOnce = ({ strategy }: ReleaseSpec): boolean =>
  strategy === 'blue-green' || strategy === 'immediate'

/** The most that a canary holds before promotion, in thousandths: the rest is what it is compared with. */
export function fullWeight(release: ReleaseSpec): number {
  const { steps, analysis } = release
  const endsFull = steps !== 'auto' && steps.some(({ weight }) => weight === 1000)
  return movesAtOnce(release) || analysis.thresholds || endsFull ? 1000 : 1000 - analysis.weight.holdback
}
