// What is generated is up to date, and what the reference shows is true.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { AppFile } from '../../domain/app.ts'
import { parseManifest } from '../../domain/manifest.ts'
import { allFields } from '../../domain/schema-tree.ts'
import { crds } from '../../manifests/crds.ts'
import { examplePath, generated } from '../../manifests/generate.ts'
import type { Schema } from '../../manifests/schema.ts'

const root = join(import.meta.dirname, '../..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const shop = { namespace: 'default', name: 'shop' }

describe('generated files', () => {
  it.each(generated(read(examplePath)).map(({ path, text }) => [path, text]))(
    '%s is up to date',
    (path, text) => {
      expect(read(path), 'run `npm run generate`').toBe(text)
    },
  )
})

const page = read('docs/slipway-yaml.md')
const blocks = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text]) => text ?? '')

describe('the reference', () => {
  it('shows files that are right', () => {
    expect(blocks).toHaveLength(4)
    for (const block of blocks) expect(() => parseManifest(block, shop)).not.toThrow()
  })

  it('shows the judge’s parameters with their defaults', () => {
    const [smallest, everything] = blocks.map((block) => parseManifest(block, shop).release)
    expect(everything?.analysis).toEqual(smallest?.analysis)
  })

  it('has a row for every key that holds a value', () => {
    for (const [path] of allFields(AppFile)) expect(page).toContain(`\`${path.join('.')}`)
  })

  it('shows every key in use', () => {
    const files = blocks.map((block) => parse(block))
    const said = (path: string[]) =>
      path.reduce((here, key) => here.flatMap((value) => valuesBelow(value, key)), files).length > 0
    const unsaid = [...allFields(AppFile)].filter(([path]) => !said(path)).map(([path]) => path.join('.'))
    expect(unsaid).toEqual(['metadata.namespace'])
  })
})

describe('the choices in docs/releases.md', () => {
  const [, section = ''] = read('docs/releases.md').split('\n## Choose how\n')
  const choices = [...section.matchAll(/^\| [^|]+ \| (`.+`) \|$/gm)].map(([, cell = '']) => cell)

  it('are some', () => expect(choices.length).toBeGreaterThan(5))

  it.each(choices)('%s is right', (cell) => {
    const keys = [...cell.matchAll(/`([^`]+)`/g)].map(([, key]) => `    ${key}\n`)
    const file = `${blocks[0]}spec:\n  release:\n${keys.join('')}`
    expect(() => parseManifest(file, shop)).not.toThrow()
  })
})

// biome-ignore lint/suspicious/noExplicitAny: any YAML
const valuesBelow = (here: any, key: string): any[] =>
  [here?.[key.replace('[]', '')]].flat(key.endsWith('[]') ? 1 : 0).filter((value) => value !== undefined)

describe('CRDs are structural', () => {
  it.each(crds().map((crd) => [(crd.metadata as { name: string }).name, crd]))('%s', (_, crd) => {
    const [version] = (crd.spec as { versions: { schema: { openAPIV3Schema: Schema } }[] }).versions
    const problems = [...unstructural(version?.schema.openAPIV3Schema as Schema, '')]
    expect(problems).toEqual([])
  })
})

/** What the API server would refuse or silently misread. */
function* unstructural(schema: Schema, path: string): Generator<string> {
  const free = schema['x-kubernetes-preserve-unknown-fields'] ?? schema['x-kubernetes-int-or-string']
  if (!schema.type && !free) yield `${path} has no type`
  for (const keyword of ['$ref', 'oneOf', 'anyOf', 'propertyNames', 'nullable'])
    if (keyword in schema) yield `${path} has ${keyword}`
  if (schema.properties && schema.additionalProperties !== undefined) yield `${path} has additionalProperties`
  if (/\(\?[!=<]/.test(String(schema.pattern))) yield `${path} looks ahead: RE2 cannot`
  for (const [key, child] of Object.entries(schema.properties ?? {}))
    yield* unstructural(child, `${path}.${key}`)
  if (schema.items) yield* unstructural(schema.items, `${path}[]`)
  if (typeof schema.additionalProperties === 'object')
    yield* unstructural(schema.additionalProperties, `${path}.*`)
}
