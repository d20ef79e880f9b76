// Webhooks: their shape is the published one, they are sent once, listed, and sent again on request; and what can go wrong.
import { createRequire } from 'node:module'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { jwt, type Stage, stage } from './stage.ts'

interface Examples {
  readonly name: string
  readonly examples: readonly { readonly action?: string; readonly installation?: unknown }[]
}
const published: readonly Examples[] = createRequire(import.meta.url)('@octokit/webhooks-examples')

let on: Stage
let sha: string
let app: string
let installation: string
beforeAll(async () => {
  on = await stage()
  sha = await on.commit('a', '1')
  await on.git('push', '--quiet', 'origin', 'main')
  app = `Bearer ${jwt(on.github.app)}`
  installation = `Bearer ${await on.token()}`
})
afterAll(() => on.close())
afterEach(async () => {
  on.github.calm()
  await on.github.settled()
})

const newRun = async (name = 'slipway / shop') =>
  (await on.ask('POST', '/repos/acme/shop/check-runs', { name, head_sha: sha }, installation)).body
    .id as number

/** What comes of this, oldest first. */
async function cameOf(happens: () => unknown) {
  const before = on.came.length
  await happens()
  await on.github.settled()
  return on.came.slice(before)
}

const names = (came: Awaited<ReturnType<typeof cameOf>>) =>
  came.map(({ body }) => JSON.parse(body)).map(({ check_run }) => check_run.name)

describe('the shape of a webhook', () => {
  test('has every field that the published examples have', async () => {
    const run = await newRun()
    on.github.press(run, 'approve', 'ana')
    on.github.rerequest(run, 'ana')
    await on.github.rerequestAll('acme/shop', sha, 'ana')
    await on.git('push', '--quiet', 'origin', 'main:refs/heads/x')
    await on.github.openPull('acme/shop', { branch: 'x', login: 'ana' })
    await on.git('push', '--quiet', 'origin', `${await on.commit('x', '1')}:refs/heads/x`)
    await on.git('push', '--quiet', 'origin', ':x')
    await on.github.createRepository('acme/other')
    await on.github.renameRepository('acme/other', 'another')
    await on.github.createRepository('globex/site')
    on.github.uninstall('globex')
    await on.github.settled()
    const payloads = on.came.map(({ headers, body }) => ({
      event: headers['x-github-event'],
      payload: JSON.parse(body),
    }))
    const missing = payloads.flatMap(({ event, payload }) => {
      const example = exampleOf(String(event), payload.action)
      return missingFrom(payload, example).map((path) => `${event} ${path}`)
    })
    expect(new Set(payloads.map(({ event }) => event))).toEqual(
      new Set([
        'push',
        'create',
        'delete',
        'check_run',
        'check_suite',
        'pull_request',
        'installation',
        'installation_repositories',
        'repository',
      ]),
    )
    expect(missing).toEqual([])
  })
  test('of a pressed button names who pressed which', async () => {
    const run = await newRun()
    await on.github.settled()
    const [pressed] = await cameOf(() => on.github.press(run, 'approve', 'ben'))
    expect(pressed?.headers['x-github-event']).toBe('check_run')
    expect(JSON.parse(pressed?.body ?? '')).toMatchObject({
      action: 'requested_action',
      requested_action: { identifier: 'approve' },
      check_run: { id: run, head_sha: sha, app: { id: on.github.app.id } },
      sender: { login: 'ben' },
      installation: { id: on.shop.installation },
    })
  })
})

describe('the list of deliveries', () => {
  test('tells which failed, and one is sent again with the same id', async () => {
    on.github.disturb({ drop: 1 })
    expect(await cameOf(() => newRun('dropped'))).toEqual([])
    const failed = await on.ask('GET', '/app/hook/deliveries?status=failure', undefined, app)
    expect(failed.body).toMatchObject([{ event: 'check_run', action: 'created', redelivery: false }])
    const [{ id, guid }] = failed.body
    const [again] = await cameOf(() => on.ask('POST', `/app/hook/deliveries/${id}/attempts`, undefined, app))
    expect(again?.headers['x-github-delivery']).toBe(guid)
    const [latest] = (await on.ask('GET', '/app/hook/deliveries', undefined, app)).body
    expect(latest).toMatchObject({ guid, redelivery: true, status: 'OK', status_code: 202 })
  })
  test('comes in pages', async () => {
    await cameOf(async () => {
      for (const name of ['p1', 'p2', 'p3']) await newRun(name)
    })
    const first = await on.ask('GET', '/app/hook/deliveries?per_page=2', undefined, app)
    const [, next = ''] = /<([^>]+)>; rel="next"/.exec(first.headers.get('link') ?? '') ?? []
    const second = await on.ask('GET', next.slice(on.github.apiUrl.length), undefined, app)
    const ids = [...first.body, ...second.body].map(({ id }) => id)
    expect(ids).toHaveLength(4)
    expect(ids).toEqual(ids.toSorted((one, other) => other - one))
  })
  test('says so when nobody answers', async () => {
    on.github.sendTo({ url: 'http://127.0.0.1:1/', secret: 'x' })
    await cameOf(() => newRun())
    on.github.sendTo({ url: `${on.receiver}/webhooks/github`, secret: 'x' })
    const [latest] = on.github.deliveries().toReversed()
    expect(latest).toMatchObject({ status: 'failed to connect to host', status_code: 502 })
  })
})

describe('a bad day', () => {
  test('sends each one again and again', async () => {
    on.github.disturb({ duplicate: 99 })
    const came = await cameOf(() => newRun())
    expect(came).toHaveLength(100)
    expect(new Set(came.map(({ headers }) => headers['x-github-delivery'])).size).toBe(1)
  })
  test('turns the order around', async () => {
    on.github.disturb({ reorder: 3 })
    const came = await cameOf(async () => {
      for (const name of ['one', 'two', 'three']) await newRun(name)
    })
    expect(names(came)).toEqual(['three', 'two', 'one'])
  })
  test('holds back what has no successor until it is over', async () => {
    on.github.disturb({ reorder: 3 })
    expect(await cameOf(() => newRun('held'))).toEqual([])
    expect(names(await cameOf(() => on.github.calm()))).toEqual(['held'])
  })
  test('loses one so that nothing is known of it', async () => {
    on.github.disturb({ lose: 1 })
    const before = on.github.deliveries().length
    expect(await cameOf(() => newRun('lost'))).toEqual([])
    expect(on.github.deliveries()).toHaveLength(before)
    expect(names(await cameOf(() => newRun('next')))).toEqual(['next'])
  })
  test('is late', async () => {
    on.github.disturb({ delay: 300 })
    const began = Date.now()
    expect(await cameOf(() => newRun())).toHaveLength(1)
    expect(Date.now() - began).toBeGreaterThanOrEqual(300)
  })
})

function exampleOf(event: string, action: unknown): unknown {
  const all = published.find(({ name }) => name === event)?.examples ?? []
  const sameAction = all.filter((one) => one.action === action)
  return sameAction.find(({ installation }) => installation) ?? sameAction[0]
}

// What an App may do is its own matter, and a run belongs to a deployment only where GitHub Actions made it.
const apart = /\/permissions$|^\/check_run\/deployment$/

/** Where the example has a field that ours has not. */
function missingFrom(ours: unknown, example: unknown, at = ''): readonly string[] {
  if (typeof example !== 'object' || example === null || Array.isArray(example)) return []
  if (typeof ours !== 'object' || ours === null) return []
  return Object.entries(example).flatMap(([name, value]) => {
    const path = `${at}/${name}`
    if (apart.test(path)) return []
    return name in ours ? missingFrom((ours as Record<string, unknown>)[name], value, path) : [path]
  })
}
