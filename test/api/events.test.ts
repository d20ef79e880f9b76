// CloudEvents as other programs send them: what is understood, what is refused, and that none is more than a hint.
import { beforeEach, describe, expect, test } from 'vitest'
import { declaredApps } from '../../api/apps.ts'
import { events } from '../../api/events.ts'
import { prometheusMetrics } from '../../api/metrics.ts'
import { server } from '../../api/server.ts'
import { eventsToken } from '../../api/tokens.ts'
import { kinds } from '../../platform/kinds.ts'
import { goodPush, none, sha } from './corpus/webhooks.ts'
import { memoryCluster, memorySources, shop, silent } from './support.ts'

const token = 'a-token-of-forty-bytes-for-those-who-tell'
const repository = 'https://github.com/acme/shop'

function api({ known = token, ready = true } = {}) {
  const cluster = memoryCluster()
  const temporal = memorySources()
  cluster.put(kinds.App, { metadata: { ...shop }, spec: { source: { repository, branch: 'main' } } })
  const metrics = prometheusMetrics()
  const answer = events({
    token: known ? eventsToken(known) : undefined,
    apps: declaredApps(cluster.kubernetes, kinds.App, cluster.watched(kinds.App)),
    ready: () => ready,
    sources: temporal.sources,
    metrics,
    log: silent,
    bodyWithin: 1_000,
  })
  const routes = [{ methods: ['POST'], path: '/events', access: 'events-token', answer }] as const
  return { ...temporal, metrics, app: server({ routes, metrics, log: silent }) }
}

let parts: ReturnType<typeof api>
beforeEach(() => {
  parts = api()
})

const attributes = { specversion: '1.0', id: 'e-1', source: '/ci', type: 'dev.slipway.source.moved' }
const moved = { repository, ref: 'refs/heads/main', after: sha }

async function send(headers: Record<string, string | undefined>, body: string | Uint8Array) {
  const given = { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers }
  const sent = Object.entries(given).filter((entry): entry is [string, string] => entry[1] !== undefined)
  const reply = await parts.app.request('/events', { method: 'POST', headers: sent, body })
  const answer = (await reply.json()) as { code?: string; status?: string | number; pointer?: string }
  return { reply, says: reply.status < 300 ? answer.status : answer.code, pointer: answer.pointer }
}

const binary = (change: Record<string, string | undefined>, data: object) => {
  const headers = Object.entries({ ...attributes, ...change }).map(([name, value]) => [`ce-${name}`, value])
  return send(Object.fromEntries(headers), JSON.stringify(data))
}
const structured = (event: object) =>
  send({ 'content-type': 'application/cloudevents+json; charset=utf-8' }, JSON.stringify(event))

const cdEvent = (content: object) => ({ subject: { id: 's-1', type: 'change', content } })
const acme = { id: 'acme/shop', source: 'https://github.com/' }

describe.each([
  [
    'Knative’s GitHub source',
    'dev.knative.source.github.push',
    { ...goodPush, installation: undefined },
    sha,
  ],
  ['somebody’s own', 'dev.slipway.source.moved', moved, sha],
  ['somebody’s own, without a commit', 'dev.slipway.source.moved', { repository }, none],
  ['a change that was merged', 'dev.cdevents.change.merged.0.2.0', cdEvent({ repository: acme }), none],
  ['a branch', 'dev.cdevents.branch.created.0.3.0-draft', cdEvent({ repository: { id: repository } }), none],
])('%s makes the App look again', (_, type, data, after) => {
  const looks = (delivery: string) => [
    { app: 'default/shop', moved: { ref: 'refs/heads/main', after, delivery } },
  ]

  test('with its attributes in headers', async () => {
    const { reply, says } = await binary({ type }, data)
    expect([reply.status, says]).toEqual([202, 'accepted'])
    expect(parts.looks).toEqual(looks('e-1 of /ci'))
  })

  test('with all of it as JSON', async () => {
    const { reply, says } = await structured({ ...attributes, type, data })
    expect([reply.status, says]).toEqual([202, 'accepted'])
    expect(parts.looks).toEqual(looks('e-1 of /ci'))
  })
})

test('who pushed is not taken from an event, which GitHub did not sign', async () => {
  const data = { ...goodPush, sender: { login: 'ana' }, pusher: { name: 'ana' } }
  await binary({ type: 'dev.knative.source.github.push' }, data)
  expect(parts.looks).toHaveLength(1)
  expect(parts.looks[0]?.moved).not.toHaveProperty('pusher')
})

test('the host may be told by the source of a CDEvent alone', async () => {
  const type = 'dev.cdevents.change.merged.0.2.0'
  const data = cdEvent({ repository: { id: 'acme/shop' } })
  expect((await binary({ type, source: 'https://github.com' }, data)).says).toBe('accepted')
})

test('what a header cannot hold is written as in a URL; what then looks odd is made visible', async () => {
  await binary({ id: 'e%20%C3%BC', source: '/ci%0A' }, moved)
  expect(parts.looks[0]?.moved.delivery).toBe('e ü of /ci\\u{a}')
  await binary({ id: '100%' }, moved)
  expect(parts.looks[1]?.moved.delivery).toBe('100% of /ci')
})

test.each([
  ['another type', { type: 'com.example.brewed' }, {}, 'ignored:type'],
  ['another CDEvent', { type: 'dev.cdevents.change.created.0.2.0' }, {}, 'ignored:type'],
  ['another repository', {}, { repository: 'https://github.com/acme/other' }, 'ignored:repo-not-registered'],
  ['another branch', {}, { repository, ref: 'refs/heads/other' }, 'ignored:branch'],
  ['a tag', { type: 'dev.knative.source.github.push' }, { ...goodPush, ref: 'refs/tags/v1' }, 'ignored:tag'],
] as const)('%s is answered and nothing follows', async (_, change, data, says) => {
  const answer = await binary(change, data)
  expect([answer.reply.status, answer.says]).toEqual([202, says])
  expect(parts.looks).toEqual([])
})

test.each([
  ['no repository', {}, {}, [422, 'invalid-payload', '/repository']],
  ['a ref that is no branch', {}, { ...moved, ref: 'main' }, [422, 'invalid-payload', '/ref']],
  ['half a commit', {}, { ...moved, after: sha.slice(0, 7) }, [422, 'invalid-payload', '/after']],
  [
    'a push without a repository',
    { type: 'dev.knative.source.github.push' },
    moved,
    [422, 'invalid-payload', '/before'],
  ],
  [
    'a CDEvent without a subject',
    { type: 'dev.cdevents.change.merged.0.2.0' },
    {},
    [422, 'invalid-payload', '/subject'],
  ],
  ['no id', { id: undefined }, moved, [400, 'no-cloud-event', undefined]],
  ['no type', { type: undefined }, moved, [400, 'no-cloud-event', undefined]],
  ['another version', { specversion: '0.3' }, moved, [400, 'no-cloud-event', undefined]],
  ['an id of 10 KB', { id: 'i'.repeat(10_000) }, moved, [400, 'no-cloud-event', undefined]],
] as const)('%s is refused and named', async (_, change, data, expected) => {
  const { reply, says, pointer } = await binary(change, data)
  expect([reply.status, says, pointer]).toEqual(expected)
  expect(reply.headers.get('content-type')).toBe('application/problem+json')
  expect(parts.looks).toEqual([])
})

test.each([
  ['without data', { ...attributes }, '/data'],
  ['with data in base64', { ...attributes, data_base64: 'e30=' }, '/data'],
  ['of another version', { ...attributes, specversion: '2.0', data: moved }, '/specversion'],
  ['without a source', { ...attributes, source: undefined, data: moved }, '/source'],
])('one as JSON %s is refused and named', async (_, event, pointer) => {
  const answer = await structured(event)
  expect([answer.reply.status, answer.says, answer.pointer]).toEqual([422, 'invalid-payload', pointer])
})

test.each([
  ['a batch', 'application/cloudevents-batch+json'],
  ['XML', 'application/cloudevents+xml'],
  ['a form', 'application/x-www-form-urlencoded'],
  ['nothing', undefined],
])('%s is not taken', async (_, type) => {
  const { reply, says } = await send({ 'content-type': type }, new TextEncoder().encode('[]'))
  expect([reply.status, says]).toEqual([415, 'content-type'])
})

test.each([
  ['no token', undefined],
  ['an empty one', 'Bearer '],
  ['another', `Bearer ${token}x`],
  ['the token as a password', `Basic ${Buffer.from(`x:${token}`).toString('base64')}`],
])('%s: refused before anything is read', async (_, authorization) => {
  const { reply, says } = await send({ authorization }, '{')
  expect([reply.status, says]).toEqual([401, 'token-required'])
  expect(parts.looks).toEqual([])
})

test('without a token in the settings no event is taken', async () => {
  parts = api({ known: '' })
  const { reply, says } = await binary({}, moved)
  expect([reply.status, says]).toEqual([503, 'events-disabled'])
})

test('a short token is none', () => {
  expect(() => eventsToken('short')).toThrow('at least 32 bytes')
})

test('without Temporal, and before the Apps are known, there is no 2xx', async () => {
  parts.setAway(true)
  expect((await binary({}, moved)).says).toBe('not-durable')
  parts = api({ ready: false })
  const { reply, says } = await binary({}, moved)
  expect([reply.status, says]).toEqual([503, 'not-durable'])
})

test('answers are counted by what they say', async () => {
  await binary({}, moved)
  await send({ authorization: undefined }, '{}')
  const text = await parts.metrics.text()
  expect(text).toContain('slipway_api_events_total{result="accepted"} 1')
  expect(text).toContain('slipway_api_events_total{result="token-required"} 1')
})
