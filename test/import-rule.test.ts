// The one import rule: imports point right, along api → workflows → activities → platform → domain. The linter holds it.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const tree = mkdtempSync(join(tmpdir(), 'import-rule-'))
for (const file of ['biome.json', '.biome', '.gitignore']) {
  cpSync(join(root, file), join(tree, file), { recursive: true })
}
afterAll(() => rmSync(tree, { recursive: true }))

/** What the project's linter says of a file that stands at `path` in a tree like ours. */
function lint(path: string, code: string) {
  const file = join(tree, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, code)
  const { status, stdout, stderr } = spawnSync(join(root, 'node_modules/.bin/biome'), ['lint', file], {
    cwd: tree,
    encoding: 'utf8',
  })
  return { refused: status !== 0, says: stdout + stderr }
}

const forbidden: readonly [folder: string, imports: string][] = [
  ['domain', `import { readFileSync } from 'node:fs'`],
  ['domain', `import type { Platform } from '../platform/platform.ts'`],
  ['workflows', `import { readFileSync } from 'node:fs'`],
  ['workflows', `import { Client } from '@temporalio/client'`],
  ['workflows', `import { createActivities } from '../activities/index.ts'`],
  ['workflows', `import type { Platform } from '../platform/platform.ts'`],
  ['activities', `import { release } from '../workflows/release.ts'`],
  ['activities', `import { memoryPlatform } from '../platform/memory.ts'`],
  ['activities', `import { Client } from '@temporalio/client'`],
  ['platform', `import { createActivities } from '../activities/index.ts'`],
  ['platform', `import { heartbeat } from '@temporalio/activity'`],
  ['api', `import { createActivities } from '../activities/index.ts'`],
  ['api', `import { gitSource } from '../platform/source/git.ts'`],
  ['cli', `import { release } from '../workflows/release.ts'`],
  ['cli', `import { gitSource } from '../platform/source/git.ts'`],
  ['local', `import { createActivities } from '../activities/index.ts'`],
  ['worker', `import { server } from '../api/server.ts'`],
  ['manifests', `import { gitSource } from '../platform/source/git.ts'`],
]

const allowed: readonly [path: string, imports: string][] = [
  ['workflows/story.ts', `import type { Activities } from '../activities/index.ts'`],
  ['activities/story.ts', `import type { Platform } from '../platform/platform.ts'`],
  ['api/story.ts', `import type { Source } from '../platform/platform.ts'`],
  ['api/main.ts', `import { gitSource } from '../platform/source/git.ts'`],
  ['worker/main.ts', `import { gitSource } from '../platform/source/git.ts'`],
  ['platform/source/story.ts', `import { PermanentFailure } from '../../domain/failure.ts'`],
]

describe('the import rule', () => {
  test.each(forbidden)('%s/ is refused: %s', (folder, imports) => {
    const { refused, says } = lint(`${folder}/story.ts`, use(imports))
    expect(says).toMatch(/noRestrictedImports|Only types may cross/)
    expect(refused).toBe(true)
  })

  test.each(allowed)('%s is allowed: %s', (path, imports) => {
    const { refused, says } = lint(path, use(imports))
    expect(says).not.toMatch(/noRestrictedImports|Only types may cross/)
    expect(refused).toBe(false)
  })
})

/** Uses what is imported, so that the import itself is all there is to object to. */
function use(imports: string): string {
  const name = /\{ (\w+) \}/.exec(imports)?.[1] ?? ''
  const used = imports.startsWith('import type')
    ? `export type Used = ${name}`
    : `export const used = ${name}`
  return `${imports}\n\n${used}\n`
}
