// When the gateway was read, how often it is, and which series are still being counted.
import type { Series } from './answer.ts'
import { instanceOf } from './sum.ts'

/** A series whose newest sample is older than this, or than three readings, is no data: milliseconds. */
const stale = 30_000

export interface Freshness {
  /** When the newest sample was taken, in milliseconds since the epoch; undefined when all that there are are stale. */
  readonly scrapedAt: number | undefined
  /** Milliseconds between two readings; undefined when too few were seen. */
  readonly interval: number | undefined
  readonly isFresh: (series: Series) => boolean
}

export function freshness(series: readonly Series[], now: number): Freshness {
  const interval = medianSpacing(series)
  const readAt = new Map<string, number>()
  for (const one of series) {
    readAt.set(target(one), Math.max(newest(one), readAt.get(target(one)) ?? 0))
  }
  const oldest = now - Math.max(stale, 3 * (interval ?? 0))
  // One reading takes all that a gateway counts, at one time: what lags behind was not in the last one,
  // the gateway has forgotten it or has begun anew, and its count would make up for what is now missing.
  const lag = (interval ?? Number.POSITIVE_INFINITY) / 2
  const last = Math.max(...readAt.values())
  return {
    scrapedAt: last >= oldest ? last : undefined,
    interval,
    isFresh: (one) => newest(one) >= oldest && newest(one) >= (readAt.get(target(one)) ?? 0) - lag,
  }
}

const newest = ({ values }: Series): number => Math.round((values.at(-1)?.[0] ?? 0) * 1000)

/** What is read at one time. */
const target = ({ metric }: Series): string => `${metric.job ?? ''} ${instanceOf(metric)}`

/** As the longest series shows it: a missed reading or two do not change a median. */
function medianSpacing(series: readonly Series[]): number | undefined {
  const times = series.reduce<Series['values']>(
    (most, { values }) => (values.length > most.length ? values : most),
    [],
  )
  const spacings = times.slice(1).map(([time], index) => time - (times[index]?.[0] ?? time))
  spacings.sort((a, b) => a - b)
  const median = spacings[Math.floor(spacings.length / 2)]
  return median === undefined ? undefined : Math.round(median * 1000)
}
