// Asks an outside server one bounded question: a deadline, a cap on the answer, no redirects.
import { deepestCause } from '../domain/deepest-cause.ts'

export interface Question {
  readonly url: string
  /** What is asked, for the error: `Prometheus for the counters of default/shop`. */
  readonly what: string
  /** Milliseconds. */
  readonly timeout: number
  /** Bytes. */
  readonly limit: number
  /** Sent as a form when given. */
  readonly form?: Readonly<Record<string, string>>
}
export interface Answer {
  readonly status: number
  readonly body: unknown
  /** By the server's own clock, in milliseconds since the epoch; whole seconds. */
  readonly date: number
}

/** Fails plainly, so that it is asked again, when there is no answer in JSON. */
export async function askJson({ url, what, timeout, limit, form }: Question): Promise<Answer> {
  const fail = (why: string, cause?: unknown) => new Error(`cannot ask ${what} (${url}): ${why}`, { cause })
  try {
    const response = await fetch(url, {
      method: form ? 'POST' : 'GET',
      redirect: 'error',
      signal: AbortSignal.timeout(timeout),
      headers: { accept: 'application/json' },
      ...(form ? { body: new URLSearchParams(form) } : {}),
    })
    const text = await capped(response, limit)
    const date = Date.parse(response.headers.get('date') ?? '') || Date.now()
    return { status: response.status, body: JSON.parse(text), date }
  } catch (error) {
    throw fail(deepestCause(error), error)
  }
}

/** The answer's text; fails when it is longer than so many bytes. */
export async function capped(response: Response, limit: number): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength
    // Leaving the loop cancels the stream: the rest is never read.
    if (size > limit) throw new Error(`its answer is longer than ${limit} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
