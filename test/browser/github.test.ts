// The local GitHub as people use it, in a browser: an App by two clicks, checks to read, buttons to press, and nothing that runs.
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { exitCodes } from '../../cli/exit.ts'
import type { ReleaseStatus } from '../../domain/release.ts'
import { gitHubForge } from '../../platform/forge/github.ts'
import { gitHub } from '../../platform/github/client.ts'
import type { Forge, Told } from '../../platform/platform.ts'
import { kubeServer } from '../api/kube-server.ts'
import { addressIn, doorTo } from '../cli/github-door.ts'
import { slipway } from '../cli/screen.ts'
import { type Stage, stage } from '../local/github/stage.ts'
import { aRelease, moved, rollingOut, waiting } from '../platform/forge/status.ts'
import { type Browser, launch, photograph } from './chromium.ts'

let browser: Browser
let on: Stage
let forge: Forge
beforeAll(async () => {
  browser = await launch()
  on = await stage()
  const { app, apiUrl: url } = on.github
  forge = gitHubForge(gitHub({ url, appId: app.id, key: () => app.privateKey }), {
    address: async () => 'https://shop.example.com',
  })
})
afterAll(async () => {
  await on?.close()
  await browser?.close()
})

interface Shown {
  readonly address: string
  /** Says how the release stands now. */
  readonly tell: (status: ReleaseStatus) => Promise<void>
}

/** Pushes a commit, and says of it what Slipway says of its release. */
async function shown(status: ReleaseStatus): Promise<Shown> {
  const sha = await push('number', String(status.release.seq))
  let told: Told | undefined
  const tell: Shown['tell'] = async (now) => {
    told = await forge.tell(on.shop.cloneUrl, { ...now, release: { ...now.release, sha } }, told)
  }
  await tell(status)
  return { address: checksOf(sha), tell }
}

async function push(path: string, content: string): Promise<string> {
  const sha = await on.commit(path, content)
  await on.git('push', '--quiet', 'origin', 'main')
  return sha
}

const checksOf = (sha: string): string => `${on.github.url}/acme/shop/commit/${sha}/checks`

/** What the App that Slipway is was told while something was done. */
async function heardOf(deed: () => Promise<unknown>): Promise<readonly unknown[]> {
  await on.github.settled()
  const before = on.came.length
  await deed()
  await on.github.settled()
  return on.came
    .slice(before)
    .filter(({ headers }) => headers['x-github-hook-installation-target-id'] === String(on.github.app.id))
    .map(({ body }) => JSON.parse(body))
}

describe('an App', () => {
  test('is made by one click and installed by another', async () => {
    const kube = await kubeServer()
    const door = doorTo(kube)
    const visits: Promise<void>[] = []
    const heard = (text: string) => {
      const address = addressIn(text)
      if (address) visits.push(browser.withPage((page) => agree(page, address)))
    }
    const wish = ['--url', on.github.url, '--name', 'Slipway of acme', '--webhook-url', on.receiver]
    const made = await slipway(['github', 'init', ...wish, '--json'], { github: door, heard })
    await Promise.all(visits)
    expect(made.code, made.err).toBe(exitCodes.ok)
    await browser.withPage((page) => installOn(page, JSON.parse(made.out).install, 'acme'))
    await on.github.settled()
    const { out, code } = await slipway(['github', 'status'], { github: door })
    expect(out).toContain('Nothing is missing.')
    expect(code).toBe(exitCodes.ok)
    await kube.close()
  })
})

/** What a person does whom the terminal sends to the browser. */
async function agree(page: Page, address: string): Promise<void> {
  await page.goto(address)
  await photograph(page, 'init-1-start')
  await page.getByRole('button', { name: /^Go to 127\.0\.0\.1/ }).click()
  await page.getByRole('heading', { name: 'Create GitHub App Slipway of acme' }).waitFor()
  await photograph(page, 'init-2-create')
  await page.getByRole('button', { name: 'Create GitHub App' }).click()
  await page.getByText('Slipway is registered').waitFor()
  await photograph(page, 'init-3-end')
}

async function installOn(page: Page, address: string, owner: string): Promise<void> {
  await page.goto(address)
  await photograph(page, 'install')
  const place = page.getByRole('listitem').filter({ hasText: owner })
  await place.getByRole('button', { name: 'Install', exact: true }).click()
  await place.getByText('installed', { exact: true }).waitFor()
  await place.getByRole('button', { name: 'Uninstall' }).waitFor()
}

describe('a commit', () => {
  test('shows the numbers of its release and the course of its weight', async () => {
    const { address } = await shown(rollingOut(7))
    await browser.withPage(async (page) => {
      await page.goto(`${on.github.url}/acme/shop`)
      await photograph(page, 'commits')
      await page.getByRole('link', { name: 'Change number' }).first().click()
      await page.waitForURL(address)
      await photograph(page, 'rolling-out')
      const check = page.getByRole('region', { name: 'slipway / shop' })
      await check.getByRole('heading', { name: /2 of 4,120 canary requests failed/ }).waitFor()
      const requests = check.getByRole('row', { name: /^requests/ })
      expect(await requests.getByRole('cell').allInnerTexts()).toEqual(['requests', '4,120', '81,000'])
      expect(await check.getByText(/^[▁▂▃▄▅▆▇█]+$/).isVisible()).toBe(true)
    })
  })

  test('shows what is wrong with the file, and where', async () => {
    const message = 'slipway.yaml:12:5 spec.run: unknown key <port>'
    const { address } = await shown(aRelease(8, { phase: 'done', outcome: 'failed', message }))
    await browser.withPage(async (page) => {
      await page.goto(address)
      await photograph(page, 'failed')
      const note = page.getByRole('note')
      expect(await note.textContent()).toContain('slipway.yaml:12:5')
      expect(await note.textContent()).toContain('unknown key <port>')
    })
  })
})

describe('a button', () => {
  test('is pressed by who looks, and the page goes on showing what becomes of it', async () => {
    const { address, tell } = await shown(waiting(9))
    await browser.withPage(async (page) => {
      await page.goto(address)
      await become(page, 'ben')
      expect(page.url()).toBe(address)
      await photograph(page, 'waiting')
      const gate = page.getByRole('region', { name: 'slipway / shop / approve' })
      expect(await heardOf(() => gate.getByRole('button', { name: 'Approve' }).click())).toMatchObject([
        {
          action: 'requested_action',
          requested_action: { identifier: 'approve' },
          check_run: { name: 'slipway / shop / approve' },
          sender: { login: 'ben' },
        },
      ])
      await page.waitForURL(/#run-\d+$/)
      const opened = moved('rolling-out', 50, 'before-50 is open: approved by ben', 120_000)
      await tell(rollingOut(9, { transitions: [...rollingOut(9).transitions, opened] }))
      await gate.getByRole('heading', { name: 'before-50 is open: approved by ben' }).waitFor()
      await photograph(page, 'approved')
    })
  })

  test('asks for everything on the commit again', async () => {
    const { address } = await shown(rollingOut(10))
    await browser.withPage(async (page) => {
      await page.goto(address)
      const again = page.getByRole('button', { name: 'Re-run all checks' })
      expect(await heardOf(() => again.click())).toMatchObject([
        { action: 'rerequested', check_suite: {}, sender: { login: 'ana' } },
      ])
    })
  })
})

/** Chooses who looks. */
async function become(page: Page, login: string): Promise<void> {
  await page.getByRole('button', { name: login }).click()
  await page.getByRole('button', { name: login, pressed: true }).waitFor()
}

test('two people look at the same time, each as who they are', async () => {
  await browser.withPage((anas) =>
    browser.withPage(async (bens) => {
      await Promise.all([anas, bens].map((page) => page.goto(on.github.url)))
      await become(bens, 'ben')
      await Promise.all([anas, bens].map((page) => page.reload()))
      const looking = (page: Page) => page.locator('[aria-pressed=true]').allInnerTexts()
      expect([await looking(anas), await looking(bens)]).toEqual([['ana'], ['ben']])
    }),
  )
})

test('a page that changes leaves its reader where they are', async () => {
  const { address, tell } = await shown(rollingOut(11))
  await browser.withPage(async (page) => {
    await page.setViewportSize({ width: 390, height: 400 })
    await page.goto(address)
    await page.evaluate('scrollTo(0, 500)')
    await tell(rollingOut(11, { stalled: 'no requests for 60 s' }))
    await page.getByRole('heading', { name: '5% · no requests for 60 s' }).waitFor()
    expect(await page.evaluate('scrollY')).toBe(500)
  })
})

describe('what others wrote', () => {
  const script = '<script>alert(1)</script>'
  const picture = '<img src="http://elsewhere.example.com/x" onerror="alert(2)">'
  const hostile = [
    script,
    picture,
    '![picture](http://elsewhere.example.com/y.png)',
    '[press](javascript:alert(3)) [or](data:text/html,<script>alert(4)</script>)',
    '`</code><svg onload=alert(5)>` **<iframe src=javascript:alert(6)>**',
    '| a | b |\n|--|--|\n| <style>*{display:none}</style> | " onmouseover="alert(7) |',
    '```\n</code></pre><script>alert(8)</script>\n```',
  ]

  async function says(sha: string): Promise<void> {
    const authorization = `Bearer ${await on.token()}`
    const body = {
      name: 'hostile',
      head_sha: sha,
      conclusion: 'failure',
      external_id: '"><script>alert(9)</script>',
      output: {
        title: script,
        summary: hostile.join('\n\n'),
        text: hostile.join('\n'),
        annotations: [
          { path: '<b>', start_line: 1, end_line: 1, annotation_level: 'warning', message: picture },
        ],
      },
      actions: [
        { label: '<i>go</i>', description: '" autofocus onfocus="alert(10)', identifier: '"><script>' },
      ],
    }
    expect((await on.ask('POST', '/repos/acme/shop/check-runs', body, authorization)).status).toBe(201)
  }

  test('is shown as text: nothing runs, nothing is fetched, nothing leads astray', async () => {
    const sha = await push('<img src=x onerror=alert(0)>', '1')
    await says(sha)
    await browser.withPage(async (page) => {
      await page.goto(checksOf(sha))
      await photograph(page, 'hostile')
      const main = page.getByRole('main')
      expect(await main.getByRole('heading', { name: script }).count()).toBe(1)
      expect(await main.textContent()).toContain('Change <img src=x onerror=alert(0)>')
      expect(await main.locator('script, img, iframe, svg, style, i, [onfocus], [onmouseover]').count()).toBe(
        0,
      )
      expect(await main.locator('a:not([href^="http://127.0.0.1"], [href^="/"])').allInnerTexts()).toEqual([
        'Details at Slipway',
      ])
      await heardOf(() => main.getByRole('button', { name: '<i>go</i>' }).click())
      await page.goto(`${on.github.url}/acme/shop`)
      await main.getByRole('link', { name: 'Change <img src=x onerror=alert(0)>' }).waitFor()
    })
  })
})
