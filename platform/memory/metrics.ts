// The memory platform's metrics: what a Prometheus would say that reads the memory gateway.
import { type AppRef, appKey } from '../../domain/app.ts'
import { PermanentFailure } from '../../domain/failure.ts'
import type { Counts, Reading } from '../../domain/judge/judge.ts'
import type { Metrics } from '../platform.ts'
import type { World } from './world.ts'

/** What is older than this, or than three readings, is no data: milliseconds, as the real driver has them. */
const stale = 30_000

export function memoryMetrics(world: World): Metrics {
  const { gateway, clock } = world
  return {
    query: (app, bounds) => `memory{app="${appKey(app)}",le=~"${bounds.join('|')}"}`,
    counters: async (app, revisions, bounds) => {
      refuseSilence(world, app)
      checkBounds(gateway.bounds, bounds)
      const oldest = clock.now() - Math.max(stale, 3 * gateway.scrapeEvery)
      const { counts, route } = gateway.counters(app)?.read(oldest) ?? { counts: [], route: [] }
      if (world.metricsFare === 'nonsense' && route.length > 0) {
        throw new Error(`the metrics say that the requests of ${appKey(app)} are NaN: no count`)
      }
      const told = asked(gateway.bounds, bounds)
      return {
        at: clock.now(),
        ...scrapes(gateway, oldest),
        counts: counts.filter(({ revision }) => revisions.includes(revision)).map(told),
        route: route.map(told),
      }
    },
    history: async (app, revisions, minutes) => {
      refuseSilence(world, app)
      const since = clock.now() - minutes * 60_000
      const known = world.metricsFare === 'nonsense' ? [] : (gateway.counters(app)?.minutes() ?? [])
      const readings = known
        .filter(({ at }) => at > since)
        .map((reading) => ({
          ...reading,
          counts: reading.counts.filter(({ revision }) => revisions.includes(revision)),
        }))
        .filter(({ counts }) => counts.length > 0)
      return { bounds: readings.length === 0 ? [] : gateway.bounds, readings }
    },
  }
}

function refuseSilence({ metricsFare }: World, app: AppRef): void {
  if (metricsFare === 'silent') throw new Error(`the metrics do not answer for ${appKey(app)}`)
}

function checkBounds(known: readonly number[], bounds: readonly number[]): void {
  const lacking = bounds.filter((bound) => !known.includes(bound))
  if (lacking.length === 0) return
  throw new PermanentFailure(
    'Invalid',
    `the gateway counts no answers below ${lacking.join(', ')} s, only below ${known.join(', ')}`,
  )
}

/** The same counts for the bounds that were asked for. */
const asked =
  (known: readonly number[], bounds: readonly number[]) =>
  (counts: Counts): Counts => ({
    ...counts,
    timed: bounds.length === 0 ? 0 : counts.timed,
    within: bounds.map((bound) => counts.within[known.indexOf(bound)] ?? 0),
  })

function scrapes(gateway: World['gateway'], oldest: number): Pick<Reading, 'scrapedAt' | 'interval'> {
  const scrapedAt = gateway.scrapedAt()
  if (scrapedAt === undefined || scrapedAt < oldest) return {}
  const seenTwice = scrapedAt - gateway.begun >= gateway.scrapeEvery
  return { scrapedAt, ...(seenTwice && { interval: gateway.scrapeEvery }) }
}
