// Turns the zod schemas into JSON Schema for editors and into the structural schema that the API server understands.
import { z } from 'zod'
import { AppFile } from '../domain/app.ts'
import { notations, shorthands } from '../domain/notation.ts'

export interface Schema {
  readonly [keyword: string]: unknown
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly additionalProperties?: Schema | boolean
}

/** What an editor checks slipway.yaml against. */
export function editorSchema(): Schema {
  return { ...jsonSchema(AppFile), title: 'slipway.yaml' }
}

/**
 * The same for a CRD, which may hold less: no unions, patterns as RE2 knows them. Defaults belong where a field is decided: those of
 * slipway.yaml are not the cluster's.
 */
export function structuralSchema(schema: z.ZodType, defaults?: 'with defaults'): Schema {
  return structural(jsonSchema(schema), defaults === 'with defaults')
}

function jsonSchema(schema: z.ZodType): Schema {
  return z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema: json }) => {
      const written = notations.get(zodSchema)?.schema ?? {}
      if (Object.keys(written).length > 0) replace(json, written)
      const alone = shorthands.get(zodSchema)?.schema
      if (alone) replace(json, { anyOf: [alone, { ...json }] })
    },
  }) as Schema
}

/** Puts other keywords in place of all but what the field says about itself. */
function replace(json: Record<string, unknown>, by: Readonly<Record<string, unknown>>): void {
  for (const key of Object.keys(json)) if (key !== 'description' && key !== 'default') delete json[key]
  Object.assign(json, by)
}

const unstructural = ['$schema', 'default', 'additionalProperties', 'propertyNames', 'pattern', 'anyOf']

function structural(schema: Schema, defaults: boolean): Schema {
  const inside = (child: Schema) => structural(child, defaults)
  const kept = Object.fromEntries(
    Object.entries(schema).filter(([keyword]) => !unstructural.includes(keyword)),
  )
  const { properties, items, additionalProperties, pattern, anyOf } = schema
  return {
    ...kept,
    ...(properties && { properties: mapValues(properties, inside) }),
    ...(items && { items: inside(items) }),
    ...(typeof additionalProperties === 'object' && {
      additionalProperties: inside(additionalProperties),
    }),
    ...(typeof pattern === 'string' && !pattern.includes('(?!') && !pattern.includes('(?=') && { pattern }),
    ...(Array.isArray(anyOf) && unionOf(anyOf)),
    ...(defaults && 'default' in schema && { default: schema.default }),
  }
}

const unionOf = (members: readonly Schema[]): Schema =>
  members.every(({ type }) => type !== 'object' && type !== 'array')
    ? { 'x-kubernetes-int-or-string': true }
    : { 'x-kubernetes-preserve-unknown-fields': true }

const mapValues = <A, B>(object: Readonly<Record<string, A>>, map: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value)]))
