// Sends events to a sink by HTTP, as CloudEvents in structured JSON: one POST each, signed when there is a key.
import type { IncomingMessage } from 'node:http'
import { deepestCause } from '../../domain/deepest-cause.ts'
import { PermanentFailure } from '../../domain/failure.ts'
import { NoAnswer } from '../../domain/no-answer.ts'
import type { Lookup } from '../hooks/address.ts'
import { NotAsked, post, retryAfter } from '../hooks/post.ts'
import { signatureHeaders } from '../hooks/signature.ts'
import type { CloudEvent, Sink } from '../platform.ts'
import { sinkOf } from './sink.ts'

export interface HttpSinkOptions {
  readonly url: string
  /** The text of the key's file, read when it is used; undefined: events go unsigned. */
  readonly key?: () => string | undefined
  /** Attributes that each event carries besides its own. */
  readonly extensions?: Readonly<Record<string, string>>
  /** Whether the sink may be on this machine. */
  readonly loopback: boolean
  readonly now?: () => number
  /** Milliseconds for one event. */
  readonly timeout?: number
  readonly lookup?: Lookup
  /** Told of each event that is passed over. */
  readonly onRefused?: (why: string, event: CloudEvent) => void
}

export function httpSink(options: HttpSinkOptions): Sink {
  const { onRefused = () => undefined } = options
  const { send } = sender(options)
  return sinkOf((event) =>
    send(event).catch((error: unknown) => {
      if (!(error instanceof PermanentFailure)) throw error
      onRefused(error.message, event)
    }),
  )
}

/** Sends one event. Fails `NoAnswer` when it was not taken and may be another time, `Invalid` when it never will be. */
export function sender(options: HttpSinkOptions) {
  const { key = () => undefined, extensions = {}, now = Date.now, timeout = 10_000 } = options
  const url = new URL(options.url)
  return {
    send: async (event: CloudEvent): Promise<void> => {
      const body = JSON.stringify({ ...extensions, ...event })
      const keys = key()
      const headers = {
        'content-type': 'application/cloudevents+json; charset=utf-8',
        ...(keys !== undefined && signatureHeaders(idOf(event), body, keys, now())),
      }
      const signal = AbortSignal.timeout(timeout)
      const response = await post({ ...options, url, headers, body, signal }).catch((error: unknown) => {
        const why = signal.aborted ? `nothing within ${timeout / 1000} s` : deepestCause(error)
        const said = error instanceof NotAsked ? `was not asked: ${why}` : `gave no answer: ${why}`
        throw new NoAnswer(`the sink at ${url.host} ${said}`, { cause: error })
      })
      response.destroy()
      check(url, response, now())
    },
  }
}

/** Events of several Apps may have the same id; together with the source it is one of a kind. */
const idOf = ({ source, id }: CloudEvent): string => `${source}#${id}`

/** What is refused for what it is will be refused again; anything else may pass. */
const refusals = [400, 413, 415, 422]

function check({ host }: URL, { statusCode: status = 0, headers }: IncomingMessage, now: number): void {
  if (status >= 200 && status < 300) return
  const redirects = status >= 300 && status < 400 ? ' (redirects are not followed)' : ''
  const message = `the sink at ${host} did not take an event: status ${status}${redirects}`
  if (refusals.includes(status)) throw new PermanentFailure('Invalid', message)
  const after = retryAfter(headers['retry-after'], now)
  throw new NoAnswer(message, { ...(after !== undefined && { after }) })
}
