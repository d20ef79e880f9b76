// Errors as `application/problem+json` (RFC 9457): a stable code, one sentence, never a stack.

/** Thrown anywhere in a request: the server turns it into its reply. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly status: number
  /** Stable, kebab-case: what programs compare. */
  readonly code: string
  readonly headers: Readonly<Record<string, string>>
  /** JSON pointer to the offending field. */
  readonly pointer: string | undefined

  constructor(
    status: number,
    code: string,
    detail: string,
    options: { headers?: Record<string, string>; pointer?: string; cause?: unknown } = {},
  ) {
    super(detail, { cause: options.cause })
    this.status = status
    this.code = code
    this.headers = options.headers ?? {}
    this.pointer = options.pointer
  }
}

export function problemReply(problem: Problem): Response {
  const body = {
    type: `urn:slipway:problem:${problem.code}`,
    title: problem.code.replaceAll('-', ' '),
    status: problem.status,
    code: problem.code,
    detail: problem.message,
    ...(problem.pointer === undefined ? {} : { pointer: problem.pointer }),
  }
  return new Response(`${JSON.stringify(body)}\n`, {
    status: problem.status,
    headers: { 'content-type': 'application/problem+json', ...problem.headers },
  })
}

/** Their text inside our sentence: at most 200 characters, control and direction characters escaped. */
export function quoted(text: string): string {
  const cut = text.length > 200 ? `${text.slice(0, 199)}…` : text
  return cut.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`)
}
