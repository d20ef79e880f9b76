// What GitHub publishes of its API: which operation a request means, and what is wrong with a request or an answer.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv, type ValidateFunction } from 'ajv'
import { paths } from '../paths.ts'

export interface Operation {
  /** `checks/create`, as GitHub names it. */
  readonly id: string
  readonly parameters: Readonly<Record<string, string>>
  /** What is wrong with the request: nothing when it is as published. */
  readonly request: (query: URLSearchParams, body: unknown) => readonly string[]
  /** What the request has that GitHub would pass over: mostly a name that was spelled wrong. */
  readonly unknown: (query: URLSearchParams, body: unknown) => readonly string[]
  readonly answer: (status: number, body: unknown) => readonly string[]
}

export type Description = (method: string, path: string) => Operation | undefined

interface Published {
  readonly paths: Readonly<Record<string, Readonly<Record<string, PublishedOperation>>>>
  readonly components: {
    readonly parameters: Readonly<Record<string, Parameter>>
    readonly responses: Readonly<Record<string, Content>>
  }
}
interface PublishedOperation {
  readonly operationId: string
  readonly parameters: readonly (Parameter | { readonly $ref: string })[]
  readonly requestBody?: Content
  readonly responses: Readonly<Record<string, Content | { readonly $ref: string }>>
}
interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required: boolean
  readonly schema: { readonly type?: string }
}
interface Content {
  readonly required?: boolean
  readonly content?: { readonly 'application/json'?: { readonly schema: object } }
}

const file = join(paths.root, 'local/github/generated/openapi.json')

let known: Description | undefined

/** The same for every server of a process: what a schema was compiled to is used again. */
export function publishedDescription(): Description {
  known ??= readDescription()
  return known
}

function readDescription(): Description {
  const published: Published = JSON.parse(readFileSync(file, 'utf8'))
  const check = checker(published)
  // A ref may have slashes in it: what stands behind it must be asked for first.
  const longestFirst = Object.entries(published.paths).toSorted(([one], [other]) => other.length - one.length)
  const routes = longestFirst.flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method: method.toUpperCase(),
      pattern: patternOf(path),
      operation,
    })),
  )
  return (method, path) => {
    for (const route of routes) {
      const found = route.method === method && route.pattern.exec(path)
      if (found) return bind(published, route.operation, decoded(found.groups ?? {}), check)
    }
    return undefined
  }
}

const long = new Set(['branch', 'ref', 'basehead', 'sha'])

function patternOf(path: string): RegExp {
  const pattern = path.replace(/\{(\w+)\}/g, (_, name) => `(?<${name}>${long.has(name) ? '.+' : '[^/]+'})`)
  return new RegExp(`^${pattern}$`)
}

const decoded = (groups: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(groups).map(([name, value]) => [name, decodeURIComponent(value)]))

type Check = (what: string, schema: object | undefined, value: unknown) => readonly string[]

/** A schema is compiled when it is first needed: most tests touch few of them. */
function checker(published: Published): Check {
  const ajv = new Ajv({ strict: false, allErrors: true, formats })
  ajv.addSchema({ ...published, $id: 'github' })
  const compiled = new Map<object, ValidateFunction>()
  return (what, schema, value) => {
    if (!schema) return []
    const validate = compiled.get(schema) ?? ajv.compile(rooted(schema))
    compiled.set(schema, validate)
    if (validate(value)) return []
    return (validate.errors ?? []).map(({ instancePath, message }) => `${what}${instancePath} ${message}`)
  }
}

/** The description's own references start at its root; these schemas are taken out of it. */
const rooted = (schema: object): object =>
  JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', '"github#/components/'))

const formats = {
  'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/,
  // GitHub itself answers with empty ones.
  uri: (text: string) => text === '' || URL.canParse(text),
  email: /^[^@\s]+@[^@\s]+$/,
  int64: true,
} as const

function bind(
  published: Published,
  { operationId, parameters, requestBody, responses }: PublishedOperation,
  given: Readonly<Record<string, string>>,
  check: Check,
): Operation {
  const known = parameters.map((one) => resolved(published.components.parameters, one))
  return {
    id: operationId,
    parameters: given,
    request: (query, body) => [
      ...known.flatMap((one) => checkParameter(one, given, query, check)),
      ...checkBody(requestBody, body, check),
    ],
    unknown: (query, body) => [
      ...[...query.keys()].filter((name) => !known.some((one) => one.in === 'query' && one.name === name)),
      ...unknownIn(requestBody?.content?.['application/json']?.schema, body, 'body'),
    ],
    answer: (status, body) => {
      const response = responses[String(status)]
      if (!response) return [`${operationId} never answers ${status}`]
      const { content } = resolved(published.components.responses, response)
      return check(operationId, content?.['application/json']?.schema, body)
    },
  }
}

function checkParameter(
  parameter: Parameter,
  given: Readonly<Record<string, string>>,
  query: URLSearchParams,
  check: Check,
): readonly string[] {
  const { name, schema, required } = parameter
  const text = parameter.in === 'path' ? given[name] : (query.get(name) ?? undefined)
  if (text === undefined) return required && parameter.in !== 'header' ? [`${name} is missing`] : []
  const number = schema.type === 'integer' && /^-?\d+$/.test(text)
  return check(name, schema, number ? Number(text) : text)
}

function checkBody(requestBody: Content | undefined, body: unknown, check: Check): readonly string[] {
  if (!requestBody) return []
  if (body === undefined) return requestBody.required ? ['the body is missing'] : []
  return check('body', requestBody.content?.['application/json']?.schema, body)
}

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
}

function unknownIn(schema: Schema | undefined, value: unknown, at: string): readonly string[] {
  if (Array.isArray(value))
    return value.flatMap((one, index) => unknownIn(schema?.items, one, `${at}/${index}`))
  if (!schema?.properties || typeof value !== 'object' || value === null) return []
  const { properties } = schema
  return Object.entries(value).flatMap(([name, one]) =>
    name in properties ? unknownIn(properties[name], one, `${at}/${name}`) : [`${at}/${name}`],
  )
}

function resolved<T extends object>(all: Readonly<Record<string, T>>, one: T | { readonly $ref: string }): T {
  if (!('$ref' in one)) return one
  const found = all[one.$ref.split('/').at(-1) ?? '']
  if (!found) throw new Error(`${file} names ${one.$ref} and does not have it; run npm run refresh:github`)
  return found
}
