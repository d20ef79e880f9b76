// HTTP as git may use it: no redirect is followed, nothing runs longer or grows larger than allowed, no secret enters an error.
import type { HttpClient } from 'isomorphic-git'
import { deepestCause } from '../../domain/deepest-cause.ts'
import { PermanentFailure } from '../../domain/failure.ts'

export interface HttpLimits {
  /** For the whole exchange, in milliseconds. */
  readonly timeout: number
  /** Of the body, decompressed. */
  readonly maxBytes: number
}

export const httpLimits: HttpLimits = { timeout: 30_000, maxBytes: 64 * 1024 * 1024 }

/** The exchange failed; another try may do. */
export class GitHttpError extends Error {}

/** The server has no such object. */
export class UnknownObject extends GitHttpError {}

/** The answer grew past the limit; trying again would only fetch it again. */
export class TooLarge extends GitHttpError {}

/** A client that speaks for `token`, sent as git hosts expect it: Basic, user `x-access-token`. */
export function gitHttp(token: string | undefined, limits: HttpLimits = httpLimits): HttpClient {
  const credentials =
    token === undefined
      ? {}
      : { authorization: `Basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}` }
  return {
    request: async ({ method = 'GET', url, headers = {}, body }) => {
      const response = await fetch(url, {
        method,
        headers: { ...headers, 'user-agent': 'git/slipway', ...credentials },
        body: body === undefined ? null : await collect(body),
        redirect: 'manual',
        signal: AbortSignal.timeout(limits.timeout),
      }).catch((error: unknown) => {
        throw new GitHttpError(`${asked(method, url)}: ${reason(error, limits)}`)
      })
      if (response.status !== 200) {
        await response.body?.cancel().catch(() => {})
        throw refusal(asked(method, url), response)
      }
      const bytes = await bounded(response, asked(method, url), limits)
      refuseError(bytes, asked(method, url))
      const { status: statusCode, statusText: statusMessage } = response
      return {
        url,
        method,
        headers: Object.fromEntries(response.headers),
        body: once(bytes),
        statusCode,
        statusMessage,
      }
    },
  }
}

/** Git's way to say no with status 200: a packet `ERR …`. The library would take it for an empty answer. */
function refuseError(bytes: Buffer, what: string): void {
  const said = /^[0-9a-f]{4}ERR ([^\0]*)/i.exec(bytes.toString('utf8', 0, 300))?.[1]
  if (said === undefined) return
  const message = `${what}: it said: ${said.replace(/\p{Cc}+/gu, ' ').trim()}`
  throw /not our ref/.test(said) ? new UnknownObject(message) : new GitHttpError(message)
}

async function collect(parts: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const part of parts) chunks.push(part)
  return Buffer.concat(chunks)
}

async function* once(bytes: Buffer): AsyncIterableIterator<Uint8Array> {
  yield bytes
}

const asked = (method: string, url: string): string => `git server did not answer ${method} ${url}`

function refusal(what: string, { status, headers }: Response): Error {
  if (status === 401 || status === 403) {
    return new PermanentFailure('Forbidden', `${what}: it refuses our credentials (${status})`)
  }
  if (status === 404 || status === 410) {
    return new PermanentFailure('NotFound', `${what}: there is no such repository (${status})`)
  }
  if (status >= 300 && status < 400) {
    const target = headers.get('location') ?? ''
    const host = URL.canParse(target, 'http://relative') ? new URL(target, 'http://relative').host : ''
    const where = host === '' || host === 'relative' ? '' : ` to ${host}`
    return new PermanentFailure(
      'Invalid',
      `${what}: it redirects${where} (${status}), and redirects are not followed; declare the repository's final URL`,
    )
  }
  return new GitHttpError(`${what}: status ${status}`)
}

async function bounded(response: Response, what: string, limits: HttpLimits): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of response.body ?? []) {
      size += chunk.byteLength
      // Leaving the loop cancels the stream: the rest is never read.
      if (size > limits.maxBytes) throw new TooLarge(`${what} in less than ${limits.maxBytes} bytes`)
      chunks.push(chunk)
    }
  } catch (error) {
    if (error instanceof TooLarge) throw error
    throw new GitHttpError(`${what}: ${reason(error, limits)}`)
  }
  return Buffer.concat(chunks)
}

/** Why the exchange broke. */
function reason(error: unknown, limits: HttpLimits): string {
  if (error instanceof Error && error.name === 'TimeoutError') return `no end within ${limits.timeout} ms`
  return deepestCause(error)
}
