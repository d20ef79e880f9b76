// Reads what GitHub sends: of each event the few fields that are used, and the name of the first one that is not as it should be.
import { z } from 'zod'
import { Problem, quoted } from './problem.ts'
import type { JsonObject } from './strict-json.ts'

export const Commit = z.string().regex(/^[0-9a-f]{40}$/, 'must be 40 hexadecimal digits')
// Larger ones were rounded when they were parsed: another repository's number.
export const Id = z.number().refine(Number.isSafeInteger, 'must be an integer that JSON keeps exactly')
export const Installation = z.object({ id: Id })
export const Repository = z.object({
  id: Id,
  full_name: z.string().min(1),
  clone_url: z.string().optional(),
  html_url: z.string().optional(),
})
export type Repository = z.infer<typeof Repository>
/** Somebody: people, and programs like `renovate[bot]`. */
export const Account = z.object({ login: z.string().regex(/^[\w.[\]-]{1,100}$/, 'must be a login') })

/** How Apps may call this repository. */
export const urlsOf = ({ clone_url, html_url }: Repository): readonly string[] =>
  [clone_url, html_url].filter((url) => url !== undefined)

/** Fails with the JSON pointer of the first field that is not what such an event has. */
export function parsed<T>(schema: z.ZodType<T>, payload: JsonObject, event: string): T {
  const { success, data, error } = schema.safeParse(payload)
  if (success) return data
  const [issue] = error.issues
  const pointer = `/${issue?.path.join('/') ?? ''}`
  const value = issue?.path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown>)?.[key], payload)
  const code = Number.isInteger(value) && !Number.isSafeInteger(value) ? 'unsafe-integer' : 'invalid-payload'
  throw new Problem(422, code, `this is no ${event} event: ${pointer} ${quoted(issue?.message ?? '')}`, {
    pointer,
  })
}
