// The page of a release in a real browser, served by the API's own server: who may see it, that it is live, and that text stays text.
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Listening, listen } from '../../api/listen.ts'
import { liveAnswers } from '../../api/live.ts'
import { prometheusMetrics } from '../../api/metrics.ts'
import { builtPage } from '../../api/page.ts'
import { Problem } from '../../api/problem.ts'
import { releasePages } from '../../api/release-pages.ts'
import { seenReleases } from '../../api/releases.ts'
import { routes } from '../../api/routes.ts'
import { server } from '../../api/server.ts'
import { type ReleaseStatus, releaseName } from '../../domain/release.ts'
import { kinds } from '../../platform/kinds.ts'
import { memoryCluster, silent } from '../api/support.ts'
import {
  aRelease,
  ended,
  evidence,
  test as judged,
  moved,
  rollingOut,
  start,
  waiting,
} from '../platform/forge/status.ts'
import { type Browser, launch, photograph } from './chromium.ts'

const cluster = memoryCluster()
const token = 'the-token-of-a-viewer'
const admitted = new Set([token])
let browser: Browser
let app: ReturnType<typeof server>
let api: Listening
const folder = join(tmpdir(), `slipway-page-${process.pid}`)

beforeAll(async () => {
  const root = fileURLToPath(new URL('../../dashboard', import.meta.url))
  await build({ root, logLevel: 'warn', build: { outDir: folder } })
  app = apiWithPage(folder)
  api = await listen(app.fetch, [{ host: '127.0.0.1', port: 0 }])
  browser = await launch()
})
afterAll(async () => {
  await browser?.close()
  await api?.drain(500)
  await rm(folder, { recursive: true, force: true })
})

function apiWithPage(folder: string) {
  const answer = async () => new Response('ok')
  const metrics = prometheusMetrics()
  const pages = releasePages({
    releases: seenReleases(cluster.kubernetes, kinds.Release, cluster.watched(kinds.Release)),
    admit: async (request) => {
      const bearer = request.headers.get('authorization')?.slice('Bearer '.length) ?? ''
      if (bearer === 'a-stranger')
        throw new Problem(403, 'forbidden', 'the token’s owner may not get releases')
      if (!admitted.has(bearer)) throw new Problem(401, 'token-required', 'bring a token')
    },
    namespace: 'default',
    ready: () => true,
    live: liveAnswers({ every: 20, admitEvery: 100 }),
    repositoryOf: () => 'https://github.com/acme/shop.git',
  })
  const parts = { alive: answer, ready: answer, webhook: answer, events: answer, git: undefined }
  const table = routes({ ...parts, metrics, pages, page: builtPage(folder) })
  return server({ routes: table, metrics, log: silent })
}

/** As the report writes it. */
function put({ release, ...status }: ReleaseStatus): void {
  const { app, seq, sha } = release
  const metadata = { namespace: app.namespace, name: releaseName(release) }
  cluster.put(kinds.Release, { metadata, spec: { app: app.name, seq, sha }, status })
}

const address = (path: string) => `http://127.0.0.1:${api.addresses[0]?.port}${path}`

/** Opens a page and brings the token that it asks for. */
async function visit(page: Page, path: string, bring = token): Promise<void> {
  await page.goto(address(path))
  await page.getByLabel('A token of the cluster').fill(bring)
  await page.getByRole('button', { name: 'Show the releases' }).click()
}

describe('a release', () => {
  test('is shown to whoever brings a token, and changes as it does', async () => {
    put(waiting(7))
    await browser.withPage(async (page) => {
      await visit(page, '/releases/default/shop-7')
      await page.getByRole('heading', { name: 'shop-7 rolling-out at 5%' }).waitFor()
      await page.getByText('slipway approve shop-7 --gate before-50 --namespace default').waitFor()
      await page.getByText('Live: this page changes with the release.').waitFor()
      await photograph(page, 'waiting')
      put(ended(7, 'promoted', 'it is promoted'))
      await page.getByRole('heading', { name: 'shop-7 promoted' }).waitFor()
      await page.getByText('The release is over').waitFor()
      expect(await page.getByText('slipway approve').count()).toBe(0)
      expect(page.url()).not.toContain(token)
      await page.reload()
      await page.getByRole('heading', { name: 'shop-7 promoted' }).waitFor()
    })
  })

  test.each(['light', 'dark'] as const)(
    'has its numbers, its weights and its story: %s',
    async (colorScheme) => {
      put(takenBack(8))
      const shown = async (page: Page) => {
        await visit(page, '/releases/default/shop-8')
        await page.getByRole('heading', { name: 'shop-8 rolled-back' }).waitFor()
        await page
          .getByRole('img', { name: /: 0% from 00:00:30, 1% from 00:01:02, 3% from .* 0% from/ })
          .waitFor()
        await page.getByRole('row', { name: 'errors 14 (0.34%) 3 (0.0037%)' }).waitFor()
        await page.getByRole('row', { name: /00:01:30 .* 1% → 3%/ }).waitFor()
        await page
          .getByText('evidence of harm 112 / 100: it is taken back when the limit is reached')
          .waitFor()
        const commit = page.getByRole('link', { name: /^[0-9a-f]{7}$/ })
        expect(await commit.getAttribute('href')).toMatch(
          /^https:\/\/github\.com\/acme\/shop\/commit\/[0-9a-f]{40}$/,
        )
        await photograph(page, `taken-back-${colorScheme}`)
      }
      await browser.withPage(shown, { colorScheme })
    },
  )

  test('shows text of others as text, whatever is in it', async () => {
    put(hostile(9))
    await browser.withPage(async (page) => {
      await visit(page, '/releases/default/shop-9')
      await page.getByRole('heading', { name: 'shop-9 failed' }).waitFor()
      await page.getByText('<script>alert("title")</script>').first().waitFor()
      await page.getByText('\\u{202e}gnp.exe').first().waitFor()
      expect(await page.locator('main script, main img, main iframe').count()).toBe(0)
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
      await photograph(page, 'hostile')
      await page.setViewportSize({ width: 390, height: 844 })
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
    })
  })

  test('runs nothing that was not served with the page', async () => {
    put(waiting(10))
    await browser.withPage(async (page, complaints) => {
      await visit(page, '/releases/default/shop-10')
      await page.getByRole('heading', { name: 'shop-10 rolling-out' }).waitFor()
      const script = `const s = document.createElement('script'); s.textContent = 'window.ran = 1'; document.body.append(s)`
      await page.evaluate(script)
      expect(await page.evaluate('window.ran')).toBeUndefined()
      expect(complaints.splice(0)).toMatchObject([expect.stringContaining('Content Security Policy')])
    })
  })

  test('is no longer shown when the right to see it is withdrawn', async () => {
    put(waiting(11))
    admitted.add('for-a-while')
    await browser.withPage(async (page) => {
      await visit(page, '/releases/default/shop-11', 'for-a-while')
      await page.getByText('Live: this page').waitFor()
      admitted.delete('for-a-while')
      await page.getByRole('alert').getByText('it has run out').waitFor()
      expect(await page.getByText('shop-11').count()).toBe(0)
      await photograph(page, 'run-out')
    })
  })

  test('that cannot be read is told of', async () => {
    put(rollingOut(13, { transitions: 'none' as never }))
    await browser.withPage(async (page) => {
      await visit(page, '/releases/default/shop-13')
      await page.getByRole('alert').getByText('This page cannot show what is there').waitFor()
    })
  })

  test('comes back by itself when the connection broke off', async () => {
    put(waiting(12))
    await browser.withPage(async (page, complaints) => {
      await visit(page, '/releases/default/shop-12')
      await page.getByText('Live: this page').waitFor()
      const { port } = api.addresses[0] as { port: number }
      await api.drain(0)
      await page.getByText('Not live: ').waitFor()
      put(ended(12, 'promoted', 'it is promoted'))
      api = await listen(app.fetch, [{ host: '127.0.0.1', port }])
      await page.getByRole('heading', { name: 'shop-12 promoted' }).waitFor()
      // The browser tells of each broken connection.
      for (const one of complaints.splice(0)) expect(one).toMatch(/net::ERR_/)
    })
  })
})

describe('who may not see it', () => {
  test('is told what to do', async () => {
    await browser.withPage(async (page, complaints) => {
      await page.goto(address('/releases/default/shop-7'))
      await page.getByText('kubectl create token <service account> --namespace default').waitFor()
      await photograph(page, 'sign-in')
      await visit(page, '/releases/default/shop-7', 'made-up')
      await page.getByRole('alert').getByText('The cluster does not know this token').waitFor()
      await visit(page, '/releases/default/shop-7', 'a-stranger')
      await page.getByRole('alert').getByText('may not get releases').waitFor()
      for (const one of complaints.splice(0)) expect(one).toMatch(/status of 40[13]/)
    })
  })
})

describe('the list', () => {
  test('has every release of the namespace, each with its page', async () => {
    for (const status of [waiting(20), takenBack(21), hostile(22), ended(23, 'promoted', 'it is promoted')])
      put(status)
    await browser.withPage(async (page) => {
      await visit(page, '/')
      await page.getByRole('heading', { name: 'Releases in default' }).waitFor()
      await page.getByRole('row', { name: /^shop-21 rolled-back/ }).waitFor()
      await photograph(page, 'list')
      await page.getByRole('link', { name: 'shop-20', exact: true }).click()
      await page.getByRole('heading', { name: 'shop-20 rolling-out at 5%' }).waitFor()
      await page.getByRole('link', { name: 'Slipway' }).click()
      await page.getByRole('heading', { name: 'Releases in default' }).waitFor()
    })
  })

  test('is reached and read by keyboard', async () => {
    put(waiting(20))
    await browser.withPage(async (page) => {
      await page.goto(address('/'))
      const focused = () => page.evaluate('document.activeElement.id || document.activeElement.textContent')
      const stops: unknown[] = []
      for (let stop = 0; stop < 3; stop += 1) {
        await page.keyboard.press('Tab')
        stops.push(await focused())
      }
      expect(stops).toEqual(['Slipway', 'token', 'Show the releases'])
      await page.getByLabel('A token of the cluster').focus()
      await page.keyboard.type(token)
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name: 'Releases in default' }).waitFor()
    })
  })
})

const harmful = evidence({
  canary: { requests: 4120, errors: 14, timed: 4120, within: [4000] },
  test: { ...judged, harm: 112, atLeast: 0.002 },
})

/** One that climbed, was found to do harm, and went back. */
const takenBack = (seq: number): ReleaseStatus =>
  rollingOut(seq, {
    phase: 'done',
    outcome: 'rolled-back',
    message: 'evidence of harm 112 / 100: all traffic is back on shop-1111111-cd34',
    weight: 0,
    finishedAt: start + 200_000,
    evidence: harmful,
    image: `registry.example/default/shop@sha256:${'ab'.repeat(32)}`,
    judging: {
      query: 'sum by (service) (traefik_service_requests_total{exported_service=~"default-shop-.*"})',
    } as never,
    transitions: [
      moved('reading', 0, 'reading slipway.yaml', 1_000),
      moved('building', 0, 'building the image', 2_000),
      moved('deploying', 0, 'starting its pods', 30_000),
      {
        ...moved('rolling-out', 0, 'the canary’s pods are ready', 60_000),
        evidence: evidence({ test: judged }),
      },
      moved('rolling-out', 10, 'the gateway serves 1%', 62_000),
      {
        ...moved('rolling-out', 30, 'nothing speaks against more', 90_000),
        evidence: evidence({ test: judged }),
      },
      {
        ...moved('rolling-out', 100, 'nothing speaks against more', 120_000),
        evidence: evidence({ test: judged }),
      },
      { ...moved('rolling-back', 100, 'evidence of harm 112 / 100', 180_000), evidence: harmful },
      moved('rolling-back', 0, 'all traffic is back on shop-1111111-cd34', 181_000),
      moved('done', 0, 'it was taken back', 200_000),
    ],
  })

const markup = '<script>alert("title")</script><img src=x onerror=alert(1)>'

/** A commit message and a log by somebody who means harm. */
const hostile = (seq: number): ReleaseStatus =>
  aRelease(seq, {
    phase: 'done',
    outcome: 'failed',
    message: `the build failed: ${markup}\n${'#1 [build] '.padEnd(10_000, 'x')}\n\u001b[31m${markup}`,
    finishedAt: start + 60_000,
    commit: {
      sha: 'f'.repeat(40),
      title: `${markup} \u202egnp.exe ${'y'.repeat(10_000)}`,
      author: `<b onmouseover=alert(2)>ana</b>`,
      committedAt: start,
    },
    transitions: [moved('building', 0, `building ${markup} \u202egnp.exe`, 1_000)],
  })
