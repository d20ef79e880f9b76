// Takes from GitHub's published OpenAPI description what the local GitHub serves: names, types and limits, no prose.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { paths } from '../paths.ts'
import { run } from '../process.ts'

const source = '@octokit/openapi@23.0.2'
const file = 'generated/api.github.com.json'

const operations: ReadonlySet<string> = new Set([
  'apps/create-from-manifest',
  'apps/create-installation-access-token',
  'apps/get-authenticated',
  'apps/get-installation',
  'apps/get-repo-installation',
  'apps/get-webhook-config-for-app',
  'apps/get-webhook-delivery',
  'apps/list-installations',
  'apps/list-repos-accessible-to-installation',
  'apps/list-webhook-deliveries',
  'apps/redeliver-webhook-delivery',
  'checks/create',
  'checks/get',
  'checks/list-annotations',
  'checks/list-for-ref',
  'checks/update',
  'repos/compare-commits-with-basehead',
  'repos/create-commit-status',
  'repos/create-deployment',
  'repos/create-deployment-status',
  'repos/get',
  'repos/get-branch',
  'repos/get-collaborator-permission-level',
  'repos/get-commit',
  'repos/list-commit-statuses-for-ref',
  'repos/list-deployment-statuses',
  'repos/list-deployments',
])

const names = '$ref type enum format pattern required'
const limits = 'minLength maxLength minimum maximum minItems maxItems uniqueItems minProperties maxProperties'
const words: ReadonlySet<string> = new Set(`${names} ${limits}`.split(' '))

type Json = { readonly [key: string]: unknown }

/** The package is 385 MB when unpacked: one file of it is taken, and nothing stays. */
async function download(): Promise<Json> {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-openapi-'))
  try {
    const { stdout } = await run(['npm', 'pack', '--silent', source], { cwd: folder, timeout: 300_000 })
    await run(['tar', 'xzf', stdout.trim(), `package/${file}`], { cwd: folder, timeout: 300_000 })
    return JSON.parse(await readFile(join(folder, 'package', file), 'utf8'))
  } finally {
    await rm(folder, { recursive: true })
  }
}

function subset(description: Json): Json {
  const { info, components } = description as { info: Json; components: Json }
  const paths = chosen(description.paths as Readonly<Record<string, Json>>)
  return {
    openapi: '3.1.0',
    info: { title: `a subset of ${source}, ${file}`, version: info.version, license: info.license },
    paths,
    components: reachable(paths, components as Readonly<Record<string, Json>>),
  }
}

function chosen(all: Readonly<Record<string, Json>>): Json {
  const found = Object.entries(all).flatMap(([path, methods]) => {
    const ours = Object.entries(methods).filter(([, operation]) =>
      operations.has((operation as { operationId: string }).operationId),
    )
    return ours.length === 0
      ? []
      : [[path, Object.fromEntries(ours.map(([method, one]) => [method, operation(one as Json)]))]]
  })
  const count = found.flatMap(([, methods]) => Object.keys(methods as Json)).length
  if (count !== operations.size) throw new Error(`${operations.size - count} operations are not in ${source}`)
  return Object.fromEntries(found)
}

/** Its own copy of an installation has an account be a person and an enterprise at once: no answer could be that. */
const corrected: Readonly<Record<string, Json>> = {
  'apps/list-installations': { type: 'array', items: { $ref: '#/components/schemas/installation' } },
}

/** Answers of the 2xx kind alone are kept: every refusal has the same shape. */
function operation({ operationId, parameters = [], requestBody, responses }: Json): Json {
  const good = Object.entries(responses as Json).filter(([status]) => status.startsWith('2'))
  return {
    operationId,
    parameters: (parameters as Json[]).map(parameter),
    ...(requestBody ? { requestBody: content(requestBody as Json) } : {}),
    responses: Object.fromEntries(
      good.map(([status, one]) => [status, response(String(operationId), one as Json)]),
    ),
  }
}

function response(operationId: string, one: Json): Json {
  const schema = corrected[operationId]
  return schema ? { content: { 'application/json': { schema } } } : content(one)
}

function parameter(one: Json): Json {
  if (one.$ref) return { $ref: one.$ref }
  return { name: one.name, in: one.in, required: one.required ?? false, schema: schema(one.schema as Json) }
}

function content(one: Json): Json {
  if (one.$ref) return { $ref: one.$ref }
  const json = (one.content as { 'application/json'?: Json } | undefined)?.['application/json']
  return {
    ...(one.required ? { required: true } : {}),
    ...(json ? { content: { 'application/json': { schema: schema(json.schema as Json) } } } : {}),
  }
}

function schema(one: Json): Json {
  const { nullable, ...rest } = Object.fromEntries(Object.entries(one).flatMap(member)) as Json
  return nullable ? orNull(rest) : rest
}

function member([name, value]: [string, unknown]): [string, unknown][] {
  if (words.has(name) || name === 'nullable') return [[name, value]]
  if (name === 'properties') {
    return [
      [
        name,
        Object.fromEntries(Object.entries(value as Json).map(([key, one]) => [key, schema(one as Json)])),
      ],
    ]
  }
  if (['allOf', 'anyOf', 'oneOf'].includes(name)) return [[name, (value as Json[]).map(schema)]]
  if (name === 'items' || name === 'not') return [[name, schema(value as Json)]]
  if (name !== 'additionalProperties') return []
  return [[name, typeof value === 'boolean' ? value : schema(value as Json)]]
}

/** OpenAPI 3.0 says `nullable` where JSON Schema has a type of its own for it. */
function orNull(one: Json): Json {
  if (typeof one.type !== 'string') return { anyOf: [one, { type: 'null' }] }
  const values = one.enum ? { enum: [...(one.enum as unknown[]), null] } : {}
  return { ...one, type: [one.type, 'null'], ...values }
}

/** What the paths name, and what that names in turn. */
function reachable(paths: Json, components: Readonly<Record<string, Json>>): Json {
  const found = new Map<string, Json>()
  const follow = (from: Json): void => {
    for (const [, kind = '', name = ''] of JSON.stringify(from).matchAll(
      /"#\/components\/([a-z]+)\/([^"]+)"/g,
    )) {
      if (found.has(`${kind}/${name}`)) continue
      const one = stripped[kind]?.(components[kind]?.[name] as Json)
      if (!one) throw new Error(`nobody has said what to keep of components/${kind}`)
      found.set(`${kind}/${name}`, one)
      follow(one)
    }
  }
  follow(paths)
  const kinds = [...new Set([...found.keys()].map((key) => key.split('/')[0] as string))].sort()
  return Object.fromEntries(
    kinds.map((kind) => {
      const ofKind = [...found].filter(([key]) => key.startsWith(`${kind}/`))
      return [kind, Object.fromEntries(ofKind.map(([key, one]) => [key.slice(kind.length + 1), one]).sort())]
    }),
  )
}

/** Compact, and yet a change shows as the line of the path or component that changed. */
function oneLineEach({ paths, components, ...head }: Json): string {
  const lines = (members: Json, indent: string) =>
    Object.entries(members)
      .map(([name, value]) => `${indent}${JSON.stringify(name)}: ${JSON.stringify(value)}`)
      .join(',\n')
  const kinds = Object.entries(components as Json).map(
    ([kind, ones]) => `    ${JSON.stringify(kind)}: {\n${lines(ones as Json, '      ')}\n    }`,
  )
  return [
    '{',
    `${lines(head, '  ')},`,
    `  "paths": {\n${lines(paths as Json, '    ')}\n  },`,
    `  "components": {\n${kinds.join(',\n')}\n  }`,
    '}\n',
  ].join('\n')
}

const stripped: Readonly<Record<string, (one: Json) => Json>> = {
  schemas: schema,
  parameters: parameter,
  responses: content,
}

const published = await download()
const text = oneLineEach(subset(published))
await writeFile(join(paths.root, 'local/github/generated/openapi.json'), text)
console.log(`${operations.size} operations, ${text.length} characters`)
