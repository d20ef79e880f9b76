// Reads what others send: of each message the few fields that are used, and the name of the first one that is not as it should be.
import { z } from 'zod'
import { Problem, quoted } from './problem.ts'
import type { JsonObject } from './strict-json.ts'

export const Commit = z.string().regex(/^[0-9a-f]{40}$/, 'must be 40 hexadecimal digits')

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
