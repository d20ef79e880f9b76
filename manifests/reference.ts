// Writes docs/slipway-yaml.md: every key with its type, its default and what it may be, from the schema itself.
import type { z } from 'zod'
import { AppFile, notYet } from '../domain/app.ts'
import { defaultRequests, looksToHarm } from '../domain/judge/defaults.ts'
import { element, expectedOf, fields, notationOf } from '../domain/schema-tree.ts'

/** The page. `example` is a complete file, which the page shows and a test parses. */
export function reference(example: string): string {
  return `# slipway.yaml

One file beside the code says what to build, run and route, and how to release it. It is read at the commit that is released.
Unknown keys, odd types and impossible values are errors with line and column, and change nothing in the cluster.

<!-- Generated from domain/app.ts by \`npm run generate\`; do not edit. -->

## The smallest file

\`\`\`yaml
apiVersion: slipway.dev/v1beta1
kind: App
metadata:
  name: shop
\`\`\`

## Everything

\`\`\`yaml
${example.trim()}
\`\`\`

## Every key

| key | what it is | default | must be |
|---|---|---|---|
${rows(AppFile).join('\n')}

A \`run.env\` or \`build.args\` value is always a text: write \`"8080"\`, \`"true"\`. In a list of steps a bare number is a weight.

## How a step is judged

The counts are the gateway's own, from the moment it serves the step's weight. Errors that the gateway answered by itself, because no
pod was ready, count as the canary's.

- **Safe**: the step's time is over, at least \`objectives.requests\` requests were seen (${defaultRequests} when not said), and every objective is met.
- **Harmful**: an objective is missed in ${looksToHarm} looks in a row. A look is a reading of the counters that brings new requests; it is bad when
  what is new misses an objective and the last minute misses it by more than one request. Once the step's time is over, the step as a
  whole is what counts. A single odd error is never harm.
- **Anything else** goes on being watched. Too few requests when the time is over is no verdict: \`onNoTraffic\` says what follows.

## Said on the cluster's App, not here

\`source\` (repository and branch) decides which commits are released, so a push cannot change it. \`onDelete\` is \`keep\`:
deleting the App leaves what serves where it is. \`policy\` is not supported yet.

## Not supported yet

These have their place in the format and are refused with a reason until they work.

| key or value | reason |
|---|---|
${Object.entries(notYet)
  .map(([key, reason]) => `| \`${key.replace('=', ': ')}\` | ${reason} |`)
  .join('\n')}

## Editors

\`manifests/slipway.schema.json\` is the same as JSON Schema. For the YAML language server, begin the file with
\`# yaml-language-server: $schema=<path or address of slipway.schema.json>\`.
`
}

type Schema = z.core.$ZodType

/** One row a leaf, in the order of the schema. */
function rows(schema: Schema, path = ''): string[] {
  return Object.entries(fields(schema)).flatMap(([key, field]) => {
    const here = path ? `${path}.${key}` : key
    const item = element(field)
    const inner = item && Object.keys(fields(item)).length > 0 ? rows(item, `${here}[]`) : rows(field, here)
    const isLeaf = notationOf(field) !== undefined || inner.length === 0
    return isLeaf ? [row(here, field), ...inner] : inner
  })
}

function row(path: string, field: Schema): string {
  const about = (field as z.ZodType).description ?? ''
  return `| \`${path}\` | ${about} | ${defaultOf(field)} | ${expectedOf(field)} |`.replace(/\n/g, ' ')
}

function defaultOf(field: Schema): string {
  const { type, defaultValue } = field._zod.def as { type: string; defaultValue?: unknown }
  if (type === 'default' || type === 'prefault') return `\`${JSON.stringify(defaultValue)}\``
  return type === 'optional' ? '' : 'required'
}
