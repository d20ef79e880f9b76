// The webhook against its corpus, and against a Temporal that is away.
import { createHmac } from 'node:crypto'
import * as fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import { declaredApps } from '../../api/apps.ts'
import type { Buttons, Click } from '../../api/buttons.ts'
import { prometheusMetrics } from '../../api/metrics.ts'
import { server } from '../../api/server.ts'
import { githubWebhook, webhookSecrets } from '../../api/webhooks.ts'
import type { ForeseeInput } from '../../domain/foresight.ts'
import { kinds } from '../../platform/kinds.ts'
import * as events from './corpus/events.ts'
import * as corpus from './corpus/webhooks.ts'
import { memoryCluster, memorySources, shop, silent } from './support.ts'

const { secret, sha } = corpus
/** A commit whose release ended badly. */
const ended = 'e'.repeat(40)
const oldSecret = 'the-secret-before-it-was-changed-forty-b'

function api({ secrets = [secret, oldSecret], ready = true, bodyWithin = 1_000, plans = true } = {}) {
  const cluster = memoryCluster()
  const temporal = memorySources()
  const clicks: Click[] = []
  const agains: Parameters<Buttons['again']>[0][] = []
  const offers: ForeseeInput[] = []
  const source = { repository: 'https://github.com/acme/shop', branch: 'main' }
  cluster.put(kinds.App, { metadata: { ...shop }, spec: { source } })
  const metrics = prometheusMetrics()
  const answer = githubWebhook({
    secrets,
    apps: declaredApps(cluster.kubernetes, kinds.App, cluster.watched(kinds.App)),
    ready: () => ready,
    sources: temporal.sources,
    installations: [corpus.installation],
    buttons: {
      appId: events.appId,
      click: async (click) => {
        clicks.push(click)
        return { status: `clicked:${click.verb}` }
      },
      again: async (commit) => {
        agains.push(commit)
        return commit.sha === ended ? { status: 'accepted', apps: ['default/ended'] } : undefined
      },
    },
    ...(plans && {
      plans: {
        foresee: async (offered) => {
          if (temporal.isAway()) throw new Error('Temporal gave no answer')
          offers.push(offered)
        },
      },
    }),
    metrics,
    log: silent,
    bodyWithin,
  })
  const routes = [{ methods: ['POST'], path: '/webhooks/github', access: 'signature', answer }] as const
  return { ...temporal, clicks, agains, offers, metrics, app: server({ routes, metrics, log: silent }) }
}

const sign = (body: string | Uint8Array, key = secret): string =>
  `sha256=${createHmac('sha256', key).update(body).digest('hex')}`

let parts: ReturnType<typeof api>
beforeEach(() => {
  parts = api()
})

async function deliver(
  { body, headers = {}, method = 'POST' }: Pick<corpus.Case, 'body' | 'headers' | 'method'>,
  signature?: string,
) {
  const given = {
    'content-type': 'application/json',
    'x-github-event': 'push',
    'x-github-delivery': '72d3162e-cc78-11e3-81ab-4c9367dc0958',
    'x-hub-signature-256': signature,
    ...headers,
  }
  const sent = Object.entries(given).filter((entry): entry is [string, string] => entry[1] !== undefined)
  const init = { method, headers: sent, ...(method === 'GET' ? {} : { body }) }
  const reply = await parts.app.request('/webhooks/github', init)
  const text = await reply.text()
  const { code, status, ...rest } = JSON.parse(text)
  return { reply, text, says: reply.status < 300 ? status : code, rest }
}

describe.each([...corpus.cases, ...events.cases])('$name', (one) => {
  test('signed', async () => {
    const { reply, says, text } = await deliver(one, sign(one.body))
    expect([reply.status, says]).toEqual(one.signed)
    expect([...parts.looks, ...parts.offers]).toHaveLength(one.signed[1] === 'accepted' ? 1 : 0)
    if (reply.status >= 400) {
      expect(reply.headers.get('content-type')).toBe('application/problem+json')
      expect(text.length).toBeLessThan(600)
      expect(text).not.toMatch(/\n\s+at |[\p{Cc}\p{Cf}](?!$)/u)
    }
  })

  test('unsigned', async () => {
    const { reply, says } = await deliver(one)
    expect([reply.status, says]).toEqual(one.unsigned)
    expect([...parts.looks, ...parts.clicks, ...parts.agains, ...parts.offers]).toHaveLength(0)
  })
})

describe('a signature', () => {
  const body = JSON.stringify(corpus.goodPush)
  test.each(corpus.signatures)('%s', async (_, make, [status, code]) => {
    const { reply, says, text } = await deliver({ body }, make(sign(body)))
    expect([reply.status, says]).toEqual([status, code])
    const unsigned = await deliver({ body })
    expect(text.replaceAll(/signature.invalid/g, '')).toBe(unsigned.text.replaceAll(/signature.missing/g, ''))
    expect(parts.looks).toHaveLength(0)
  })

  test.each([
    ['8 of a wrong secret', body, sign(body, 'another-secret-of-at-least-thirty-two-bytes')],
    ['9 of a body that changed by one byte', body.replace('main', 'mainn'), sign(body)],
    ['10 of the same JSON written otherwise', JSON.stringify(corpus.goodPush, null, 1), sign(body)],
  ])('%s', async (_, sent, signature) => {
    const { reply, says } = await deliver({ body: sent }, signature)
    expect([reply.status, says]).toEqual([401, 'signature-invalid'])
  })

  test('of the secret before is good while it is being changed', async () => {
    expect((await deliver({ body }, sign(body, oldSecret))).reply.status).toBe(202)
  })
})

test('a push tells the App which ref and commit the sender saw', async () => {
  const body = JSON.stringify(corpus.goodPush)
  const { rest } = await deliver({ body }, sign(body))
  const delivery = '72d3162e-cc78-11e3-81ab-4c9367dc0958'
  expect(rest).toEqual({ delivery, apps: ['default/shop'] })
  expect(parts.looks).toEqual([
    { app: 'default/shop', moved: { ref: 'refs/heads/main', after: sha, delivery } },
  ])
})

test.each(events.examples)('GitHub’s own example is understood: $name $index', async ({ name, payload }) => {
  const one = of(name, payload)
  const { reply, says } = await deliver(one, sign(one.body))
  expect(reply.status).toBe(202)
  expect(says).not.toBe('ignored:event')
})

const of = (event: string, body: object) => ({
  body: JSON.stringify(body),
  headers: { 'x-github-event': event },
})

test('who pushed is told when GitHub says it, as gates know people', async () => {
  const body = JSON.stringify({ ...corpus.goodPush, sender: { login: 'ana' } })
  await deliver({ body }, sign(body))
  expect(parts.looks[0]?.moved).toMatchObject({ after: sha, pusher: 'github:ana' })
})

test('what is delivered again wakes nobody a second time, and the same push under another name does', async () => {
  const body = JSON.stringify(corpus.goodPush)
  for (let times = 0; times < 3; times += 1) {
    const { reply, rest } = await deliver({ body }, sign(body))
    expect([reply.status, rest.apps]).toEqual([202, ['default/shop']])
  }
  expect(parts.looks).toHaveLength(1)
  const headers = { 'x-github-delivery': 'another' }
  expect((await deliver({ body, headers }, sign(body))).says).toBe('accepted')
  expect(parts.looks).toHaveLength(2)
})

test('what no commit caused is a look at the branch', async () => {
  const one = of('delete', { ...corpus.goodPush, ref: 'main', ref_type: 'branch' })
  await deliver(one, sign(one.body))
  const delivery = '72d3162e-cc78-11e3-81ab-4c9367dc0958'
  expect(parts.looks).toEqual([
    { app: 'default/shop', moved: { ref: 'refs/heads/main', after: corpus.none, delivery } },
  ])
})

test('a click carries what it was on, and who clicked', async () => {
  const one = of('check_run', events.click)
  await deliver(one, sign(one.body))
  expect(parts.clicks).toEqual([
    {
      verb: 'abort',
      externalId: events.externalId,
      sha,
      urls: ['https://github.com/acme/shop.git', 'https://github.com/acme/shop'],
      login: 'ana',
      stood: 'check run 1 completed failure 2026-03-01T12:00:00Z',
      delivery: '72d3162e-cc78-11e3-81ab-4c9367dc0958',
      reason: 'button on the check run',
    },
  ])
})

describe('all checks again', () => {
  test.each([
    ['of a commit that ended badly are a look, and a try', ended, 'default/ended'],
    ['of any other are a look', sha, 'default/shop'],
  ])('%s', async (_, head_sha, app) => {
    const one = of('check_suite', events.suiteWith({ head_sha, updated_at: '2026-03-01T12:00:00Z' }))
    expect((await deliver(one, sign(one.body))).rest).toMatchObject({ apps: [app] })
    expect(parts.looks).toHaveLength(1)
    expect(parts.agains).toEqual([
      {
        sha: head_sha,
        urls: ['https://github.com/acme/shop.git', 'https://github.com/acme/shop'],
        login: 'ana',
        stood: 'check suite 2 2026-03-01T12:00:00Z',
        delivery: '72d3162e-cc78-11e3-81ab-4c9367dc0958',
        reason: 're-run of all checks',
      },
    ])
  })

  test('of another App are no try of ours', async () => {
    const one = of('check_suite', events.suiteWith({ head_sha: ended, app: { id: 7 } }))
    await deliver(one, sign(one.body))
    expect(parts.agains).toEqual([])
  })
})

test('a plan that is asked for again is the plan of its commit', async () => {
  const one = of('check_run', events.plan())
  await deliver(one, sign(one.body))
  expect(parts).toMatchObject({ offers: [{ app: shop, sha, fork: false }], clicks: [] })
})

describe('a pull request', () => {
  test.each([
    ['of the repository’s own branch', events.offer, false],
    ['of a fork', forked({ id: 12 }), true],
    ['of a fork that is gone', forked(null), true],
  ])('%s asks for the plan of its commit', async (_, payload, fork) => {
    const one = of('pull_request', payload)
    const { rest } = await deliver(one, sign(one.body))
    expect(rest).toMatchObject({ apps: ['default/shop'] })
    expect(parts.offers).toEqual([{ app: shop, sha, fork }])
    expect(parts.looks).toEqual([])
  })

  test('is delivered again while Temporal is away', async () => {
    const one = of('pull_request', events.offer)
    parts.setAway(true)
    expect(await deliver(one, sign(one.body))).toMatchObject({ reply: { status: 503 }, says: 'not-durable' })
    parts.setAway(false)
    expect((await deliver(one, sign(one.body))).says).toBe('accepted')
  })

  test('is nothing to a Slipway that is no GitHub App', async () => {
    parts = api({ plans: false })
    const one = of('pull_request', events.offer)
    expect((await deliver(one, sign(one.body))).says).toBe('ignored:no-github-app')
  })
})

function forked(repo: { id: number } | null) {
  return events.offered({ head: { ...events.offer.pull_request.head, repo } })
}

test('before the Apps are known an event is not said to concern none', async () => {
  parts = api({ ready: false })
  for (const one of events.cases.filter(({ signed }) => signed[1] === 'accepted')) {
    expect((await deliver(one, sign(one.body))).says).toBe('not-durable')
  }
})

test.each([
  ['29 no repository', '/repository'],
  ['31 no installation', '/installation'],
  ['34 ref a number', '/ref'],
  ['46 a repository id that JSON rounds', '/repository/id'],
])('%s is named by its pointer', async (name, pointer) => {
  const found = corpus.cases.find((one) => one.name === name)
  if (!found) throw new Error(`the corpus has no ${name}`)
  expect((await deliver(found, sign(found.body))).rest).toMatchObject({ pointer })
})

test('26 nothing reaches the prototype of all objects', () => {
  expect(({} as { admin?: unknown }).admin).toBeUndefined()
})

test('a hundred deliveries of one push at once are a hundred times 202 and one message', async () => {
  const body = JSON.stringify(corpus.goodPush)
  const replies = await Promise.all(Array.from({ length: 100 }, () => deliver({ body }, sign(body))))
  expect(new Set(replies.map(({ reply }) => reply.status))).toEqual(new Set([202]))
  expect(new Set(replies.map(({ text }) => text)).size).toBe(1)
  expect(parts.looks).toHaveLength(1)
})

test('without Temporal there is no 2xx, and the next delivery is good again', async () => {
  const body = JSON.stringify(corpus.goodPush)
  parts.setAway(true)
  const { reply, says } = await deliver({ body }, sign(body))
  expect([reply.status, says, reply.headers.get('retry-after')]).toEqual([503, 'not-durable', '10'])
  parts.setAway(false)
  expect((await deliver({ body }, sign(body))).reply.status).toBe(202)
})

test('before the Apps are known nothing is said to be unknown', async () => {
  parts = api({ ready: false })
  const body = JSON.stringify(corpus.goodPush)
  expect((await deliver({ body }, sign(body))).says).toBe('not-durable')
})

test('without a secret no delivery is taken', async () => {
  parts = api({ secrets: [] })
  const body = JSON.stringify(corpus.goodPush)
  const { reply, says } = await deliver({ body }, sign(body))
  expect([reply.status, says]).toEqual([503, 'webhooks-disabled'])
})

test('answers are counted by what they say', async () => {
  const body = JSON.stringify(corpus.goodPush)
  await deliver({ body }, sign(body))
  await deliver({ body })
  const text = await parts.metrics.text()
  expect(text).toContain('slipway_api_webhooks_total{result="accepted"} 1')
  expect(text).toContain('slipway_api_webhooks_total{result="signature-missing"} 1')
  expect(text).toContain('route="/webhooks/github",method="POST",status="401"')
})

describe('the secret file', () => {
  test('holds one secret or two', () => {
    expect(webhookSecrets(`${secret}\n`)).toEqual([secret])
    expect(webhookSecrets(`${secret}\n${oldSecret}\n`)).toEqual([secret, oldSecret])
  })
  test.each(['', 'short', `${secret}\nshort`, `${secret}\n${secret}\n${secret}`])(
    'is refused: %j',
    (text) => {
      expect(() => webhookSecrets(text)).toThrow('at least 32 bytes')
    },
  )
})

test('whatever is sent, signed or not, is answered by name and never with a failure of ours', async () => {
  const header = fc.constantFrom(
    'x-github-event',
    'x-github-delivery',
    'content-type',
    'content-encoding',
    'x-hub-signature-256',
  )
  const value = fc.oneof(
    fc.constantFrom('application/json', ''),
    fc.constantFrom(...new Set(events.cases.map(({ headers }) => headers?.['x-github-event'] ?? 'push'))),
    fc.string({ unit: 'binary-ascii' }),
  )
  const some = fc.dictionary(
    header,
    value.map((text) => text.replaceAll(/[\0\r\n]/g, '').trim()),
    { maxKeys: 3 },
  )
  const known = [...Object.keys({ ...corpus.goodPush, ...events.click }), 'zen', 'changes', 'repositories']
  const change = fc.dictionary(fc.constantFrom(...known), fc.jsonValue())
  const bodies = fc.oneof(
    fc.string(),
    change.map((fields) => JSON.stringify({ ...corpus.goodPush, ...events.click, ...fields })),
  )
  await fc.assert(
    fc.asyncProperty(bodies, some, fc.boolean(), async (body, headers, signed) => {
      const { reply, says } = await deliver({ body, headers }, signed ? sign(body) : undefined)
      expect(reply.status).toBeLessThan(500)
      expect(says).toMatch(/^[a-z:-]+$/)
    }),
    { numRuns: 500 },
  )
})
