// One exchange with GitHub's API: a deadline, a cap on the answer, one redirect at most and none to elsewhere.
import { deepestCause } from '../../domain/deepest-cause.ts'
import { capped } from '../http.ts'
import { lenientJson } from '../lenient-json.ts'

export interface Request {
  readonly method: 'GET' | 'POST' | 'PATCH'
  /** Below the API's address, with its query: `/app/installations?per_page=100`. */
  readonly path: string
  readonly body?: unknown
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  /** Undefined when it was no JSON. */
  readonly body: unknown
  /** The address that answered: another than was asked when a repository has a new name. */
  readonly url: URL
}

export interface ExchangeOptions {
  /** The API's address. */
  readonly url: string
  readonly fetch?: typeof fetch
  /** Milliseconds for all of it. */
  readonly timeout?: number
  /** Bytes of the answer. */
  readonly limit?: number
}

export type Exchange = (request: Request, credential: string) => Promise<Answer>

export function exchange(options: ExchangeOptions): Exchange {
  const { timeout = 10_000, limit = 5 * 1024 * 1024 } = options
  const base = options.url.replace(/\/+$/, '')
  const ask = options.fetch ?? fetch

  return async (request, credential) => {
    const signal = AbortSignal.timeout(timeout)
    const send = (url: URL) => ask(url, { ...toSend(request, credential), signal, redirect: 'manual' })
    try {
      const url = new URL(base + request.path)
      const first = await send(url)
      const target = redirection(first, url, base)
      if (!target) return await read(first, url, limit)
      await first.body?.cancel()
      return await read(await send(target), target, limit)
    } catch (error) {
      // It never holds what was sent.
      const why = signal.aborted ? `nothing within ${timeout / 1000} s` : deepestCause(error)
      throw new Error(`GitHub did not answer ${asked(request)}: ${why}`)
    }
  }
}

/** What was asked, for messages; a query is of no interest there. */
export const asked = ({ method, path }: Request): string => `${method} ${path.split('?', 1)[0]}`

function toSend({ method, body }: Request, credential: string): RequestInit {
  return {
    method,
    headers: {
      accept: 'application/vnd.github+json',
      authorization: `Bearer ${credential}`,
      'user-agent': 'slipway',
      'x-github-api-version': '2022-11-28',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }
}

/** GitHub sends on who asks for a repository by a name that it had. The credential goes nowhere but to the API itself. */
function redirection({ status, headers }: Response, from: URL, base: string): URL | undefined {
  if (![301, 302, 307, 308].includes(status)) return undefined
  const target = new URL(headers.get('location') ?? '', from)
  if (target.href.startsWith(`${base}/`)) return target
  throw new Error(`it sends us to ${target.host} (${status}), which is not followed; check the API's address`)
}

/** What stands before GitHub may answer with a page. */
async function read(response: Response, url: URL, limit: number): Promise<Answer> {
  const { status, headers } = response
  return { status, headers, body: lenientJson(await capped(response, limit)), url }
}
