// An App made from a manifest: one page, one click, one code, one key; and then it is installed and asks the API.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { jwt, type Stage, stage } from './stage.ts'

let on: Stage
let now = Date.now()
beforeAll(async () => {
  on = await stage({ now: () => now })
})
afterAll(() => on.close())

const manifest = {
  name: 'Slipway of acme',
  url: 'https://slipway.example.com',
  redirect_url: 'http://127.0.0.1:9999/callback',
  hook_attributes: { url: 'https://slipway.example.com/webhooks/github' },
  default_permissions: { contents: 'read', checks: 'write' },
  default_events: ['push', 'check_run'],
  public: false,
}

const submit = (path: string, fields: Record<string, string>) =>
  fetch(`${on.github.url}${path}`, { method: 'POST', redirect: 'manual', body: new URLSearchParams(fields) })

/** Posts the manifest, and clicks the button of the page that comes. */
async function click(text = JSON.stringify(manifest), account = '') {
  const path = `${account}/settings/apps/new`
  const page = await (await submit(`${path}?state=xyz`, { manifest: text })).text()
  expect(page).toContain('Create GitHub App')
  const answer = await submit(`${path}/from-manifest`, { manifest: text, state: 'xyz' })
  return new URL(answer.headers.get('location') ?? '')
}

describe('a manifest', () => {
  test('becomes an App that the API knows and that can be installed', async () => {
    const back = await click(undefined, '/organizations/acme')
    expect(back.origin + back.pathname).toBe(manifest.redirect_url)
    expect(back.searchParams.get('state')).toBe('xyz')
    const made = await on.ask('POST', `/app-manifests/${back.searchParams.get('code')}/conversions`)
    expect(made.status).toBe(201)
    expect(made.body).toMatchObject({ slug: 'slipway-of-acme', owner: { login: 'acme' } })
    expect(made.body.webhook_secret.length).toBeGreaterThanOrEqual(32)
    const app = `Bearer ${jwt({ id: made.body.id, privateKey: made.body.pem })}`
    expect((await on.ask('GET', '/app/installations', undefined, app)).body).toEqual([])
    expect((await on.ask('GET', '/app', undefined, app)).body.permissions).toMatchObject({ checks: 'write' })

    await submit(`/apps/${made.body.slug}/installations/new`, { install: 'acme' })
    const installed = await on.ask('GET', '/app/installations', undefined, app)
    expect(installed.body).toMatchObject([{ app_id: made.body.id, account: { login: 'acme' } }])
  })
  test('is worth its App once, and for an hour', async () => {
    const code = (await click()).searchParams.get('code')
    expect((await on.ask('POST', `/app-manifests/${code}/conversions`)).status).toBe(201)
    expect((await on.ask('POST', `/app-manifests/${code}/conversions`)).status).toBe(404)
    const late = (await click()).searchParams.get('code')
    now += 3_600_000
    expect((await on.ask('POST', `/app-manifests/${late}/conversions`)).status).toBe(404)
  })
  test.each([
    ['no JSON', '{', /no JSON/],
    ['no address', JSON.stringify({ ...manifest, url: undefined }), /url/],
    [
      'an event it may not see',
      JSON.stringify({ ...manifest, default_events: ['deployment'] }),
      /deployment/,
    ],
    ['a long name', JSON.stringify({ ...manifest, name: 'x'.repeat(35) }), /34/],
  ])('with %s makes none', async (_, text, why) => {
    const answer = await submit('/settings/apps/new', { manifest: text })
    expect(answer.status).toBe(422)
    expect(await answer.text()).toMatch(why)
  })
})
