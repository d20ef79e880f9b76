// slipway github status: what GitHub says of the App, held against what Slipway needs.
import { generateKeyPairSync } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { exitCodes } from '../../cli/exit.ts'
import { type Keeper, keeper } from '../../cli/registration.ts'
import { gitHub } from '../../platform/github/client.ts'
import { exchange } from '../../platform/github/exchange.ts'
import { kubernetes } from '../../platform/kubernetes.ts'
import { type KubeServer, kubeServer } from '../api/kube-server.ts'
import { httpServer, sendJson } from '../platform/http-server.ts'
import { slipway } from './screen.ts'

const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
  type: 'pkcs1',
  format: 'pem',
}) as string
const token = `ghs_4711_${'t'.repeat(300)}`
const webhookSecret = 'w'.repeat(40)
const permissions = {
  metadata: 'read',
  contents: 'read',
  checks: 'write',
  deployments: 'write',
  statuses: 'write',
  pull_requests: 'read',
}
const app = {
  id: 4711,
  slug: 'slipway-acme',
  name: 'Slipway Acme',
  html_url: 'https://github.example.com/apps/slipway-acme',
  owner: { login: 'acme', type: 'Organization' },
  permissions,
  events: ['push', 'create', 'delete', 'check_run', 'check_suite', 'pull_request', 'repository'],
}
const installation = {
  id: 7,
  account: { login: 'acme' },
  html_url: 'https://github.example.com/organizations/acme/settings/installations/7',
  repository_selection: 'selected',
  permissions,
  suspended_at: null,
}
const delivery = {
  id: 1,
  guid: '0b989ba4-242f-11e5-81e1-c7b6966d2516',
  delivered_at: '2026-03-01T12:00:00Z',
  redelivery: false,
  event: 'check_run',
  action: 'requested_action',
  status: 'OK',
  status_code: 202,
}

let kube: KubeServer
let github: Awaited<ReturnType<typeof httpServer>>
let says: Record<string, unknown>
let kept: Keeper

beforeEach(async () => {
  says = {
    '/app': app,
    '/app/hook/config': { url: 'https://slipway.example.com/webhooks/github' },
    '/app/installations': [installation],
    '/app/hook/deliveries': [delivery],
    '/app/installations/7/access_tokens': { token, expires_at: '2026-03-01T13:00:00Z' },
    '/installation/repositories': { total_count: 12 },
  }
  kube = await kubeServer()
  github = await httpServer(({ url }, response) => {
    const said = says[new URL(url, 'http://x').pathname.replace('/api/v3', '')]
    if (said === undefined) return sendJson(response, 404, { message: 'Not Found' })
    sendJson(response, 200, said)
  })
  kept = keeper(kubernetes({ config: kube.config }))
  await kept.keep({ url: `${github.url}/api/v3`, id: 4711, key, webhookSecret }, undefined)
})
afterEach(async () => {
  await kube.close()
  await github.close()
})

const status = async (...args: string[]) => {
  const ended = await slipway(['github', 'status', ...args], {
    github: {
      keeper: kept,
      at: (registration) => ({
        asApp: gitHub({ url: registration.url, appId: registration.id, key: () => registration.key }).asApp,
        withToken: exchange({ url: registration.url }),
      }),
    },
  })
  for (const hidden of [token, webhookSecret, key.split('\n')[1] ?? '-'])
    expect(ended.out + ended.err).not.toContain(hidden)
  return ended
}

describe('github status', () => {
  it('shows the App, its installations and its deliveries; nothing is missing', async () => {
    const { code, out } = await status()
    expect(out.split('\n')).toEqual([
      `Slipway Acme  App 4711 at ${github.url}/api/v3`,
      '  GitHub sends to https://slipway.example.com/webhooks/github',
      '',
      'ACCOUNT  REPOSITORIES  STATE',
      'acme     12            installed',
      '',
      'DELIVERED (UTC)      EVENT                       ANSWER',
      '2026-03-01 12:00:00  check_run.requested_action  202',
      '',
      'Nothing is missing.',
      '',
    ])
    expect(code).toBe(exitCodes.ok)
  })

  it('asks for a token that can do nothing but count', async () => {
    await status()
    const asked = github.asked.find(({ url }) => url.endsWith('/access_tokens'))
    expect(JSON.parse(asked?.body ?? '')).toEqual({ permissions: { metadata: 'read' } })
  })

  it('is one JSON document for programs', async () => {
    const { out } = await status('--json')
    expect(JSON.parse(out)).toMatchObject({
      app: { id: 4711, slug: 'slipway-acme' },
      installations: [{ account: 'acme', repositories: 12, missing: [] }],
      deliveries: [{ guid: delivery.guid, code: 202 }],
      problems: [],
    })
  })

  it.each([
    [
      'a permission that the App does not ask for',
      { '/app': { ...app, permissions: { ...permissions, checks: 'read' } } },
      /does not ask for checks: write\n.*\/organizations\/acme\/settings\/apps\/slipway-acme\/permissions/,
    ],
    [
      'a permission that an owner has not granted',
      {
        '/app/installations': [{ ...installation, permissions: { ...permissions, deployments: undefined } }],
      },
      /acme has not granted deployments: write\n.*settings\/installations\/7/,
    ],
    [
      'events',
      { '/app': { ...app, events: ['push'] } },
      /does not send create, delete, check_run, check_suite, pull_request/,
    ],
    [
      'an installation',
      { '/app/installations': [] },
      /installed nowhere\n.*slipway-acme\/installations\/new/,
    ],
    [
      'an installation that goes on',
      { '/app/installations': [{ ...installation, suspended_at: '2026-03-01T00:00:00Z' }] },
      /acme has suspended it/,
    ],
    ['a repository', { '/installation/repositories': { total_count: 0 } }, /reaches no repository of acme/],
    [
      'a delivery that was taken',
      {
        '/app/hook/deliveries': [{ ...delivery, status: 'Service Unavailable', status_code: 503 }, delivery],
      },
      /not taken: 503 Service Unavailable\n[\s\S]*last delivery was not taken/,
    ],
  ])('says with code 1 that there is missing: %s', async (_, change, told) => {
    Object.assign(says, change)
    const { code, out } = await status()
    expect(out).toMatch(told)
    expect(out).not.toContain('Nothing is missing')
    expect(code).toBe(exitCodes.error)
  })

  it('an App without a webhook is whole: it needs no events', async () => {
    says['/app'] = { ...app, events: [] }
    delete says['/app/hook/config']
    delete says['/app/hook/deliveries']
    const { code, out } = await status()
    expect(out).toContain('GitHub sends nothing')
    expect(code).toBe(exitCodes.ok)
  })

  it('goes without the count where GitHub does not say it', async () => {
    delete says['/installation/repositories']
    const { code, out } = await status()
    expect(out).toMatch(/acme +\? +installed/)
    expect(code).toBe(exitCodes.ok)
  })

  it('names that drive a terminal do not', async () => {
    says['/app'] = { ...app, name: 'Slip\u001b[2Jway' }
    expect((await status()).out).toMatch(/^Slipway {2}App/)
  })

  it('a key that GitHub refuses ends with code 1 and what to do', async () => {
    says = {}
    await github.close()
    github = await httpServer((_, response) => sendJson(response, 401, { message: 'Bad credentials' }))
    const found = await kept.find()
    await kept.keep({ url: `${github.url}/api/v3`, id: 4711, key, webhookSecret }, found)
    const { code, err } = await status()
    expect(code).toBe(exitCodes.error)
    expect(err).toContain('give Slipway a new key')
  })
})

describe('a registration that is not there', () => {
  it('ends with code 6', async () => {
    kube.drop('secrets', 'slipway-system', 'slipway-github')
    const { code, err } = await status()
    expect(code).toBe(exitCodes.notFound)
    expect(err).toContain('slipway github init')
  })

  it('is told from one that lacks something, without what it has', async () => {
    const found = await kept.find()
    await kept.keep({ url: 'https://api.github.com', id: 4711, key: '', webhookSecret }, found)
    const { code, err } = await status()
    expect(code).toBe(exitCodes.error)
    expect(err).toContain('it needs url, app-id, private-key and webhook-secret')
  })
})
