// How often the API may be asked, and how it fails when it is told to.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { limits } from '../../../local/github/limits.ts'
import { Refusal } from '../../../local/github/refusal.ts'
import { type Stage, stage } from './stage.ts'

/** Calls this often; returns what the last one was refused with. */
function refusedAfter(calls: number, spend: (index: number) => unknown): Refusal | undefined {
  for (let index = 0; index < calls; index += 1) {
    try {
      spend(index)
    } catch (error) {
      if (error instanceof Refusal && index === calls - 1) return error
      throw error
    }
  }
  return undefined
}

describe('the limits', () => {
  test('let 80 pieces of content through a minute', () => {
    let now = 0
    const { spend } = limits(() => now)
    const refusal = refusedAfter(81, () => spend('a', 'POST', true))
    expect(refusal).toMatchObject({ status: 403, headers: { 'retry-after': '60' } })
    now = 60_001
    expect(() => spend('a', 'POST', true)).not.toThrow()
    expect(() => spend('b', 'POST', true)).not.toThrow()
  })
  test('let 500 pieces of content through an hour', () => {
    let now = 0
    const { spend } = limits(() => now)
    const slowly = () => {
      now += 2_000
      return spend('a', 'POST', true)
    }
    expect(refusedAfter(501, slowly)?.headers['retry-after']).toBe(String(3_600 - 1_000))
  })
  test('let 900 points through a minute: five for what changes something', () => {
    const { spend } = limits(() => 0)
    expect(refusedAfter(181, () => spend('a', 'PATCH', false))?.status).toBe(403)
    expect(() => spend('b', 'GET', false)).not.toThrow()
  })
  test('let 5,000 through an hour, and say when there are more', () => {
    let now = 0
    const { spend } = limits(() => now)
    const steadily = () => {
      now += 100
      return spend('a', 'GET', false)
    }
    expect(steadily()).toMatchObject({ 'x-ratelimit-limit': '5000', 'x-ratelimit-remaining': '4999' })
    const refusal = refusedAfter(5_000, steadily)
    expect(refusal?.headers).toMatchObject({ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '3601' })
    now = 3_700_000
    expect(steadily()).toMatchObject({ 'x-ratelimit-remaining': '4999' })
  })
})

describe('the API on a bad day', () => {
  let on: Stage
  let sha: string
  let authorization: string
  beforeAll(async () => {
    on = await stage()
    sha = await on.commit('a', '1')
    await on.git('push', '--quiet', 'origin', 'main')
    authorization = `Bearer ${await on.token()}`
  })
  afterAll(() => on.close())
  afterEach(() => on.github.calm())

  const read = () => on.ask('GET', '/repos/acme/shop', undefined, authorization)
  const write = () =>
    on.ask('POST', '/repos/acme/shop/check-runs', { name: 'x', head_sha: sha }, authorization)

  test('fails so many times', async () => {
    on.github.disturb({ api: { status: 502, times: 2 } })
    expect([(await read()).status, (await write()).status, (await read()).status]).toEqual([502, 502, 200])
  })
  test.each([403, 429] as const)('says with %d when to come again', async (status) => {
    on.github.disturb({ api: { status, times: 1, retryAfter: 7 } })
    const answer = await read()
    expect(answer.status).toBe(status)
    expect(answer.headers.get('retry-after')).toBe('7')
  })
  test('fails for some calls alone', async () => {
    on.github.disturb({ api: { status: 500, times: 1, method: 'POST', path: '/check-runs' } })
    expect([(await read()).status, (await write()).status]).toEqual([200, 500])
  })
  test('loses the answer to what it has done', async () => {
    const before = on.github.checkRuns('acme/shop').length
    on.github.disturb({ api: { status: 504, times: 1, after: true } })
    expect((await write()).status).toBe(504)
    expect(on.github.checkRuns('acme/shop')).toHaveLength(before + 1)
  })
  test('remembers what it was asked', async () => {
    await read()
    expect(on.github.calls().at(-1)).toEqual({ method: 'GET', path: '/repos/acme/shop', status: 200 })
  })
  test('counts what it is asked', async () => {
    const [one, other] = [await read(), await read()]
    const left = (answer: typeof one) => Number(answer.headers.get('x-ratelimit-remaining'))
    expect(left(one) - left(other)).toBe(1)
  })
})
