// The one import rule: imports point right, along api → workflows → activities → platform → domain. The linter holds it.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const tree = mkdtempSync(join(tmpdir(), 'import-rule-'))
afterAll(() => rmSync(tree, { recursive: true }))

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
  ['dashboard', `import { builtPage } from '../api/page.ts'`],
  ['dashboard', `import type { Platform } from '../platform/platform.ts'`],
  ['dashboard', `import { readFileSync } from 'node:fs'`],
  ['api', `import { picture } from '../dashboard/picture.ts'`],
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
  ['test/cli/story.test.ts', `import { httpServer } from '../platform/http-server.ts'`],
  ['dashboard/story.ts', `import { decisions } from '../domain/decisions.ts'`],
  ['platform/source/story.ts', `import { PermanentFailure } from '../../domain/failure.ts'`],
]

/** Lines of the linter's report that object to an import, by the file they are about. */
let objections: readonly string[] = []

/** One run of the project's own linter over a tree like ours, with each import in a file of its own. */
beforeAll(() => {
  for (const file of ['biome.json', '.biome', '.gitignore']) {
    cpSync(join(root, file), join(tree, file), { recursive: true })
  }
  for (const [index, [folder, imports]] of forbidden.entries()) put(forbiddenFile(folder, index), imports)
  for (const [path, imports] of allowed) put(path, imports)
  const linter = join(root, 'node_modules/.bin/biome')
  const words = ['lint', '--reporter=github', '--max-diagnostics=none', '.']
  const { stdout } = spawnSync(linter, words, { cwd: tree, encoding: 'utf8' })
  objections = stdout.split('\n').filter((line) => /noRestrictedImports|Only types may cross/.test(line))
})

const objected = (path: string) => objections.some((line) => line.includes(`file=${join(tree, path)},`))
const forbiddenFile = (folder: string, index: number) => `${folder}/forbidden-${index}.ts`

describe('the import rule', () => {
  test.each(forbidden.map(([folder, imports], index) => ({ folder, imports, index })))(
    '$folder/ is refused: $imports',
    ({ folder, index }) => expect(objected(forbiddenFile(folder, index))).toBe(true),
  )

  test.each(allowed)('%s is allowed: %s', (path) => expect(objected(path)).toBe(false))
})

/** Uses what is imported, so that the import itself is all there is to object to. */
function put(path: string, imports: string): void {
  const name = /\{ (\w+) \}/.exec(imports)?.[1] ?? ''
  const used = imports.startsWith('import type')
    ? `export type Used = ${name}`
    : `export const used = ${name}`
  const file = join(tree, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${imports}\n\n${used}\n`)
}
