// HTTP as git may use it: no redirect is followed, nothing runs longer or grows larger than allowed, no secret enters an error.
import { PermanentFailure } from '../../domain/failure.ts'

export interface GitRequest {
  readonly method: 'GET' | 'POST'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  /** Of the answer, where less is expected than the client's limit. */
  readonly maxBytes?: number
}

/** Sends one request to a git server and returns the whole body of its 200 answer. */
export type GitHttp = (request: GitRequest) => Promise<Buffer>

export interface HttpLimits {
  /** For the whole exchange, in milliseconds. */
  readonly timeout: number
  /** Of the body, decompressed. */
  readonly maxBytes: number
}

export const httpLimits: HttpLimits = { timeout: 30_000, maxBytes: 64 * 1024 * 1024 }

/** The answer grew past the limit; trying again would only fetch it again. */
export class TooLarge extends Error {
  override readonly name = 'TooLarge'
}

/** A client that speaks for `token`, sent as git hosts expect it: Basic, user `x-access-token`. */
export function gitHttp(token: string | undefined, limits: HttpLimits = httpLimits): GitHttp {
  const credentials =
    token === undefined
      ? {}
      : { authorization: `Basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}` }
  return async ({ method, url, headers, body, maxBytes = limits.maxBytes }) => {
    const response = await fetch(url, {
      method,
      headers: { 'user-agent': 'git/slipway', ...headers, ...credentials },
      body: body ?? null,
      redirect: 'manual',
      signal: AbortSignal.timeout(limits.timeout),
    }).catch((error: unknown) => {
      throw new Error(`${asked(method, url)}: ${reason(error, limits)}`)
    })
    if (response.status !== 200) {
      await response.body?.cancel().catch(() => {})
      throw refusal(asked(method, url), response)
    }
    return await bounded(response, asked(method, url), { ...limits, maxBytes })
  }
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
  return new Error(`${what}: status ${status}`)
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
    throw new Error(`${what}: ${reason(error, limits)}`)
  }
  return Buffer.concat(chunks)
}

/** Why the exchange broke, from the deepest cause: `fetch failed` alone tells nobody anything. */
function reason(error: unknown, limits: HttpLimits): string {
  if (error instanceof Error && error.name === 'TimeoutError') return `no end within ${limits.timeout} ms`
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return cause instanceof Error ? cause.message : String(cause)
}
