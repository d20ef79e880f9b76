// The API in whole: every operation answers as GitHub publishes it, and a request that is not as published is refused.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { publishedDescription } from '../../../local/github/description.ts'
import { jwt, type Stage, stage } from './stage.ts'

let on: Stage
let sha: string
let app: string
let installation: string
beforeAll(async () => {
  on = await stage()
  await on.commit('a', '1')
  sha = await on.commit('b', '2')
  await on.git('push', '--quiet', 'origin', 'main', 'main:refs/heads/feature/x')
  app = `Bearer ${jwt(on.github.app)}`
  installation = `Bearer ${await on.token()}`
})
afterAll(() => on.close())

const repo = '/repos/acme/shop'
const get = (path: string, authorization = installation) => on.ask('GET', path, undefined, authorization)

describe('what is asked as published', () => {
  test('is answered as published', async () => {
    const run = await on.ask('POST', `${repo}/check-runs`, { name: 'x', head_sha: sha }, installation)
    const deployment = await on.ask(
      'POST',
      `${repo}/deployments`,
      { ref: sha, auto_merge: false, required_contexts: [], environment: 'default/shop' },
      installation,
    )
    const statuses = `${repo}/deployments/${deployment.body.id}/statuses`
    await on.ask(
      'POST',
      statuses,
      { state: 'success', environment_url: 'https://shop.example.com' },
      installation,
    )
    await on.ask(
      'POST',
      `${repo}/statuses/${sha}`,
      { state: 'pending', context: 'slipway/shop' },
      installation,
    )
    await on.github.settled()
    const [delivery] = (await get('/app/hook/deliveries', app)).body
    const asked = [
      get('/app', app),
      get('/app/installations', app),
      get(`/app/installations/${on.shop.installation}`, app),
      get('/app/hook/config', app),
      get(`/app/hook/deliveries/${delivery.id}`, app),
      get(`${repo}/installation`, app),
      get('/installation/repositories'),
      get(repo),
      get(`/repositories/${on.shop.id}`),
      get(`${repo}/branches/main`),
      get(`${repo}/branches/feature/x`),
      get(`${repo}/commits/main`),
      get(`${repo}/compare/${sha}~1...${sha}`),
      get(`${repo}/collaborators/ana/permission`),
      get(`${repo}/commits/${sha}/check-runs`),
      get(`${repo}/check-runs/${run.body.id}`),
      get(`${repo}/check-runs/${run.body.id}/annotations`),
      get(`${repo}/deployments`),
      get(statuses),
      get(`${repo}/commits/${sha}/statuses`),
    ]
    const statusesOfAll = (await Promise.all(asked)).map(({ status }) => status)
    expect(on.github.violations()).toEqual([])
    expect(statusesOfAll).toEqual(asked.map(() => 200))
  })
})

describe('what is not as published', () => {
  test.each([
    ['a body that is none', 'POST', '/repos/acme/shop/check-runs', undefined],
    ['a number that is none', 'GET', '/repos/acme/shop/check-runs/first', undefined],
    ['a filter that is none', 'GET', '/repos/acme/shop/commits/main/check-runs?status=done', undefined],
  ])('%s is refused and remembered', async (_, method, path, body) => {
    const before = on.github.violations().length
    expect((await on.ask(method, path, body, installation)).status).toBe(422)
    expect(on.github.violations()).toHaveLength(before + 1)
  })
  test('a name that GitHub passes over is remembered', async () => {
    const output = { title: 't', summary: 's', anotations: [] }
    const run = { name: 'x', head_sha: sha, detail_url: 'https://slipway.example.com', output }
    expect((await on.ask('POST', `${repo}/check-runs`, run, installation)).status).toBe(201)
    await get(`${repo}/commits/main/check-runs?name=x`)
    expect(
      on.github
        .violations()
        .slice(-3)
        .map((text) => text.split(' ')[2]),
    ).toEqual(['body/detail_url', 'body/output/anotations', 'name'])
  })
  test('what the local GitHub does not serve is remembered', async () => {
    expect((await get('/repos/acme/shop/topics')).status).toBe(404)
    expect(on.github.violations().at(-1)).toContain('/topics')
  })
  test('an answer is refused too', async () => {
    const operation = publishedDescription()('GET', '/repos/acme/shop/check-runs/1')
    const { body } = await on.ask('POST', `${repo}/check-runs`, { name: 'x', head_sha: sha }, installation)
    expect(operation?.answer(200, body)).toEqual([])
    expect(operation?.answer(200, { ...body, head_sha: 1 })).toEqual(['checks/get/head_sha must be string'])
    expect(operation?.answer(200, { ...body, output: undefined })).toHaveLength(1)
    expect(operation?.answer(204, undefined)).toEqual(['checks/get never answers 204'])
  })
})
