// Reads one CloudEvent from a request: its attributes in headers, or all of it as JSON.
import { z } from 'zod'
import { checkMediaType, mediaType } from './body.ts'
import { parsed } from './payload.ts'
import { Problem } from './problem.ts'
import { type JsonObject, strictJsonObject } from './strict-json.ts'

export interface CloudEvent {
  /** Unique together with the source: the same again is the same event. */
  readonly id: string
  readonly source: string
  readonly type: string
  readonly data: JsonObject
}

const structured = 'application/cloudevents+json'

/** Fails before the body is read when it is in a form that is not taken: a batch, XML, Avro. */
export function checkForm(request: Request): void {
  const type = mediaType(request.headers)
  if (type.startsWith('application/cloudevents')) checkMediaType(request, structured)
  else checkMediaType(request, 'application/json')
}

export function cloudEvent({ headers }: Request, bytes: Uint8Array): CloudEvent {
  const body = strictJsonObject(bytes)
  if (mediaType(headers) === structured) return parsed(Structured, body, 'CloudEvents')
  const { success, data, error } = Attributes.safeParse(attributesIn(headers))
  if (success) return { ...data, data: body }
  const name = String(error.issues[0]?.path[0])
  throw new Problem(
    400,
    'no-cloud-event',
    `the header ce-${name} is missing, or is no ${name} of CloudEvents 1.0`,
  )
}

const Attributes = z.object({
  specversion: z.literal('1.0'),
  id: z.string().min(1).max(512),
  source: z.string().min(1).max(2048),
  type: z.string().min(1).max(256),
})
const Structured = Attributes.extend({ data: z.record(z.string(), z.unknown()) })

function attributesIn(headers: Headers): Readonly<Record<string, string>> {
  const names = Object.keys(Attributes.shape)
  const given = names.map((name) => [name, headers.get(`ce-${name}`)] as const)
  return Object.fromEntries(given.flatMap(([name, value]) => (value ? [[name, decoded(value)]] : [])))
}

/** What a header cannot hold is written as in a URL. */
function decoded(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}
