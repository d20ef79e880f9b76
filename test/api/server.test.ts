// One door for failures: what a stranger learns of them, and what the metrics make of odd requests.
import { expect, test, vi } from 'vitest'
import { alive, lately, readiness, writable } from '../../api/health.ts'
import { prometheusMetrics } from '../../api/metrics.ts'
import { type Route, server } from '../../api/server.ts'
import { silent } from './support.ts'

function api(answer: Route['answer']) {
  const metrics = prometheusMetrics()
  const routes: Route[] = [{ methods: ['GET'], path: '/things/:name', access: 'anyone', answer }]
  return { metrics, app: server({ routes, metrics, log: silent }) }
}

test('what goes wrong inside stays inside', async () => {
  const { app } = api(async () => {
    throw new Error('the password is swordfish')
  })
  const reply = await app.request('/things/zanzibar')
  const text = await reply.text()
  expect(reply.status).toBe(500)
  expect(JSON.parse(text)).toMatchObject({ code: 'internal', status: 500 })
  expect(text).not.toMatch(/swordfish|\bat /)
})

test('a path is echoed short and without what a terminal or a page would act on', async () => {
  const { app } = api(async () => new Response())
  const path = `/%1b%5b31m%e2%80%ae${'x'.repeat(5_000)}`
  const { detail } = (await (await app.request(path)).json()) as { detail: string }
  expect(detail).toContain('\\u{1b}[31m\\u{202e}')
  expect(detail.length).toBeLessThan(300)
})

test('metrics carry the route’s pattern, never a path or a method of a stranger’s making', async () => {
  const { app, metrics } = api(async () => new Response('ok'))
  await app.request('/things/zanzibar')
  await app.request('/things/timbuktu')
  await app.request('/other/samarkand', { method: 'BREW' })
  const text = await metrics.text()
  expect(text).toContain(
    'slipway_api_request_duration_seconds_count{route="/things/:name",method="GET",status="200"} 2',
  )
  expect(text).toContain('route="unmatched",method="other",status="404"')
  expect(text).not.toMatch(/zanzibar|timbuktu|samarkand|BREW/)
})

test('ready is when every part is, and each says what it lacks', async () => {
  let temporal: string | undefined = 'has not answered yet'
  const ready = readiness({ temporal: () => temporal, 'git root': writable('/nowhere/at/all') })
  const reply = await ready()
  expect(reply.status).toBe(503)
  expect(await reply.json()).toMatchObject({
    parts: { temporal: 'has not answered yet', 'git root': '/nowhere/at/all is not writable' },
  })
  temporal = undefined
  expect((await readiness({ temporal: () => temporal, root: writable('/tmp') })()).status).toBe(200)
  expect((await alive()).status).toBe(200)
})

test('an answer counts for a while and then no longer', async () => {
  let now = 0
  let away = false
  const asked = vi.fn(async () => {
    if (away) throw new Error('away')
  })
  const { check, stop } = lately(asked, { every: 5, counts: 1_000, now: () => now })
  await vi.waitFor(() => expect(check()).toBeUndefined())
  away = true
  now = 1_000
  await vi.waitFor(() => expect(asked.mock.calls.length).toBeGreaterThan(3))
  now += 1_000
  expect(check()).toMatch(/has not answered for \d+ s/)
  away = false
  await vi.waitFor(() => expect(check()).toBeUndefined())
  stop()
})
