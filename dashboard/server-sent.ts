// Reads server-sent events from the body of an answer: the browser's own EventSource cannot bring a token.

export interface Sent {
  readonly event: string
  readonly data: string
}

/** Ends when the body does; `heard` is called for each piece of it, also for what is no event. */
export async function* sentEvents(
  body: ReadableStream<Uint8Array>,
  heard: () => void = () => undefined,
): AsyncGenerator<Sent> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let rest = ''
  try {
    for (;;) {
      const { value, done } = await reader.read()
      if (done) return
      heard()
      const blocks = `${rest}${decoder.decode(value, { stream: true })}`.split('\n\n')
      rest = blocks.pop() ?? ''
      yield* blocks.flatMap((block) => sent(block) ?? [])
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

/** Undefined for a comment: it only shows that somebody is still there. */
function sent(block: string): Sent | undefined {
  const fields = block.split('\n').map((one) => /^(event|data): ?(.*)$/.exec(one))
  const all = (name: string) => fields.flatMap((field) => (field?.[1] === name ? [field[2] ?? ''] : []))
  const data = all('data')
  return data.length === 0 ? undefined : { event: all('event')[0] ?? 'message', data: data.join('\n') }
}
