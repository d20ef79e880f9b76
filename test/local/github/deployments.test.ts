// Deployments and commit statuses, with the defaults that surprise: merging first, waiting for every check.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Stage, stage } from './stage.ts'

let on: Stage
let sha: string
let authorization: string
beforeAll(async () => {
  on = await stage()
  await on.commit('a', '1')
  await on.git('push', '--quiet', 'origin', 'main:refs/heads/behind')
  sha = await on.commit('a', '2')
  await on.git('push', '--quiet', 'origin', 'main')
  authorization = `Bearer ${await on.token()}`
})
afterAll(() => on.close())

const repo = '/repos/acme/shop'
const deploy = (change: object = {}) =>
  on.ask(
    'POST',
    `${repo}/deployments`,
    { ref: sha, auto_merge: false, required_contexts: [], environment: 'default/shop', ...change },
    authorization,
  )
const tell = (id: number, status: object) =>
  on.ask('POST', `${repo}/deployments/${id}/statuses`, status, authorization)
function statesOf(id: number): readonly string[] {
  const statuses = on.github.deployments('acme/shop').find((one) => one.id === id)?.statuses ?? []
  return (statuses as { state: string }[]).map(({ state }) => state)
}

describe('a deployment', () => {
  test('goes through its states', async () => {
    const { status, body } = await deploy({ payload: { release: 'shop-1' }, production_environment: true })
    expect(status).toBe(201)
    expect(body).toMatchObject({ sha, environment: 'default/shop', payload: { release: 'shop-1' } })
    for (const state of ['queued', 'in_progress']) await tell(body.id, { state })
    const last = await tell(body.id, {
      state: 'success',
      environment_url: 'https://shop.example.com',
      log_url: 'https://slipway.example.com/shop/1',
    })
    expect(last.body).toMatchObject({ log_url: 'https://slipway.example.com/shop/1' })
    expect(statesOf(body.id)).toEqual(['queued', 'in_progress', 'success'])
    const found = await on.ask(
      'GET',
      `${repo}/deployments?environment=default/shop&sha=${sha}`,
      undefined,
      authorization,
    )
    expect(found.body.map(({ id }: { id: number }) => id)).toContain(body.id)
  })
  test('of production leaves the older ones active, of other places it does not', async () => {
    const environments = [
      { environment: 'production-like', production_environment: true, left: 'success' },
      { environment: 'staging', production_environment: false, left: 'inactive' },
    ]
    for (const { left, ...about } of environments) {
      const [older, newer] = [(await deploy(about)).body.id, (await deploy(about)).body.id]
      for (const id of [older, newer]) await tell(id, { state: 'success' })
      expect(statesOf(older).at(-1)).toBe(left)
      expect(statesOf(newer)).toEqual(['success'])
    }
  })
  test('merges the default branch first, unless told not to', async () => {
    const { status, body } = await deploy({ ref: 'behind', auto_merge: undefined })
    expect(status).toBe(202)
    expect(body.message).toContain('Auto-merged main into behind')
    expect((await deploy({ ref: 'behind' })).status).toBe(201)
  })
  test('waits for every check, unless told which', async () => {
    await on.ask('POST', `${repo}/check-runs`, { name: 'slipway / shop', head_sha: sha }, authorization)
    expect((await deploy({ required_contexts: undefined })).status).toBe(409)
    expect((await deploy({ required_contexts: ['slipway / shop'] })).status).toBe(409)
    expect((await deploy()).status).toBe(201)
  })
  test.each<[string, object]>([
    ['a description of 141', { state: 'success', description: 'x'.repeat(141) }],
    ['a page that is none', { state: 'success', log_url: 'javascript:alert(1)' }],
    ['a state that is none', { state: 'done' }],
  ])('takes no status with %s', async (_, status) => {
    expect((await tell((await deploy()).body.id, status)).status).toBe(422)
  })
  test('of what is not there is refused', async () =>
    expect((await deploy({ ref: 'nothing' })).status).toBe(422))
})

describe('a commit status', () => {
  const say = (status: object) => on.ask('POST', `${repo}/statuses/${sha}`, status, authorization)

  test('stands on the commit, the newest first', async () => {
    await say({ state: 'pending', context: 'slipway/shop', description: 'building' })
    await say({ state: 'success', context: 'slipway/shop', target_url: 'https://slipway.example.com' })
    const { body } = await on.ask('GET', `${repo}/commits/main/statuses`, undefined, authorization)
    expect(body.map(({ state }: { state: string }) => state)).toEqual(['success', 'pending'])
    expect(on.github.statuses('acme/shop', sha)).toMatchObject([
      { description: 'building' },
      { state: 'success' },
    ])
  })
  test('has a short description', async () => {
    expect((await say({ state: 'success', description: 'x'.repeat(141) })).status).toBe(422)
    expect((await say({ state: 'success', description: 'x'.repeat(140) })).status).toBe(201)
  })
})
