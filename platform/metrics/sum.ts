// Sums the series of one revision at one instance: a counter has one series for each code, method and protocol.
import type { Counts } from '../../domain/judge/judge.ts'
import type { Labels, Meaning } from './pack.ts'

/** What one revision's series at one instance add up to. */
export interface Sum {
  readonly revision: string
  readonly instance: string
  at: number
  requests: number
  errors: number
  /** The answers within each bound that there is, `Infinity` with them. */
  readonly within: Map<number, number>
  /** A series whose sample is no count: the sum is not one either. */
  nonsense?: string
}

export type Sums = Map<string, Sum>

/** Adds one sample to the sum that it belongs to. */
export function add(sums: Sums, meaning: Meaning, labels: Labels, [time, text]: readonly [number, string]) {
  const { revision, counter, source } = meaning
  const instance = `${instanceOf(labels)}${source}`
  const key = `${revision} ${instance}`
  const sum: Sum = sums.get(key) ?? {
    revision,
    instance,
    at: 0,
    requests: 0,
    errors: 0,
    within: new Map(),
  }
  sums.set(key, sum)
  sum.at = Math.max(sum.at, Math.round(time * 1000))
  const count = Number(text)
  if (!(Number.isFinite(count) && count >= 0)) {
    sum.nonsense ??= `${labels.__name__} of ${revision || 'the route'} at ${instance} is ${text}`
  } else if (counter === 'within') {
    const bound = boundOf(labels)
    sum.within.set(bound, (sum.within.get(bound) ?? 0) + count)
  } else {
    sum.requests += count
    if (counter === 'errors') sum.errors += count
  }
}

/** The sum as it is told; a bound that it does not have counts nothing. */
export const countsOf = (
  { revision, instance, at, requests, errors, within }: Sum,
  bounds: readonly number[],
): Counts => ({
  revision,
  instance,
  at,
  requests,
  errors,
  timed: bounds.length === 0 ? 0 : (within.get(Number.POSITIVE_INFINITY) ?? 0),
  within: bounds.map((bound) => within.get(bound) ?? 0),
})

/** Which proxy counted. */
export const instanceOf = ({ instance, pod }: Labels): string => instance ?? pod ?? 'unnamed'

/** Prometheus 3 writes a bound as a float, older ones as the gateway wrote it: as numbers they are the same. */
export const boundOf = ({ le = 'NaN' }: Labels): number =>
  le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le)
