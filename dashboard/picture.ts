// The weight over time as a picture: where its line runs, and the same in words for whoever does not see it.
import { decisions } from '../domain/decisions.ts'
import { formatWeight, span, utcClock } from '../domain/figures.ts'
import type { ReleaseStatus } from '../domain/release.ts'

/** In units of the picture's own: it is stretched over the space there is. */
export const size = { width: 1000, height: 250 } as const

export interface Picture {
  /** SVG paths: the line, and what is below it. */
  readonly line: string
  readonly area: string
  readonly from: number
  readonly to: number
  /** The weight at its upper edge, in thousandths. */
  readonly top: number
  readonly words: string
}

interface Point {
  readonly at: number
  readonly weight: number
}

/** Undefined while it has had no traffic. */
export function picture(release: ReleaseStatus, now: number): Picture | undefined {
  const held = points(release)
  const first = held.findIndex(({ weight }) => weight > 0)
  if (first === -1) return undefined
  // The build before it may have taken longer than all that there is to see.
  const shown = held.slice(Math.max(0, first - 1))
  const last = shown.at(-1) as Point
  const from = (shown[0] as Point).at
  const to = Math.max(release.finishedAt ?? now, last.at, from + 1000)
  const top = tops.find((one) => shown.every(({ weight }) => weight <= one)) ?? 1000
  const x = (at: number) => round(((at - from) / (to - from)) * size.width)
  const y = (weight: number) => round((1 - weight / top) * size.height)
  const steps = shown.map(({ at, weight }, index) =>
    index === 0 ? `M${x(at)} ${y(weight)}` : `H${x(at)}V${y(weight)}`,
  )
  const line = `${steps.join('')}H${size.width}`
  return { line, area: `${line}V${size.height}H0Z`, from, to, top, words: inWords(shown, to) }
}

/** What was taken back at a few percent would be a flat line below a hundred. */
const tops = [20, 50, 100, 250, 500, 1000]

/** From when on the canary held which weight. */
function points(release: ReleaseStatus): readonly Point[] {
  const moves = decisions(release).map(({ at, servedAt, to }) => ({ at: servedAt ?? at, weight: to }))
  const all = [{ at: release.startedAt, weight: 0 }, ...moves]
  // The last moment without traffic is where the picture begins.
  const begins = all.findIndex(({ weight }) => weight > 0) - 1
  return all.filter(
    ({ weight }, index) => index === begins || index === 0 || weight !== all[index - 1]?.weight,
  )
}

const inWords = (shown: readonly Point[], to: number): string => {
  const steps = shown.map(({ at, weight }) => `${formatWeight(weight)} from ${utcClock(at)}`)
  return `The canary's weight over ${span(to - (shown[0] as Point).at)}: ${steps.join(', ')} UTC.`
}

const round = (value: number): number => Math.round(value * 10) / 10
