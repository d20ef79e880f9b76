import { afterEach, expect, test } from 'vitest'
import { prometheusMetrics } from '../../../platform/metrics/prometheus.ts'
import { traefikCounters } from '../../../platform/metrics/traefik.ts'
import { type Answering, httpServer, sendJson } from '../http-server.ts'

const app = { namespace: 'default', name: 'shop' }
const [stable, canary] = ['shop-1111111-aaaa', 'shop-2222222-bbbb']
const route = 'httproute-default-shop-gw-slipway-gateway-slipway-ep-web-0-98b41c72bc932cdc0037'
const service = (revision: string, position = 0) =>
  `${route}-svc-default-${revision}-${position}@kubernetesgateway`
const at = 1_790_000_000

const opened: { close: () => Promise<void> }[] = []
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close()
})
async function against(answering: Answering) {
  const server = await httpServer(answering)
  opened.push(server)
  return { metrics: prometheusMetrics({ url: server.url, pack: traefikCounters }), asked: server.asked }
}
const matrix = (...result: object[]) => ({ status: 'success', data: { resultType: 'matrix', result } })
const series = (name: string, labels: object, ...values: string[]) => ({
  metric: { __name__: `traefik_${name}`, instance: '127.0.0.1:8081', protocol: 'http', ...labels },
  values: values.map((value, index) => [at + 2 * index, value]),
})
const requests = (revision: string, code: string, ...values: string[]) =>
  series('service_requests_total', { service: service(revision), code }, ...values)
const bucket = (revision: string, le: string, value: string) =>
  series('service_request_duration_seconds_bucket', { service: service(revision), code: '200', le }, value)

test('sums codes and methods, takes the newest sample with its own time, tells the route from its revisions', async () => {
  const wrr = `${route}-wrr@kubernetesgateway`
  const { metrics, asked } = await against((_, response) =>
    sendJson(
      response,
      200,
      matrix(
        requests(stable, '200', '900', '950'),
        requests(stable, '404', '5'),
        requests(stable, '503', '1', '2'),
        bucket(stable, '0.5', '940'),
        requests(canary, '200', '10'),
        series('router_requests_total', { service: wrr, code: '200' }, '965'),
        series('router_requests_total', { service: wrr, code: '503' }, '9'),
      ),
    ),
  )
  const { counts, route: whole } = await metrics.counters(app, [stable], 0.5)
  const instance = '127.0.0.1:8081'
  expect(counts).toEqual([
    { revision: stable, instance: `${instance}#0`, at: (at + 2) * 1000, requests: 957, errors: 2, fast: 940 },
  ])
  expect(whole).toEqual([{ revision: '', instance, at: at * 1000, requests: 974, errors: 9, fast: 0 }])
  const query = new URLSearchParams(asked[0]?.body).get('query')
  expect(asked[0]).toMatchObject({ method: 'POST', url: '/api/v1/query' })
  expect(query).toContain('service=~"httproute-default-shop-gw-.*"')
  expect(query).toContain('le=~"|0\\\\.5"')
  expect(query).not.toMatch(/rate|increase/)
})

test('a revision at another position is another counter, not the same one grown', async () => {
  const moved = series('service_requests_total', { service: service(stable, 1), code: '200' }, '3')
  const { metrics } = await against((_, response) =>
    sendJson(response, 200, matrix(requests(stable, '200', '900'), moved)),
  )
  const { counts } = await metrics.counters(app, [stable])
  expect(counts.map(({ instance, requests: count }) => [instance.split('#')[1], count])).toEqual([
    ['0', 900],
    ['1', 3],
  ])
})

test('no series is no count', async () => {
  const { metrics } = await against((_, response) => sendJson(response, 200, matrix()))
  expect(await metrics.counters(app, [stable], 0.5)).toMatchObject({ counts: [], route: [] })
})

test('a bound that the gateway does not have is refused, naming those it has', async () => {
  const { metrics } = await against(({ body }, response) => {
    const bounds = new URLSearchParams(body).get('query')?.startsWith('traefik_service_request_duration')
    const found = bounds ? ['0.1', '0.5', '1.0', '+Inf'].map((le) => bucket(stable, le, '1')) : []
    sendJson(response, 200, matrix(requests(stable, '200', '1'), ...found))
  })
  await expect(metrics.counters(app, [stable], 0.3)).rejects.toMatchObject({
    reason: 'Invalid',
    message: expect.stringContaining('only answers below 0.1, 0.5, 1 s'),
  })
})

test.for(['NaN', '+Inf', '-1'] as const)('%s is no count', async (value) => {
  const { metrics } = await against((_, response) =>
    sendJson(response, 200, matrix(requests(stable, '200', value))),
  )
  await expect(metrics.counters(app, [stable])).rejects.toThrow(`is ${value}: no count`)
})

test.for([
  [
    'an error of Prometheus',
    422,
    { status: 'error', errorType: 'execution', error: 'too many samples' },
    'too many samples',
  ],
  [
    'an answer of another form',
    200,
    { status: 'success', data: { resultType: 'scalar', result: [1, '1'] } },
    'another form',
  ],
  ['an answer without end', 200, { data: 'x'.repeat(2 * 1024 * 1024) }, 'longer than'],
] as const)('fails plainly on %s', async ([, status, body, message]) => {
  const { metrics } = await against((_, response) => sendJson(response, status, body))
  const error = await metrics.counters(app, [stable]).catch((refused: unknown) => refused)
  expect(error).toMatchObject({ name: 'Error', message: expect.stringContaining(message) })
})

test('follows no redirect', async () => {
  const { metrics, asked } = await against((_, response) =>
    response.writeHead(302, { location: '/elsewhere' }).end(),
  )
  await expect(metrics.counters(app, [stable])).rejects.toThrow('cannot ask Prometheus')
  expect(asked).toHaveLength(1)
})
