// Check runs: made, moved on and finished by their App, and refused where GitHub refuses them.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Stage, stage } from './stage.ts'

let on: Stage
let sha: string
let authorization: string
beforeAll(async () => {
  on = await stage()
  sha = await on.commit('a', '1')
  await on.git('push', '--quiet', 'origin', 'main')
  authorization = `Bearer ${await on.token({ repositories: ['shop'], permissions: { checks: 'write' } })}`
})
afterAll(() => on.close())
afterEach(() => expect(on.github.violations()).toEqual([]))

const runs = '/repos/acme/shop/check-runs'
const create = (change: object = {}) =>
  on.ask('POST', runs, { name: 'slipway / shop', head_sha: sha, ...change }, authorization)

describe('a check run', () => {
  test('is made, moves on and is finished', async () => {
    const made = await create({ external_id: 'release/default/shop/1', status: 'in_progress' })
    expect(made.status).toBe(201)
    expect(made.body).toMatchObject({ status: 'in_progress', conclusion: null, head_sha: sha })
    const finished = await on.ask(
      'PATCH',
      `${runs}/${made.body.id}`,
      { conclusion: 'success' },
      authorization,
    )
    expect(finished.body).toMatchObject({ id: made.body.id, status: 'completed', conclusion: 'success' })
  })
})
