// The few fields of GitHub's `push` event that are used. They are hints: what is released is read from the repository.
import { z } from 'zod'
import { Problem, quoted } from './problem.ts'
import type { JsonObject } from './strict-json.ts'

const Commit = z.string().regex(/^[0-9a-f]{40}$/, 'must be 40 hexadecimal digits')
// Larger ones were rounded when they were parsed: another repository's number.
const Id = z.number().refine(Number.isSafeInteger, 'must be an integer that JSON keeps exactly')

const PushEvent = z.object({
  ref: z.string().min(1).max(1024),
  before: Commit,
  after: Commit,
  repository: z.object({
    id: Id,
    full_name: z.string().min(1),
    clone_url: z.string().optional(),
    html_url: z.string().optional(),
  }),
  installation: z.object({ id: Id }),
  commits: z.array(z.unknown()).optional(),
})
export type PushEvent = z.infer<typeof PushEvent>

/** Fails with the JSON pointer of the first field that is not what a push has. */
export const pushEvent = (payload: JsonObject): PushEvent => parse(PushEvent, payload, 'push')

/** GitHub's greeting to a new webhook. */
export const pingEvent = (payload: JsonObject): void =>
  void parse(z.object({ zen: z.string() }), payload, 'ping')

function parse<T>(schema: z.ZodType<T>, payload: JsonObject, event: string): T {
  const parsed = schema.safeParse(payload)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const pointer = `/${issue?.path.join('/') ?? ''}`
  const value = issue?.path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown>)?.[key], payload)
  const code = Number.isInteger(value) && !Number.isSafeInteger(value) ? 'unsafe-integer' : 'invalid-payload'
  throw new Problem(422, code, `this is no ${event} event: ${pointer} ${quoted(issue?.message ?? '')}`, {
    pointer,
  })
}
