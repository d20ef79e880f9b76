// Who may ask for what: an App's JWT is really verified, and a token opens what it was narrowed to and nothing else.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { newKey } from '../../../local/github/key.ts'
import { anaToken, jwt, type Stage, stage } from './stage.ts'

let on: Stage
let now = 0
let sha: string
beforeAll(async () => {
  on = await stage({ now: () => Date.now() + now })
  sha = await on.commit('a', '1')
  await on.git('push', '--quiet', 'origin', 'main')
  await on.github.createRepository('acme/other')
})
afterAll(() => on.close())
afterEach(() => {
  on.github.calm()
  now = 0
})

const seconds = () => Math.floor(Date.now() / 1000)
const asApp = (claims = {}, key: { id: number; privateKey: string } = on.github.app) =>
  on.ask('GET', '/app', undefined, `Bearer ${jwt(key, claims)}`)

describe("an App's JWT", () => {
  test('names the App by its number or its client id', async () => {
    expect((await asApp()).body).toMatchObject({ id: on.github.app.id, installations_count: 1 })
    expect((await asApp({ iss: on.github.app.clientId })).status).toBe(200)
  })
  test.each([
    ['has passed', () => ({ exp: seconds() - 1 })],
    ['is good for too long', () => ({ exp: seconds() + 660 })],
    ['was made in the future', () => ({ iat: seconds() + 60 })],
    ['has no beginning', () => ({ iat: undefined })],
    ['is of nobody', () => ({ iss: 1 })],
  ])('is refused when it %s', async (_, claims) => expect((await asApp(claims())).status).toBe(401))
  test('is refused when another key signed it', async () => {
    expect((await asApp({}, { id: on.github.app.id, privateKey: newKey() })).status).toBe(401)
  })
  test('is refused when the key is revoked, and taken when it is back', async () => {
    on.github.disturb({ keyRevoked: true })
    expect((await asApp()).status).toBe(401)
    on.github.calm()
    expect((await asApp()).status).toBe(200)
  })
  test('is refused by a clock that is wrong, which the answer shows', async () => {
    now = -3_600_000
    const { status, headers } = await asApp()
    expect(status).toBe(401)
    expect(Math.abs(Date.parse(headers.get('date') ?? '') - (Date.now() + now))).toBeLessThan(5_000)
  })
})

const token = (narrowed: object) => on.token(narrowed)
const createRun = (authorization: string, repository = 'shop') =>
  on.ask(
    'POST',
    `/repos/acme/${repository}/check-runs`,
    { name: 'x', head_sha: sha },
    `Bearer ${authorization}`,
  )

describe('an installation token', () => {
  test('is longer than anybody may count on, and names the App', async () => {
    const text = await token({})
    expect(text).toMatch(new RegExp(`^ghs_${on.github.app.id}_[\\w-]+\\.[\\w-]+\\.[\\w-]+$`))
    expect(text.length).toBeGreaterThan(40)
  })
  test('without a permission is no integration that may', async () => {
    const { status, body } = await createRun(await token({ permissions: { contents: 'read' } }))
    expect(status).toBe(403)
    expect(body.message).toBe('Resource not accessible by integration')
  })
  test('with reading does not write', async () => {
    expect((await createRun(await token({ permissions: { checks: 'read' } }))).status).toBe(403)
  })
  test('does not see other repositories', async () => {
    const narrow = await token({ repositories: ['other'] })
    expect((await createRun(narrow)).status).toBe(404)
    const byNumber = await token({ repository_ids: [on.shop.id] })
    expect((await createRun(byNumber)).status).toBe(201)
  })
  test('is good for an hour', async () => {
    const text = await token({})
    now = 3_599_000
    expect((await createRun(text)).status).toBe(201)
    now = 3_601_000
    expect((await createRun(text)).status).toBe(401)
  })
  test.each([
    ['a permission the App has not', { permissions: { administration: 'write' } }],
    ['a repository that is not there', { repositories: ['nothing'] }],
  ])('is not given for %s', async (_, narrowed) => {
    const path = `/app/installations/${on.shop.installation}/access_tokens`
    expect((await on.ask('POST', path, narrowed, `Bearer ${jwt(on.github.app)}`)).status).toBe(422)
  })
  test('is worthless when the App is no longer installed', async () => {
    const text = await token({})
    on.github.disturb({ uninstalled: true })
    expect((await createRun(text)).status).toBe(401)
    const installation = on.ask(
      'GET',
      '/repos/acme/shop/installation',
      undefined,
      `Bearer ${jwt(on.github.app)}`,
    )
    expect((await installation).status).toBe(404)
    on.github.calm()
    expect((await createRun(await token({}))).status).toBe(201)
  })
  test('does less when a permission is taken from the App', async () => {
    const text = await token({})
    on.github.disturb({ denied: ['checks'] })
    expect((await createRun(text)).status).toBe(403)
  })
})

describe('anybody else', () => {
  test('writes no checks', async () => expect((await createRun(anaToken)).status).toBe(403))
  test('is asked who it is', async () => {
    expect((await on.ask('GET', '/repos/acme/shop')).status).toBe(401)
    expect((await on.ask('GET', '/repos/acme/shop', undefined, 'Bearer ghs_x')).status).toBe(401)
  })
})

describe('what somebody may do', () => {
  test.each([
    ['ana', 'write'],
    ['ben', 'read'],
  ])('%s: %s', async (login, permission) => {
    const path = `/repos/acme/shop/collaborators/${login}/permission`
    const { body } = await on.ask('GET', path, undefined, `Bearer ${await token({})}`)
    expect(body).toMatchObject({ permission, role_name: permission, user: { login } })
  })
  test('a stranger is nobody', async () => {
    const path = '/repos/acme/shop/collaborators/eve/permission'
    expect((await on.ask('GET', path, undefined, `Bearer ${await token({})}`)).status).toBe(404)
  })
})

describe('a repository with a new name', () => {
  test('is found by its number, where its old name leads', async () => {
    const { id } = await on.github.createRepository('acme/old')
    await on.github.renameRepository('acme/old', 'new')
    const authorization = `Bearer ${await token({})}`
    const moved = await on.ask('GET', '/repos/acme/old', undefined, authorization)
    expect(moved.status).toBe(301)
    expect(moved.headers.get('location')).toBe(`${on.github.apiUrl}/repositories/${id}`)
    const found = await on.ask('GET', `/repositories/${id}`, undefined, authorization)
    expect(found.body.full_name).toBe('acme/new')
    const rest = await on.ask('GET', '/repos/acme/old/deployments?task=x', undefined, authorization)
    expect(rest.headers.get('location')).toBe(`${on.github.apiUrl}/repositories/${id}/deployments?task=x`)
    const run = { name: 'x', head_sha: sha }
    expect((await on.ask('POST', '/repos/acme/old/check-runs', run, authorization)).status).toBe(307)
  })
})
