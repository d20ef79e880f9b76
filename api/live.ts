// Answers that stay open: what is there now, and again whenever it has changed, as server-sent events.
import { setTimeout as sleep } from 'node:timers/promises'
import { Problem } from './problem.ts'

export interface Subject {
  /** Asked at every look, so it must cost nothing. Undefined: it is not there any more. */
  readonly current: () => Version | undefined
  /** Fails with a Problem when the visitor may not see it. */
  readonly admit: () => Promise<void>
}
export interface Version {
  /** Another one for other content. */
  readonly version: string
  /** Asked for only when it is sent. */
  readonly body: () => object
  /** Nothing will change after this. */
  readonly final: boolean
}

/** Opens one for a visitor, who was admitted a moment ago. */
export type Live = (visitor: string, subject: Subject) => Response

export interface LiveOptions {
  /** Aborted when the API stops: then everybody is let go, and asks again. */
  readonly closing?: AbortSignal
  readonly now?: () => number
  /** Milliseconds between two looks. */
  readonly every?: number
  /** Milliseconds after which a line shows that somebody is still there. */
  readonly beat?: number
  /** Milliseconds after which the visitor's right is asked for again. */
  readonly admitEvery?: number
  readonly atMost?: { readonly all: number; readonly eachVisitor: number }
}

export function liveAnswers(options: LiveOptions = {}): Live {
  const { closing, atMost = { all: 200, eachVisitor: 12 } } = options
  const open = new Map<string, number>()

  function enter(visitor: string): () => void {
    const [all, theirs] = [[...open.values()].reduce((sum, one) => sum + one, 0), open.get(visitor) ?? 0]
    if (all >= atMost.all || theirs >= atMost.eachVisitor) throw tooMany()
    open.set(visitor, theirs + 1)
    let inside = true
    return () => {
      if (!inside) return
      inside = false
      const left = (open.get(visitor) ?? 1) - 1
      if (left > 0) open.set(visitor, left)
      else open.delete(visitor)
    }
  }

  return (visitor, subject) => {
    const leave = enter(visitor)
    const gone = new AbortController()
    const signal = closing ? AbortSignal.any([gone.signal, closing]) : gone.signal
    const words = told(subject, signal, options)
    return new Response(streamOf(words, gone, leave), {
      // What buffers between here and the visitor would make it anything but live.
      headers: { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' },
    })
  }
}

/** Goes on as fast as it is read: whoever is slow misses what was in between, and never the newest. */
function streamOf(
  words: AsyncGenerator<string>,
  gone: AbortController,
  leave: () => void,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  return new ReadableStream({
    async pull(controller) {
      try {
        const { value, done } = await words.next()
        if (!done) return controller.enqueue(encoder.encode(value))
      } catch (error) {
        leave()
        throw error
      }
      leave()
      if (!gone.signal.aborted) controller.close()
    },
    cancel() {
      gone.abort()
      leave()
    },
  })
}

async function* told(subject: Subject, signal: AbortSignal, options: LiveOptions): AsyncGenerator<string> {
  const { now = Date.now, every = 500, beat = 15_000, admitEvery = 30_000 } = options
  let said = ''
  let [saidAt, admittedAt] = [now(), now()]
  while (!signal.aborted) {
    if (now() - admittedAt >= admitEvery) {
      const refusal = await refused(subject)
      if (refusal) return yield event('refused', refusal)
      admittedAt = now()
    }
    const current = subject.current()
    if (!current) return yield event('gone', {})
    if (current.version !== said) {
      yield event('release', current.body())
      if (current.final) return
      said = current.version
      saidAt = now()
    } else if (now() - saidAt >= beat) {
      yield ': still here\n\n'
      saidAt = now()
    }
    await sleep(every, undefined, { signal }).catch(() => undefined)
  }
}

/** A cluster that cannot say who may see it is no reason to go on showing it. */
async function refused({ admit }: Subject): Promise<{ status: number; detail: string } | undefined> {
  try {
    await admit()
    return undefined
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return { status: error.status, detail: error.message }
  }
}

const event = (name: string, body: object): string => `event: ${name}\ndata: ${JSON.stringify(body)}\n\n`

const tooMany = () =>
  new Problem(429, 'too-many-streams', 'too many pages are open; close some, or try again in a moment', {
    headers: { 'retry-after': '5' },
  })
