// What the README shows must work, and what it points to must exist.
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { parseManifest } from '../domain/manifest.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const readme = readFileSync(`${root}README.md`, 'utf8')
const pages = [
  'README.md',
  'docs/releases.md',
  'docs/traffic.md',
  'docs/local.md',
  'docs/install.md',
  'docs/cli.md',
  'docs/plan.md',
  'docs/github.md',
  'docs/events.md',
  'docs/decisions/README.md',
]

test('the five lines are an App', () => {
  const shown = /```yaml\n(.*?)```/s.exec(readme)?.[1] ?? ''
  expect(shown.trim().split('\n')).toHaveLength(5)
  expect(parseManifest(shown, { namespace: 'default', name: 'shop' }).run.port).toBe(8080)
})

test.each(pages)('%s points to nothing that is not there', (page) => {
  const text = readFileSync(`${root}${page}`, 'utf8')
  const folder = new URL(page, `file://${root}`)
  const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link]) => link ?? '')
  expect(links.filter((link) => !existsSync(fileURLToPath(new URL(link, folder))))).toEqual([])
})

test('its commands are scripts of the package', () => {
  const { scripts } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { scripts: object }
  const named = [...readme.matchAll(/npm (?:run )?(\w+)/g)].map(([, name]) => name ?? '')
  expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([])
})
