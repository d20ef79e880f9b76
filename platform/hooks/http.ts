// Asks a hook by HTTP: one signed POST a try, with the same id on each, so that the receiver sees it once.
import type { IncomingMessage } from 'node:http'
import { deepestCause } from '../../domain/deepest-cause.ts'
import { NoAnswer } from '../../domain/no-answer.ts'
import { releaseName } from '../../domain/release.ts'
import { imageReference } from '../../domain/revision.ts'
import type { HookAnswer, HookQuestion } from '../platform.ts'
import type { Lookup } from './address.ts'
import { NotAsked, post, retryAfter } from './post.ts'
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
      const asked = { ...options, url, headers: sent(headers), body, signal: either }
      return await read(url, await post(asked), now())
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof NotAsked) return refused(`${url.host} was not asked: ${error.message}`)
      if (error instanceof NoAnswer) throw error
      const why = deadline.aborted ? `nothing within ${timeout / 1000} s` : deepestCause(error)
      throw new NoAnswer(`${url.host} gave no answer: ${why}`, { cause: error })
    }
  }
}

const withoutKey =
  'Slipway has no key to sign requests with; set SLIPWAY_HOOK_KEY_FILE, or use a hook with a command'

const sent = (signature: Readonly<Record<string, string>>) => ({
  ...signature,
  accept: 'text/plain, application/json',
  'content-type': 'application/json',
})

const refused = (message: string): HookAnswer => ({ passed: false, message })

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
