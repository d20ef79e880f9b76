// The browser itself: a page that misbehaves is noticed, and nothing leaves this machine.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { httpServer } from '../platform/http-server.ts'
import { type Browser, launch } from './chromium.ts'

const pages: Readonly<Record<string, string>> = {
  '/quiet': '<title>quiet</title><p>Nothing to say.</p>',
  '/throws': '<script>throw new Error("no such thing")</script>',
  '/logs': '<script>console.error("it went wrong")</script>',
  '/asks': '<script>alert("are you sure?")</script>',
  '/fetches': '<img src="http://elsewhere.example.com/x.png">',
}

let browser: Browser
let server: Awaited<ReturnType<typeof httpServer>>
beforeAll(async () => {
  server = await httpServer(({ url }, response) => {
    response
      .writeHead(200, { 'content-type': 'text/html' })
      .end(pages[url] ?? '<link rel="icon" href="data:,">')
  })
  browser = await launch()
})
afterAll(async () => {
  await browser?.close()
  await server?.close()
})

const visit = (path: string) =>
  browser.withPage(async (page) => {
    await page.goto(`${server.url}${path}`)
    return page.title()
  })

describe('a window', () => {
  test('shows a page', async () => expect(await visit('/quiet')).toBe('quiet'))
  test.each([
    ['/throws', 'script: no such thing'],
    ['/logs', 'console: it went wrong'],
    ['/asks', 'dialog: are you sure?'],
    ['/fetches', 'request: http://elsewhere.example.com/x.png'],
  ])('fails for %s', async (path, complaint) => {
    await expect(visit(path)).rejects.toThrow(complaint)
  })
  test('lets a test expect a complaint', async () => {
    const heard = await browser.withPage(async (page, complaints) => {
      await page.goto(`${server.url}/logs`)
      return complaints.splice(0)
    })
    expect(heard).toEqual(['console: it went wrong'])
  })
  test('knows nothing of another', async () => {
    const store = 'localStorage.setItem("name", "ana")'
    await browser.withPage(async (page) => {
      await page.goto(`${server.url}/quiet`)
      await page.evaluate(store)
    })
    const found = await browser.withPage(async (page) => {
      await page.goto(`${server.url}/quiet`)
      return page.evaluate('localStorage.getItem("name")')
    })
    expect(found).toBeNull()
  })
})
