// What the metrics say of an App's traffic, for `slipway plan`: asked of a Prometheus that was named, or not at all.
import type { AppRef } from '../domain/app.ts'
import type { Metered } from '../domain/outlook/measured.ts'
import type { Metrics } from '../platform/platform.ts'

export interface Meters {
  readonly metrics: Pick<Metrics, 'query' | 'history' | 'counters'>
  /** The Prometheus that is asked; undefined: none. */
  readonly prometheus: string | undefined
}

export interface Metering {
  readonly app: AppRef
  /** The revisions that are asked about; none is stable when there are none. */
  readonly revisions: readonly string[]
  /** Milliseconds of the past. */
  readonly past: number
  /** Requests a second, when somebody said so. */
  readonly rate: number | undefined
}

export async function meter(meters: Meters, traffic: Metering): Promise<Metered> {
  const { app, rate } = traffic
  const query = (bounds: readonly number[]) => meters.metrics.query(app, bounds)
  return { answer: await answered(meters, traffic), query, ...(rate !== undefined && { rate }) }
}

/** A Prometheus that does not answer leaves the rest of the plan as it is. */
async function answered(
  { metrics, prometheus }: Meters,
  { app, revisions, past }: Metering,
): Promise<Metered['answer']> {
  if (prometheus === undefined)
    return { kind: 'not asked', why: 'give --prometheus, or set SLIPWAY_PROMETHEUS_URL' }
  if (revisions.length === 0) return { kind: 'not asked', why: 'no revision is stable yet' }
  try {
    const [history, { interval }] = await Promise.all([
      metrics.history(app, revisions, Math.ceil(past / 60_000)),
      metrics.counters(app, revisions, []),
    ])
    return { kind: 'answered', history, ...(interval !== undefined && { interval }) }
  } catch (error) {
    return { kind: 'no data', why: `${prometheus}: ${(error as Error).message}` }
  }
}
