// Reads a gateway's counters from Prometheus: raw and cumulative, never a rate. What they mean is the pack's knowledge.
import { z } from 'zod'
import { type AppRef, appKey } from '../../domain/app.ts'
import { PermanentFailure } from '../../domain/failure.ts'
import type { Counts, Reading } from '../../domain/judge/judge.ts'
import { type Answer, askJson } from '../http.ts'
import type { Metrics } from '../platform.ts'

/** What one kind of gateway counts, and how to tell it. Another gateway is another pack. */
export interface CounterPack {
  /** A pattern of the counters' names: requests by code, and latency buckets, of revisions and of routes. */
  readonly counters: string
  /** The name of the revisions' latency buckets. */
  readonly buckets: string
  /** The label matcher that finds all of the App's series. */
  readonly matcher: (app: AppRef) => string
  /** What one series counts; undefined when it is nothing of the App's. */
  readonly read: (labels: Labels, app: AppRef) => Meaning | undefined
}
export interface Meaning {
  /** `answers` are those that are no errors. */
  readonly counter: 'answers' | 'errors' | 'fast'
  /** '' = the whole route. */
  readonly revision: string
  /** What tells this counter from another of the same revision at the same proxy, when there may be several in turn. */
  readonly source: string
}
export type Labels = Readonly<Record<string, string | undefined>>

export interface PrometheusOptions {
  readonly url: string
  readonly pack: CounterPack
  /** A series without a sample for this many seconds is stale, and left out: at least two scrapes must fit. */
  readonly window?: number
}

export function prometheusMetrics({ url, pack, window = 30 }: PrometheusOptions): Metrics {
  return {
    counters: async (app, revisions, below) => {
      // The range gives each sample with its own time; an instant vector would give the time of the question.
      const bound = below === undefined ? '' : leAlternatives(below)
      const query = `{__name__=~"${pack.counters}",${pack.matcher(app)},le=~"|${bound}"}[${window}s]`
      const { series, date } = await ask(url, query, app)
      const { counts, route } = tally(pack, app, series)
      if (below !== undefined) await checkBound(url, pack, app, below, [...counts, ...route], series)
      const wanted = counts.filter(({ revision }) => revisions.includes(revision))
      const newest = [...counts, ...route].map(({ at }) => at)
      return { at: Math.max(date, ...newest), counts: wanted, route }
    },
  }
}

const Matrix = z.object({
  status: z.literal('success'),
  data: z.object({
    resultType: z.string(),
    result: z.array(
      z.object({
        metric: z.record(z.string(), z.string()),
        values: z.array(z.tuple([z.number(), z.string()])).optional(),
      }),
    ),
  }),
})
const Refused = z.object({ errorType: z.string(), error: z.string() })
type Series = z.infer<typeof Matrix>['data']['result'][number]

async function ask(
  url: string,
  query: string,
  app: AppRef,
): Promise<{ series: readonly Series[]; date: number }> {
  const what = `Prometheus for the counters of ${appKey(app)}`
  const form = { query, timeout: '4s' }
  const answer = await askJson({ url: `${url}/api/v1/query`, what, form, timeout: 5000, limit: 1024 * 1024 })
  const matrix = Matrix.safeParse(answer.body)
  if (!matrix.success) throw new Error(`cannot ask ${what}: ${why(answer)}`)
  return { series: matrix.data.data.result, date: answer.date }
}

function why({ status, body }: Answer): string {
  const refused = Refused.safeParse(body)
  return refused.success
    ? `${refused.data.errorType}: ${refused.data.error}`
    : `HTTP ${status}, an answer of another form`
}

/** Sums the series of each revision at each instance: a counter has one series for each code, method and protocol. */
function tally(pack: CounterPack, app: AppRef, series: readonly Series[]): Pick<Reading, 'counts' | 'route'> {
  const sums = new Map<string, { -readonly [Key in keyof Counts]: Counts[Key] }>()
  for (const { metric, values = [] } of series) {
    const meaning = pack.read(metric, app)
    const last = values.at(-1)
    if (!meaning || !last) continue
    const { revision, counter, source } = meaning
    const instance = `${metric.instance ?? metric.pod ?? 'unnamed'}${source}`
    const sum = sums.get(`${revision} ${instance}`) ?? {
      revision,
      instance,
      at: 0,
      requests: 0,
      errors: 0,
      fast: 0,
    }
    sums.set(`${revision} ${instance}`, sum)
    const count = counted(last[1], metric)
    sum.at = Math.max(sum.at, Math.round(last[0] * 1000))
    if (counter === 'fast') sum.fast += count
    else sum.requests += count
    if (counter === 'errors') sum.errors += count
  }
  const all = [...sums.values()]
  return {
    counts: all.filter(({ revision }) => revision !== ''),
    route: all.filter(({ revision }) => revision === ''),
  }
}

function counted(text: string, labels: Labels): number {
  const count = Number(text)
  if (Number.isFinite(count) && count >= 0) return count
  throw new Error(
    `Prometheus says that ${labels.__name__} of ${labels.service ?? labels.instance} is ${text}: no count`,
  )
}

/** Prometheus 3 writes a bound as a float, older ones as the gateway wrote it. */
function leAlternatives(bound: number): string {
  const forms = Number.isInteger(bound) ? [String(bound), bound.toFixed(1)] : [String(bound)]
  return forms.map((form) => form.replaceAll('.', '\\\\.')).join('|')
}

/** Requests without a bucket of that bound: the gateway is set up with other ones. */
async function checkBound(
  url: string,
  pack: CounterPack,
  app: AppRef,
  below: number,
  counts: readonly Counts[],
  series: readonly Series[],
): Promise<void> {
  if (counts.length === 0 || series.some(({ metric }) => metric.le !== undefined)) return
  const { series: buckets } = await ask(url, `${pack.buckets}{${pack.matcher(app)}}[30s]`, app)
  const bounds = new Set(buckets.map(({ metric }) => Number(metric.le)).filter(Number.isFinite))
  if (bounds.size === 0) return
  const known = [...bounds].sort((a, b) => a - b).join(', ')
  throw new PermanentFailure(
    'Invalid',
    `cannot judge latency below ${below} s: the gateway of ${appKey(app)} counts only answers below ${known} s; choose one of these or add the bound to the gateway's buckets`,
  )
}
