// The page's files: who gets them, what a browser may do with them, and that no path leads anywhere else.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { liveAnswers } from '../../api/live.ts'
import { prometheusMetrics } from '../../api/metrics.ts'
import { builtPage } from '../../api/page.ts'
import { releasePages } from '../../api/release-pages.ts'
import { routes } from '../../api/routes.ts'
import { server } from '../../api/server.ts'
import { folder, silent } from './support.ts'

let root: Awaited<ReturnType<typeof folder>>
beforeAll(async () => {
  root = await folder()
  await mkdir(join(root.path, 'page', 'assets'), { recursive: true })
  await writeFile(join(root.path, 'secret.js'), 'swordfish')
  await writeFile(join(root.path, 'page', 'index.html'), '<!doctype html><title>Slipway</title>')
  await writeFile(join(root.path, 'page', 'assets', 'index-a1b2.js'), 'run()')
  await writeFile(join(root.path, 'page', 'assets', 'index-c3d4.css'), 'body {}')
})
afterAll(() => root.remove())

function api() {
  const answer = async () => new Response('ok')
  const metrics = prometheusMetrics()
  const pages = releasePages({
    releases: { objects: () => [], object: () => undefined },
    admit: async () => undefined,
    namespace: 'default',
    ready: () => true,
    live: liveAnswers(),
  })
  const parts = { alive: answer, ready: answer, webhook: answer, events: answer, git: undefined }
  const table = routes({ ...parts, metrics, pages, page: builtPage(join(root.path, 'page')) })
  return { app: server({ routes: table, metrics, log: silent }), metrics }
}
const ask = (path: string, init?: RequestInit) => api().app.request(path, init)

describe('the shell', () => {
  test.each([
    '/',
    '/?namespace=other',
    '/releases/default/shop-7',
    '/releases/%3Cimg%3E/..%2f..%2f%3Cscript%3E',
  ])('is the same for anyone at %s', async (path) => {
    const reply = await ask(path)
    expect(reply.status).toBe(200)
    expect(await reply.text()).toBe('<!doctype html><title>Slipway</title>')
    expect(Object.fromEntries(reply.headers)).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'content-security-policy':
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    })
  })

  test('is only read', async () => {
    const reply = await ask('/', { method: 'POST' })
    expect([reply.status, reply.headers.get('allow')]).toEqual([405, 'GET'])
  })
})

describe('an asset', () => {
  test.each([
    ['index-a1b2.js', 'text/javascript; charset=utf-8', 'run()'],
    ['index-c3d4.css', 'text/css; charset=utf-8', 'body {}'],
  ])('%s is kept for as long as a browser likes', async (file, type, content) => {
    const reply = await ask(`/assets/${file}`)
    expect(await reply.text()).toBe(content)
    expect(Object.fromEntries(reply.headers)).toMatchObject({
      'content-type': type,
      'cache-control': 'public, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
    })
  })

  test.each([
    '/assets/index-old.js',
    '/assets/',
    '/assets/..%2f..%2fsecret.js',
    '/assets/%2e%2e%2f%2e%2e%2fsecret.js',
    '/assets/..%5c..%5csecret.js',
    '/assets/../../secret.js',
    '/assets//etc/passwd',
    '/assets/%00',
    '/assets/__proto__',
    '/assets/constructor',
    '/assets/index.html',
  ])('%s is not there', async (path) => {
    const reply = await ask(path)
    expect(reply.status).toBe(404)
    expect(reply.headers.get('cache-control')).toBe('no-store')
    expect(await reply.text()).not.toContain('swordfish')
  })

  test('is one series for the metrics, whatever is asked for', async () => {
    const { app, metrics } = api()
    await app.request('/assets/zanzibar.js')
    await app.request('/releases/default/timbuktu')
    expect(await metrics.text()).not.toMatch(/zanzibar|timbuktu/)
  })
})

describe('a page that was not built', () => {
  test('ends the start, and says what to do', () => {
    expect(() => builtPage(join(root.path, 'nowhere'))).toThrow('run `npm run build`')
  })

  test('has no file of a kind that a browser would have to guess', async () => {
    await mkdir(join(root.path, 'odd', 'assets'), { recursive: true })
    await writeFile(join(root.path, 'odd', 'index.html'), '')
    await writeFile(join(root.path, 'odd', 'assets', 'x.exe'), '')
    expect(() => builtPage(join(root.path, 'odd'))).toThrow('x.exe')
  })
})
