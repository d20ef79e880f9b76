// Writes what is generated from the schemas: the CRDs, the editors' schema, the reference. `npm run generate` runs it.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { argv } from 'node:process'
import { pathToFileURL } from 'node:url'
import { stringify } from 'yaml'
import { crds } from './crds.ts'
import { reference } from './reference.ts'
import { editorSchema } from './schema.ts'

export interface Generated {
  /** From the repository's root. */
  readonly path: string
  readonly text: string
}

/** Everything generated, as it must be. `example` is the text of the file at `examplePath`. */
export function generated(example: string): readonly Generated[] {
  return [
    ...crds().map((crd) => ({
      path: `manifests/crds/${(crd.spec as { names: { plural: string } }).names.plural}.yaml`,
      text: `# Generated from domain/ by \`npm run generate\`; do not edit.\n${stringify(crd, { lineWidth: 0, aliasDuplicateObjects: false })}`,
    })),
    { path: 'manifests/slipway.schema.json', text: `${JSON.stringify(editorSchema(), null, 2)}\n` },
    { path: 'docs/slipway-yaml.md', text: reference(example) },
  ]
}

/** The commented example that the reference shows. */
export const examplePath = 'manifests/slipway.example.yaml'

function write(root: string): void {
  const example = readFileSync(join(root, examplePath), 'utf8')
  for (const { path, text } of generated(example)) writeFileSync(join(root, path), text)
}

if (import.meta.url === pathToFileURL(argv[1] ?? '').href) write(process.cwd())
