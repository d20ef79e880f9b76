// slipway github init: what GitHub is asked for, who may answer, what is stored, and what is never shown.
import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { exitCodes } from '../../cli/exit.ts'
import { neededEvents, neededPermissions, placeOf } from '../../cli/github-manifest.ts'
import { keeper } from '../../cli/registration.ts'
import type { Content } from '../../platform/kinds.ts'
import { kubernetes } from '../../platform/kubernetes.ts'
import { type KubeServer, kubeServer } from '../api/kube-server.ts'
import { httpServer, sendJson } from '../platform/http-server.ts'
import { slipway } from './screen.ts'

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const pem = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()
const webhookSecret = 'f'.repeat(40)
const code = 'a180b1a3d263c81bc6441d7b990bae27d4c10679'

let kube: KubeServer
let github: Awaited<ReturnType<typeof httpServer>>
let converted: { readonly status: number; readonly body: object }

beforeEach(async () => {
  kube = await kubeServer()
  github = await httpServer((_, response) => sendJson(response, converted.status, converted.body))
  const html_url = `${github.url}/apps/slipway-acme`
  converted = {
    status: 201,
    body: { id: 4711, slug: 'slipway-acme', html_url, pem, webhook_secret: webhookSecret, owner: {} },
  }
})
afterEach(async () => {
  await kube.close()
  await github.close()
})

/** Begins, and hands over the page's address; the command goes on meanwhile. */
function begun(...args: string[]) {
  let tell: (address: string) => void
  const address = new Promise<string>((resolve) => {
    tell = resolve
  })
  const heard = (text: string) => {
    const found = /http:\/\/127\.0\.0\.1:\d+\/\w+/.exec(text)
    if (found) tell(found[0])
  }
  const at = () => {
    throw new Error('the App was not to be asked')
  }
  const world = { github: { keeper: keeper(kubernetes({ config: kube.config })), at }, heard }
  const ended = slipway(['github', 'init', '--url', github.url, ...args], world)
  return { address, ended }
}

/** What the page would send to GitHub. */
async function form(address: string) {
  const page = await (await fetch(address)).text()
  const plain = (text = '') =>
    text.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&amp;', '&')
  const action = new URL(plain(/action="([^"]*)"/.exec(page)?.[1]))
  const manifest = JSON.parse(plain(/name="manifest" value="([^"]*)"/.exec(page)?.[1]))
  return { action, manifest }
}

/** As GitHub sends the browser back when the person has agreed. */
async function agree(address: string, change: { state?: string; code?: string } = {}) {
  const { action, manifest } = await form(address)
  const state = change.state ?? action.searchParams.get('state') ?? ''
  return fetch(`${manifest.redirect_url}?${new URLSearchParams({ code: change.code ?? code, state })}`)
}

const secret = () => kube.get('secrets', 'slipway-system', 'slipway-github') as Content | undefined
const kept = () =>
  Object.fromEntries(
    Object.entries(secret()?.data ?? {}).map(([name, value]) => [
      name,
      Buffer.from(value, 'base64').toString(),
    ]),
  )

describe('github init', () => {
  it('asks GitHub for what Slipway needs, and for nothing more', async () => {
    const { address, ended } = begun('--org', 'acme', '--webhook-url', 'https://slipway.example.com')
    const { action, manifest } = await form(await address)
    expect(action.href).toMatch(
      new RegExp(`^${github.url}/organizations/acme/settings/apps/new\\?state=[0-9a-f]{64}$`),
    )
    expect(manifest).toEqual({
      name: 'slipway-acme',
      url: 'https://slipway.example.com',
      redirect_url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/callback$/),
      public: false,
      hook_attributes: { url: 'https://slipway.example.com/webhooks/github', active: true },
      default_events: ['push', 'create', 'delete', 'check_run', 'check_suite', 'pull_request', 'repository'],
      default_permissions: {
        metadata: 'read',
        contents: 'read',
        checks: 'write',
        deployments: 'write',
        statuses: 'write',
        pull_requests: 'read',
      },
    })
    await agree(await address)
    expect((await ended).code).toBe(exitCodes.ok)
  })

  it('keeps what GitHub answers as a Secret, says what comes next, and shows nothing that is secret', async () => {
    const { address, ended } = begun('--webhook-url', 'https://slipway.example.com')
    const page = await agree(await address)
    expect(page.status).toBe(200)
    const { code: exit, out, err } = await ended
    expect(exit).toBe(exitCodes.ok)
    expect(kept()).toEqual({
      url: `${github.url}/api/v3`,
      'app-id': '4711',
      'private-key': pem,
      'webhook-secret': webhookSecret,
    })
    expect(github.asked).toMatchObject([{ method: 'POST', url: `/api/v3/app-manifests/${code}/conversions` }])
    expect(out).toContain(`${github.url}/apps/slipway-acme/installations/new`)
    const shown = out + err + (await page.text())
    for (const hidden of [pem, webhookSecret, code, pem.split('\n')[1] ?? '-'])
      expect(shown).not.toContain(hidden)
  })

  it('without a webhook asks for no events, and keeps a secret of its own for later', async () => {
    const { address, ended } = begun()
    converted = { status: 201, body: { ...converted.body, webhook_secret: null } }
    const { manifest } = await form(await address)
    expect(manifest).not.toHaveProperty('hook_attributes')
    expect(manifest).not.toHaveProperty('default_events')
    await agree(await address)
    expect((await ended).out).toContain('GitHub sends nothing')
    expect(kept()['webhook-secret']).toMatch(/^[0-9a-f]{64}$/)
  })

  it('is one JSON document for programs', async () => {
    const { address, ended } = begun('--json')
    await agree(await address)
    expect(JSON.parse((await ended).out)).toEqual({
      app: {
        id: 4711,
        slug: 'slipway-acme',
        page: `${github.url}/apps/slipway-acme`,
        url: `${github.url}/api/v3`,
      },
      install: `${github.url}/apps/slipway-acme/installations/new`,
      secret: 'slipway-system/slipway-github',
      webhook: null,
      replaced: null,
    })
  })

  it('takes no code from who did not begin here, and goes on waiting', async () => {
    const { address, ended } = begun()
    expect((await agree(await address, { state: 'b'.repeat(64) })).status).toBe(404)
    expect((await agree(await address, { state: '' })).status).toBe(404)
    expect((await agree(await address, { code: '../installations' })).status).toBe(404)
    expect(github.asked).toEqual([])
    expect(secret()).toBeUndefined()
    expect((await agree(await address)).status).toBe(200)
    expect((await ended).code).toBe(exitCodes.ok)
  })

  it('answers to its own address alone', async () => {
    const { address, ended } = begun()
    const { origin, pathname, port } = new URL(await address)
    expect((await fetch(`${origin}/`)).status).toBe(404)
    const rebound = new Promise<number | undefined>((resolve) => {
      const headers = { host: 'evil.example' }
      request({ host: '127.0.0.1', port, path: pathname, headers }, (answer) =>
        resolve(answer.statusCode),
      ).end()
    })
    expect(await rebound).toBe(404)
    await agree(await address)
    await ended
  })

  it('changes a code into a key once, though the page is loaded twice', async () => {
    const { address, ended } = begun()
    const [one, two] = await Promise.all([agree(await address), agree(await address)])
    expect([one.status, two.status]).toEqual([200, 200])
    await ended
    expect(github.asked).toHaveLength(1)
  })
})

describe('a registration that is there', () => {
  const first = async () => {
    const { address, ended } = begun()
    await agree(await address)
    await ended
  }

  it('is left as it is, before anybody is sent to GitHub', async () => {
    await first()
    const { code: exit, err } = await begun().ended
    expect(exit).toBe(exitCodes.error)
    expect(err).toContain('--replace')
    expect(kept()['app-id']).toBe('4711')
    expect(github.asked).toHaveLength(1)
  })

  it('is replaced when it is told so, and the App of before is named', async () => {
    await first()
    converted = { status: 201, body: { ...converted.body, id: 4712 } }
    const { address, ended } = begun('--replace')
    await agree(await address)
    expect((await ended).out).toContain('The App of before, 4711, is still at GitHub')
    expect(kept()['app-id']).toBe('4712')
  })
})

describe('what goes wrong', () => {
  it('a code that GitHub does not know ends with code 1, without the code', async () => {
    const { address, ended } = begun()
    converted = { status: 404, body: { message: 'Not Found' } }
    expect((await agree(await address)).status).toBe(502)
    const { code: exit, err } = await ended
    expect(exit).toBe(exitCodes.error)
    expect(err).toContain('it is used, or older than an hour')
    expect(err).not.toContain(code)
    expect(secret()).toBeUndefined()
  })

  it('an answer that is none of GitHub’s is not kept', async () => {
    const { address, ended } = begun()
    converted = { status: 201, body: { ...converted.body, html_url: 'https://evil.example/apps/slipway' } }
    await agree(await address)
    expect((await ended).err).toContain('not what GitHub documents')
    expect(secret()).toBeUndefined()
  })

  it('a Secret that may not be written ends with code 7, and says that the App is there', async () => {
    const { address, ended } = begun()
    await form(await address)
    kube.refuse(403)
    expect((await agree(await address)).status).toBe(502)
    const { code: exit, err } = await ended
    expect(exit).toBe(exitCodes.denied)
    expect(err).toContain('slipway-acme is registered, but its key could not be stored')
  })

  it('a Secret that may not be read ends with code 7 before anything begins', async () => {
    kube.refuse(403)
    const { code: exit, err } = await begun().ended
    expect(exit).toBe(exitCodes.denied)
    expect(err).toContain('get, create and update Secrets in namespace slipway-system')
  })

  it('ends with code 4 when nobody comes', async () => {
    const { address, ended } = begun('--timeout', '1s')
    const { code: exit, err } = await ended
    expect(exit).toBe(exitCodes.timedOut)
    expect(err).toContain('nothing was stored')
    await expect(fetch(await address)).rejects.toThrow()
  })

  it.each([
    [['--url', 'http://github.example.com'], 'must be https'],
    [['--url', 'https://ana:secret@github.example.com'], 'without credentials'],
    [
      ['--url', 'https://github.com', '--webhook-url', 'https://localhost/x'],
      'GitHub cannot reach localhost',
    ],
    [['--name', 'x'.repeat(35)], '1 to 34 characters'],
    [['--port', '70000'], 'at most 65535'],
  ])('%j is refused with code 2', async (args, says) => {
    const { code: exit, err } = await begun(...args).ended
    expect(exit).toBe(exitCodes.usage)
    expect(err).toContain(says)
    expect(err).not.toContain('ana:secret')
  })
})

it.each([
  ['https://github.com', 'https://github.com', 'https://api.github.com'],
  ['https://api.github.com', 'https://github.com', 'https://api.github.com'],
  ['https://acme.ghe.com', 'https://acme.ghe.com', 'https://api.acme.ghe.com'],
  ['https://api.acme.ghe.com', 'https://acme.ghe.com', 'https://api.acme.ghe.com'],
  ['https://git.example.com/', 'https://git.example.com', 'https://git.example.com/api/v3'],
  ['https://git.example.com/api/v3', 'https://git.example.com', 'https://git.example.com/api/v3'],
])('%s is opened at %s and asked at %s', (text, web, api) => expect(placeOf(text)).toEqual({ web, api }))

it('docs/github.md names each permission and each event', () => {
  const page = readFileSync(new URL('../../docs/github.md', import.meta.url), 'utf8')
  for (const [permission, [level]] of Object.entries(neededPermissions))
    expect(page).toContain(`| ${permission.replace('_', ' ')}: ${level} |`)
  for (const event of neededEvents) expect(page).toContain(`\`${event}\``)
})
