// Reads a gateway's counters from Prometheus: raw and cumulative, never a rate. What they mean is the pack's knowledge.
import { type AppRef, appKey } from '../../domain/app.ts'
import { PermanentFailure } from '../../domain/failure.ts'
import type { Reading } from '../../domain/judge/judge.ts'
import type { Metrics } from '../platform.ts'
import { ask, type Series } from './answer.ts'
import { type Freshness, freshness } from './freshness.ts'
import { historyOf } from './history.ts'
import type { CounterPack } from './pack.ts'
import { add, boundOf, countsOf, type Sum, type Sums } from './sum.ts'

export interface PrometheusOptions {
  readonly url: string
  readonly pack: CounterPack
  /** How many seconds of samples are asked for: four readings must fit where the gateway is read every 15 seconds. */
  readonly window?: number
  readonly now?: () => number
}

export function prometheusMetrics({ url, pack, window = 60, now = Date.now }: PrometheusOptions): Metrics {
  // The range gives each sample with its own time; an instant vector would give the time of the question.
  const query = (app: AppRef, bounds: readonly number[]) =>
    `{__name__=~"${pack.counters}|${pack.heartbeat}",${pack.ofApp(app)},le=~"${leAlternatives(bounds)}"}[${window}s]`
  return {
    query,
    counters: async (app, revisions, bounds) => {
      const { series, date } = await ask({
        url,
        ...countersQuestion(app),
        form: { query: query(app, bounds) },
      })
      const fresh = freshness(series, date)
      const sums = sumUp(pack, app, series.filter(fresh.isFresh))
      await checkBounds(url, pack, app, bounds, sums)
      const wanted = sums.filter(({ revision }) => revision === '' || revisions.includes(revision))
      return reading(wanted, bounds, date, fresh)
    },
    history: (app, revisions, minutes) => historyOf({ url, pack, now }, app, revisions, minutes),
  }
}

const countersQuestion = (app: AppRef) => ({
  path: 'query',
  what: `Prometheus for the counters of ${appKey(app)}`,
  within: 4,
})

function sumUp(pack: CounterPack, app: AppRef, series: readonly Series[]): readonly Sum[] {
  const sums: Sums = new Map()
  for (const { metric, values } of series) {
    const meaning = pack.read(metric, app)
    const last = values.at(-1)
    if (meaning && last) add(sums, meaning, metric, last)
  }
  return [...sums.values()]
}

/** What is no count is left out as a whole: a part of a sum would look like a counter that began anew. */
function reading(
  sums: readonly Sum[],
  bounds: readonly number[],
  date: number,
  { scrapedAt, interval }: Freshness,
): Reading {
  const nonsense = sums.find((sum) => sum.nonsense)?.nonsense
  const all = sums.filter((sum) => !sum.nonsense).map((sum) => countsOf(sum, bounds))
  const counts = all.filter(({ revision }) => revision !== '')
  if (nonsense && counts.length === 0) throw new Error(`Prometheus says that ${nonsense}: no count`)
  return {
    // The answer's own date has whole seconds.
    at: Math.max(date, scrapedAt ?? 0),
    ...(scrapedAt !== undefined && { scrapedAt }),
    ...(interval !== undefined && { interval }),
    counts,
    route: all.filter(({ revision }) => revision === ''),
  }
}

/** The ways to write these bounds, as a pattern: '' for what has none. Prometheus 3 writes a float, older ones what the gateway wrote. */
function leAlternatives(bounds: readonly number[]): string {
  const forms = bounds.flatMap((bound) =>
    Number.isInteger(bound) ? [String(bound), bound.toFixed(1)] : [String(bound)],
  )
  const all = bounds.length === 0 ? [] : [...forms, '+Inf']
  return ['', ...all.map((form) => form.replaceAll('.', '\\\\.').replace('+', '\\\\+'))].join('|')
}

/** Answers without a bucket of some bound: the gateway is set up with other ones. */
async function checkBounds(
  url: string,
  pack: CounterPack,
  app: AppRef,
  bounds: readonly number[],
  sums: readonly Sum[],
): Promise<void> {
  const timed = sums.filter(({ within, nonsense }) => within.size > 0 && !nonsense)
  const lacking = bounds.filter((bound) => timed.some(({ within }) => !within.has(bound)))
  if (lacking.length === 0) return
  const query = `${pack.buckets}{${pack.ofApp(app)}}[60s]`
  const { series } = await ask({ url, ...countersQuestion(app), form: { query } })
  const known = [...new Set(series.map(({ metric }) => boundOf(metric)))].filter(Number.isFinite)
  throw new PermanentFailure(
    'Invalid',
    `cannot judge latency below ${lacking.join(', ')} s: the gateway of ${appKey(app)} counts only answers below ${known.sort((a, b) => a - b).join(', ')} s; choose among these or add the bound to the gateway's buckets`,
  )
}
