// What the gateway had counted at the end of each minute of the past.
import { type AppRef, appKey } from '../../domain/app.ts'
import type { History, Reading } from '../../domain/judge/judge.ts'
import { ask, type Series } from './answer.ts'
import type { CounterPack, Labels } from './pack.ts'
import { add, countsOf, type Sum, type Sums } from './sum.ts'

export interface HistorySource {
  readonly url: string
  readonly pack: CounterPack
  readonly now: () => number
}

const minute = 60_000
/** The most that one question asks for: Prometheus gives at most 11,000 points of a series, and an answer has a limit. */
const stretch = 1440

export async function historyOf(
  { url, pack, now }: HistorySource,
  app: AppRef,
  revisions: readonly string[],
  minutes: number,
): Promise<History> {
  if (revisions.length === 0) return { bounds: [], readings: [] }
  const query = questionOf(pack, app, revisions)
  const end = Math.floor(now() / minute)
  const seen = new Map<number, Sums>()
  for (let from = end - minutes + 1; from <= end; from += stretch) {
    const until = Math.min(from + stretch - 1, end)
    const form = { query, start: `${from * 60}`, end: `${until * 60}`, step: '60' }
    const what = `Prometheus for the history of ${appKey(app)}`
    const { series } = await ask({ url, path: 'query_range', what, within: 30, form })
    for (const one of series) addAll(seen, pack, app, one)
  }
  return told(seen)
}

/**
 * All methods, protocols and, for latency, codes in one: a day of each by itself would be a very long answer. A sum of one
 * revision's counters at one gateway begins anew when they do. Minutes in which the gateway was not read are no data:
 * Prometheus would repeat for five minutes what it saw last.
 */
function questionOf(
  { requests, buckets, heartbeat, ofRevisions, label }: CounterPack,
  app: AppRef,
  revisions: readonly string[],
): string {
  const sum = (by: string, name: string) =>
    `sum by (__name__, ${label}, job, instance, pod, ${by}) (${name}{${ofRevisions(app, revisions)}})`
  const wasRead = `and on (job, instance, pod) (time() - timestamp(${heartbeat}) <= 60)`
  return `(${sum('code', requests)} or ${sum('le', buckets)}) ${wasRead}`
}

function addAll(seen: Map<number, Sums>, pack: CounterPack, app: AppRef, { metric, values }: Series): void {
  const labels: Labels = metric
  const meaning = pack.read(labels, app)
  if (!meaning) return
  for (const sample of values) {
    const sums: Sums = seen.get(sample[0]) ?? new Map()
    seen.set(sample[0], sums)
    add(sums, meaning, labels, sample)
  }
}

/** The newest bounds are the gateway's; what was counted by others cannot be told by them. */
function told(seen: ReadonlyMap<number, Sums>): History {
  const minutes = [...seen]
    .sort(([a], [b]) => a - b)
    .map(([at, sums]) => ({ at: at * 1000, sums: [...sums.values()].filter((sum) => !sum.nonsense) }))
  const bounds = boundsOf(minutes.at(-1)?.sums ?? [])
  const readings = minutes.map(({ at, sums }): Reading => {
    const whole = sums.filter(({ within }) => bounds.every((bound) => within.has(bound)))
    return { at, counts: whole.map((sum) => countsOf(sum, bounds)), route: [] }
  })
  return { bounds, readings: readings.filter(({ counts }) => counts.length > 0) }
}

function boundsOf(sums: readonly Sum[]): readonly number[] {
  const bounds = new Set(sums.flatMap(({ within }) => [...within.keys()]))
  return [...bounds].filter(Number.isFinite).sort((a, b) => a - b)
}
