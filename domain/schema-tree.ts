// Looks into the schema: what may stand at a path. Errors and the reference are made of it.
import type { z } from 'zod'
import { notations } from './notation.ts'

type Schema = z.core.$ZodType

/** The schema at the path, seen through defaults and optionals; undefined where the schema knows nothing. */
export function schemaAt(root: Schema, path: readonly PropertyKey[]): Schema | undefined {
  let here: Schema | undefined = bare(root)
  for (const key of path) here = here && child(here, key)
  return here
}

/** The keys of a map with known keys. */
export const keysOf = (schema: Schema | undefined): string[] => (schema ? Object.keys(fields(schema)) : [])

/** The fields of a map with known keys, as declared. */
export function fields(schema: Schema): Readonly<Record<string, Schema>> {
  const { def } = bare(schema)._zod as { def: z.core.$ZodTypeDef & { shape?: Record<string, Schema> } }
  return def.shape ?? {}
}

/** Every path that leads to a field, with the field. */
export function* allFields(schema: Schema, path: readonly string[] = []): Generator<[string[], Schema]> {
  for (const [key, field] of Object.entries(fields(schema))) {
    yield [[...path, key], field]
    yield* allFields(element(field) ?? field, element(field) ? [...path, `${key}[]`] : [...path, key])
  }
}

/** What a list holds, also where a word may stand for the list. */
export function element(schema: Schema): Schema | undefined {
  const def = bare(schema)._zod.def as { element?: Schema; options?: readonly Schema[] }
  return def.element ?? def.options?.map(element).find((item) => item !== undefined)
}

/** Completes "must be …". */
export function expectedOf(schema: Schema | undefined): string {
  const notation = schema && notationOf(schema)
  if (notation) return notation.expected
  const keys = keysOf(schema)
  return keys.length > 0 ? `a map with the keys ${keys.join(', ')}` : 'a map of names and texts'
}

/** The notation of a leaf or of a list. */
export const notationOf = (schema: Schema) => notations.get(bare(schema)) ?? notations.get(schema)

interface Def {
  readonly type: string
  readonly innerType?: Schema
  readonly in?: Schema
  readonly out?: Schema
  readonly valueType?: Schema
}

const defOf = (schema: Schema) => schema._zod.def as unknown as Def

/** The schema without defaults, optionals, transformations and preparations; a leaf with a notation is left as it is. */
export function bare(schema: Schema): Schema {
  const { type, innerType, in: from, out } = defOf(schema)
  if (notations.get(schema)) return schema
  if (innerType) return bare(innerType)
  if (type !== 'pipe' || !from || !out) return schema
  return bare(defOf(from).type === 'transform' ? out : from)
}

function child(schema: Schema, key: PropertyKey): Schema | undefined {
  const known = fields(schema)
  const name = String(key)
  const next =
    (Object.hasOwn(known, name) ? known[name] : undefined) ?? element(schema) ?? defOf(schema).valueType
  return next && bare(next)
}
