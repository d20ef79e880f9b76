// Asks a hook by HTTP: one signed POST a try, with the same id on each, so that the receiver sees it once.
import type { LookupAddress } from 'node:dns'
import { type IncomingMessage, request as plainRequest } from 'node:http'
import { request as tlsRequest } from 'node:https'
import { NoAnswer } from '../../domain/no-answer.ts'
import { releaseName } from '../../domain/release.ts'
import { imageReference } from '../../domain/revision.ts'
import type { HookAnswer, HookQuestion } from '../platform.ts'
import { forbidden, type Lookup, lookup } from './address.ts'
import { signatureHeaders } from './signature.ts'
import { beginning } from './words.ts'

export interface HttpOptions {
  /** The text of the key's file, read when it is used; undefined when there is none. */
  readonly key: () => string | undefined
  /** Whether a hook may be asked on this machine: for one on which everything runs. */
  readonly loopback: boolean
  readonly now?: () => number
  /** Milliseconds for one try. */
  readonly timeout?: number
  readonly lookup?: Lookup
}

/** Bytes of an answer that are read; people see far less. */
const limit = 64 * 1024
/** Milliseconds that a receiver may ask us to wait. */
const longestPause = 5 * 60_000

/** `default/shop-7/before-50`. */
export const hookId = ({ release, gate }: Pick<HookQuestion, 'release' | 'gate'>): string =>
  `${release.app.namespace}/${releaseName(release)}/${gate.name}`

/** What a receiver is told; the same on every try but for the weight. */
export const hookBody = ({ release, gate, revision, stable, weight }: HookQuestion) => ({
  namespace: release.app.namespace,
  app: release.app.name,
  release: releaseName(release),
  commit: release.sha,
  gate: gate.name,
  before: gate.before,
  weight,
  revision: revision.name,
  image: imageReference(revision.image),
  stable: stable ?? null,
})

export function httpHook(options: HttpOptions) {
  const { key, now = Date.now, timeout = 30_000 } = options
  return async (address: string, question: HookQuestion, signal: AbortSignal): Promise<HookAnswer> => {
    signal.throwIfAborted()
    const url = new URL(address)
    const keys = key()
    if (keys === undefined) return refused(`${url.host} was not asked: ${withoutKey}`)
    const body = JSON.stringify(hookBody(question))
    const headers = signatureHeaders(hookId(question), body, keys, now())
    const deadline = AbortSignal.timeout(timeout)
    const either = AbortSignal.any([signal, deadline])
    try {
      const addresses = await until(either, (options.lookup ?? lookup)(hostOf(url)))
      const why = addresses.map((one) => forbidden(one, options)).find(Boolean)
      if (why) return refused(`${url.host} was not asked: ${why}`)
      return await read(url, await post({ url, addresses, headers, body, signal: either }), now())
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof NoAnswer) throw error
      const why = deadline.aborted ? `nothing within ${timeout / 1000} s` : reason(error)
      throw new NoAnswer(`${url.host} gave no answer: ${why}`, { cause: error })
    }
  }
}

const withoutKey =
  'Slipway has no key to sign requests with; set SLIPWAY_HOOK_KEY_FILE, or use a hook with a command'

const refused = (message: string): HookAnswer => ({ passed: false, message })

const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, '')

interface Post {
  readonly url: URL
  /** Those that were looked at: the name is not resolved again. */
  readonly addresses: readonly LookupAddress[]
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly signal: AbortSignal
}

/** Redirects are not followed: an address that was looked at must not lead to one that was not. */
function post({ url, addresses, headers, body, signal }: Post): Promise<IncomingMessage> {
  const request = url.protocol === 'https:' ? tlsRequest : plainRequest
  const [first] = addresses
  return new Promise((resolve, reject) => {
    const sent = request(url, {
      method: 'POST',
      agent: false,
      signal,
      headers: {
        ...headers,
        accept: 'text/plain, application/json',
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        'user-agent': 'slipway',
      },
      lookup: (_host, { all }, found) =>
        all ? found(null, [...addresses]) : found(null, first?.address ?? '', first?.family),
    })
    sent.on('response', resolve)
    sent.on('error', reject)
    sent.end(body)
  })
}

async function read({ host }: URL, response: IncomingMessage, now: number): Promise<HookAnswer> {
  const { statusCode: status = 0, headers } = response
  if (status >= 500 || status === 408 || status === 429) {
    response.destroy()
    const after = retryAfter(headers['retry-after'], now)
    throw new NoAnswer(`${host} gave no answer: status ${status}`, { ...(after !== undefined && { after }) })
  }
  const said = beginning(await textOf(response))
  const passed = status >= 200 && status < 300
  const redirects = status >= 300 && status < 400 ? ' (redirects are not followed)' : ''
  return { passed, message: `${host} answered ${status}${redirects}${said && `: ${said}`}` }
}

/** The status is the answer: a body that breaks off is told as far as it came. */
async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      size += chunk.length
      if (size >= limit) break
    }
  } catch {
    // What came is enough.
  }
  response.destroy()
  return Buffer.concat(chunks).subarray(0, limit).toString('utf8')
}

/** Seconds or a date. */
function retryAfter(header: string | undefined, now: number): number | undefined {
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

/** Several addresses that all refuse are one error without words of its own. */
function reason(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reason).join(', ')
  return error instanceof Error ? error.message : String(error)
}
