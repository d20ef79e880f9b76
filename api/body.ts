// Reads a small request body: never more than the cap, never longer than the deadline.
import { Problem } from './problem.ts'

export interface BodyLimits {
  readonly bytes: number
  readonly milliseconds: number
}

// The rest of the body is not wanted: the connection cannot carry another request.
const headers = { connection: 'close' }

/** A megabyte: more than anything that is said here. */
export const mebibyte = 1_048_576

/** Of this media type, as itself: `application/json`. Fails otherwise, before anything is read. */
export function checkMediaType({ headers: given }: Request, type: string): void {
  if (mediaType(given) === type) return
  throw new Problem(415, 'content-type', `set content type to ${type}`, { headers })
}

/** Without its parameters, in small letters. */
export const mediaType = (headers: Headers): string =>
  (headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''

export async function readBody(request: Request, limits: BodyLimits): Promise<Uint8Array> {
  if (request.headers.has('content-encoding')) {
    throw new Problem(415, 'content-encoding', 'send the body without content encoding', { headers })
  }
  const length = request.headers.get('content-length')
  if (Number(length ?? 0) > limits.bytes) throw tooLarge(limits)
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const detail = `the body did not arrive within ${limits.milliseconds} ms`
    timer = setTimeout(
      () => reject(new Problem(408, 'body-too-slow', detail, { headers })),
      limits.milliseconds,
    )
  })
  try {
    // What says how long it is can be no longer: HTTP ends it there. It is read without a stream's cost.
    if (length !== null) return new Uint8Array(await Promise.race([request.arrayBuffer(), late]))
    return await readStream(request, limits, late)
  } catch (error) {
    if (error instanceof Problem) throw error
    throw new Problem(400, 'body-cut-off', 'the body ended before it was complete', { headers, cause: error })
  } finally {
    clearTimeout(timer)
  }
}

async function readStream(request: Request, limits: BodyLimits, late: Promise<never>): Promise<Uint8Array> {
  if (!request.body) return new Uint8Array()
  const reader = request.body.getReader()
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for (;;) {
      const { done, value } = await Promise.race([reader.read(), late])
      if (done) return Buffer.concat(chunks)
      size += value.length
      if (size > limits.bytes) throw tooLarge(limits)
      chunks.push(value)
    }
  } catch (error) {
    await reader.cancel().catch(() => undefined)
    throw error
  }
}

const tooLarge = ({ bytes }: BodyLimits) =>
  new Problem(413, 'body-too-large', `the body is larger than ${bytes} bytes; use head poll`, { headers })
