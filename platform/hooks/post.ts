// Posts to an address that somebody else wrote: where it leads is looked at first, and nothing leads on from there.
import type { LookupAddress } from 'node:dns'
import { type IncomingMessage, request as plainRequest } from 'node:http'
import { request as tlsRequest } from 'node:https'
import { forbidden, type Lookup, lookup } from './address.ts'

/** The address leads where nothing of ours may go. */
export class NotAsked extends Error {
  override readonly name = 'NotAsked'
}

export interface Post {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly signal: AbortSignal
  /** Whether it may lead to this machine. */
  readonly loopback: boolean
  readonly lookup?: Lookup | undefined
}

/** Redirects are not followed: an address that was looked at must not lead to one that was not. */
export async function post(asked: Post): Promise<IncomingMessage> {
  const addresses = await until(asked.signal, (asked.lookup ?? lookup)(hostOf(asked.url)))
  const why = addresses.map((one) => forbidden(one, asked)).find(Boolean)
  if (why) throw new NotAsked(why)
  return send(asked, addresses)
}

const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, '')

/** To the addresses that were looked at: the name is not resolved again. */
function send(
  { url, headers, body, signal }: Post,
  addresses: readonly LookupAddress[],
): Promise<IncomingMessage> {
  const request = url.protocol === 'https:' ? tlsRequest : plainRequest
  const [first] = addresses
  return new Promise((resolve, reject) => {
    const sent = request(url, {
      method: 'POST',
      agent: false,
      signal,
      headers: { ...headers, 'content-length': Buffer.byteLength(body), 'user-agent': 'slipway' },
      lookup: (_host, { all }, found) =>
        all ? found(null, [...addresses]) : found(null, first?.address ?? '', first?.family),
    })
    sent.on('response', resolve)
    sent.on('error', reject)
    sent.end(body)
  })
}

/** Milliseconds that a receiver may ask us to wait. */
const longestPause = 5 * 60_000

/** Seconds or a date. */
export function retryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined
  const after = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now
  return Number.isFinite(after) ? Math.min(longestPause, Math.max(0, after)) : undefined
}

/** A question to the resolver cannot be taken back, only not be waited for. */
function until<Result>(signal: AbortSignal, work: Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
