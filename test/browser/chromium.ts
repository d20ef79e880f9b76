// A real browser for tests of pages: every window is a stranger's, and what a page complains of fails its test.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { chromiumPath } from '../../local/tools/chromium.ts'

export interface Browser {
  /** Opens a window of its own: no cookie, no storage. Fails when anything was complained of that `work` did not take out of the list. */
  readonly withPage: <Result>(work: Look<Result>, window?: BrowserContextOptions) => Promise<Result>
  readonly close: () => Promise<void>
}

/** What was complained of so far: errors and warnings, dialogs, and requests that would have left this machine. */
export type Look<Result> = (page: Page, complaints: string[]) => Promise<Result>

/** Started once for each file of tests. Nothing that it opens can reach anything but 127.0.0.1. */
export async function launch(): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: programPath(),
    // Tests run as root, where Chromium has no sandbox; they show it nothing but pages of this project.
    args: ['--no-sandbox', '--disable-gpu', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'],
    timeout: patience.start,
  })
  return {
    withPage: async (work, window = {}) => {
      const context = await browser.newContext({ viewport: widths.wide, ...window })
      context.setDefaultTimeout(patience.step)
      const complaints = listen(context)
      const page = await context.newPage()
      const seen = work(page, complaints).catch((error) =>
        keep(page, 'failed').then(() => Promise.reject(error)),
      )
      const result = await seen.finally(() => context.close())
      if (complaints.length > 0) throw new Error(`the page complained:\n${complaints.join('\n')}`)
      return result
    },
    close: () => browser.close(),
  }
}

/** Takes pictures for people to look at, wide and narrow: only when SLIPWAY_SCREENSHOTS names a folder for them. */
export async function photograph(page: Page, name: string): Promise<void> {
  for (const [word, size] of Object.entries(widths)) {
    if (process.env.SLIPWAY_SCREENSHOTS) await page.setViewportSize(size)
    await keep(page, `${name}-${word}`)
  }
  await page.setViewportSize(widths.wide)
}

const widths = { wide: { width: 1280, height: 900 }, narrow: { width: 390, height: 844 } } as const
const patience = { start: 60_000, step: 15_000 } as const

/** `npm test` names the program; alone, the tests find the one that the local setup keeps. */
function programPath(): string {
  const path = process.env.SLIPWAY_CHROMIUM ?? chromiumPath()
  if (existsSync(path)) return path
  throw new Error(`no program at ${path}: run "npm test" once, or set SLIPWAY_CHROMIUM to a Chromium`)
}

function listen(context: BrowserContext): string[] {
  const complaints: string[] = []
  context.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(`console: ${message.text()}`)
  })
  context.on('weberror', (error) => void complaints.push(`script: ${error.error().message}`))
  context.on('dialog', async (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`)
    await dialog.dismiss()
  })
  context.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url())
    if (protocol !== 'data:' && hostname !== '127.0.0.1') complaints.push(`request: ${request.url()}`)
  })
  return complaints
}

async function keep(page: Page, name: string): Promise<void> {
  const folder = process.env.SLIPWAY_SCREENSHOTS
  if (folder) await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true })
}
