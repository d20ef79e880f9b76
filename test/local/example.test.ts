// The example's clone against a real git repository: each run continues where the last one ended.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { parse } from 'yaml'
import { openExample } from '../../local/example.ts'

let folder: string
const manifest = `# The example.
metadata: {name: shop}
spec:
  run: {port: 8080, env: {VERSION: "1", FAILURE_RATE: "0"}}
  route: {hosts: [shop.example.com]}
`

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'example-'))
  mkdirSync(join(folder, 'files'))
  writeFileSync(join(folder, 'files', 'slipway.yaml'), manifest)
  writeFileSync(join(folder, 'token'), 'secret')
  execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', join(folder, 'shop.git')])
})
afterEach(() => rmSync(folder, { recursive: true }))

const open = () =>
  openExample({
    files: join(folder, 'files'),
    clone: join(folder, 'clone'),
    remote: folder,
    tokenFile: join(folder, 'token'),
    namespace: 'default',
  })
const pushed = (path: string) =>
  execFileSync('git', ['-C', join(folder, 'shop.git'), 'show', `main:${path}`]).toString()
const silent = () => {}

it('commits a version with its settings and pushes it', async () => {
  const example = await open()
  expect(example).toMatchObject({
    app: { name: 'shop' },
    host: 'shop.example.com',
    versions: 0,
  })
  const sha = await example.commit({ number: 3, failing: 0.2, title: 'Version 3' })
  const said: string[] = []
  await example.push((line) => said.push(line))
  expect(said.join('\n')).toContain('HEAD -> main')
  expect(parse(pushed('slipway.yaml')).spec.run.env).toEqual({ VERSION: '3', FAILURE_RATE: '0.2' })
  expect(pushed('slipway.yaml')).toContain('# The example.')
  expect(
    execFileSync('git', ['-C', join(folder, 'shop.git'), 'rev-parse', 'main'])
      .toString()
      .trim(),
  ).toBe(sha)
})

it('goes on from what the remote holds', async () => {
  const first = await open()
  await first.commit({ number: 1, failing: 0, title: 'One' })
  await first.push(silent)
  const again = await open()
  expect(again).toMatchObject({ versions: 1 })
  await again.commit({ number: 2, failing: 0, title: 'Two' })
  await again.push(silent)
  expect((await open()).versions).toBe(2)
})

it('keeps the token out of the clone, and says why a push is refused', async () => {
  const example = await open()
  await example.commit({ number: 1, failing: 0, title: 'One' })
  const search = spawnSync('grep', ['-rl', 'secret', join(folder, 'clone'), join(folder, 'clone.askpass')])
  expect({ status: search.status, found: search.stdout.toString() }).toEqual({ status: 1, found: '' })
  rmSync(join(folder, 'shop.git'), { recursive: true })
  await expect(example.push(silent)).rejects.toThrow('git push ended with')
})
