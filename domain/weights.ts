// How a release's weight went: the words that its history and its story share.
import { decisions } from './decisions.ts'
import { formatWeight } from './figures.ts'
import type { ReleaseStatus } from './release.ts'

const bars = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█']

/** A bar for each weight that the canary held, from the lowest to the highest. */
export const sparkline = (release: ReleaseStatus): string =>
  weightsOf(release)
    .map((weight) => bars[weight === 0 ? 0 : Math.max(1, Math.ceil((weight / 1000) * 7))])
    .join('')

/** `0% → 1% → 3% → 0%`. */
export const course = (release: ReleaseStatus): string => weightsOf(release).map(formatWeight).join(' → ')

/** Each weight once for as long as it was held. */
function weightsOf(release: ReleaseStatus): readonly number[] {
  const all = [0, ...decisions(release).map(({ to }) => to)]
  return all.filter((weight, index) => index === 0 || weight !== all[index - 1])
}
