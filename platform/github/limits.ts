// How GitHub says that a limit is reached, and for how long.
import type { Answer } from './exchange.ts'

/** `primary`: the installation's requests of this hour. `secondary`: too much at once. */
export interface Limited {
  readonly kind: 'primary' | 'secondary'
  /** Milliseconds. */
  readonly retryAfter: number
}

const minute = 60_000
/** GitHub counts by the hour: nothing is closed for longer. */
const longest = 60 * minute

/** Undefined when the answer is about something else. */
export function limited({ status, headers, body }: Answer, now: number): Limited | undefined {
  if (status !== 403 && status !== 429) return undefined
  const after = number(headers.get('retry-after'))
  if (after !== undefined) return { kind: 'secondary', retryAfter: bounded(after * 1000) }
  const reset = number(headers.get('x-ratelimit-reset'))
  if (headers.get('x-ratelimit-remaining') === '0')
    return { kind: 'primary', retryAfter: bounded(reset === undefined ? minute : reset * 1000 - now) }
  // Without a word on how long, GitHub asks for a minute at least.
  if (status === 429 || /secondary rate limit/i.test(JSON.stringify(body) ?? ''))
    return { kind: 'secondary', retryAfter: minute }
  return undefined
}

const number = (header: string | null): number | undefined =>
  header !== null && /^\d{1,12}$/.test(header) ? Number(header) : undefined

const bounded = (milliseconds: number): number => Math.min(longest, Math.max(1000, milliseconds))
