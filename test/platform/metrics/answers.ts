// A server that answers as Prometheus does about an App behind Traefik, for tests of what the driver makes of it.
import { afterEach } from 'vitest'
import { prometheusMetrics } from '../../../platform/metrics/prometheus.ts'
import { traefikCounters } from '../../../platform/metrics/traefik.ts'
import { type Answering, type Asked, httpServer, sendJson } from '../http-server.ts'

export const app = { namespace: 'default', name: 'shop' }
export const [stable, canary] = ['shop-1111111-aaaa', 'shop-2222222-bbbb']
export const instance = '127.0.0.1:8081'
/** When the gateway was read last, in seconds since the epoch; Prometheus is asked a second later. */
export const at = 1_790_000_040
export const now = at + 1

const route = 'httproute-default-shop-gw-slipway-gateway-slipway-ep-web-0-98b41c72bc932cdc0037'
export const wrr = `${route}-wrr@kubernetesgateway`
export const service = (revision: string, position = 0) =>
  `${route}-svc-default-${revision}-${position}@kubernetesgateway`

const opened: { close: () => Promise<void> }[] = []
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close()
})

/** A driver, and what the server that it asks was asked. */
export async function against(answering: Answering) {
  const server = await httpServer((asked, response) => {
    response.setHeader('date', new Date(now * 1000).toUTCString())
    answering(asked, response)
  })
  opened.push(server)
  const metrics = prometheusMetrics({ url: server.url, pack: traefikCounters, now: () => now * 1000 })
  return { metrics, asked: server.asked }
}

/** A driver whose Prometheus has these series, whatever it is asked. */
export const having = (...series: readonly Series[]) =>
  against((_, response) => sendJson(response, 200, matrix(...series)))

export const questionIn = ({ body }: Asked): string => new URLSearchParams(body).get('query') ?? ''

export interface Series {
  readonly metric: Readonly<Record<string, string>>
  readonly values: readonly (readonly [number, string])[]
}
export const matrix = (...result: readonly Series[]) => ({
  status: 'success',
  data: { resultType: 'matrix', result },
})
/** A series that was read every two seconds, at last at `at`. */
export const series = (
  name: string,
  labels: Readonly<Record<string, string>>,
  ...values: string[]
): Series => ({
  metric: { __name__: `traefik_${name}`, job: 'gateway', instance, ...labels },
  values: values.map((value, index) => [at - 2 * (values.length - 1 - index), value]),
})
export const requests = (revision: string, code: string, ...values: string[]) =>
  series(
    'service_requests_total',
    { service: service(revision), code, method: 'GET', protocol: 'http' },
    ...values,
  )
/** For each bound its count: the latency histogram of one code. */
export const buckets = (revision: string, counts: Readonly<Record<string, string>>): Series[] =>
  Object.entries(counts).map(([le, count]) =>
    series('service_request_duration_seconds_bucket', { service: service(revision), code: '200', le }, count),
  )
export const heartbeat = (...values: string[]) => series('config_reloads_total', {}, ...values)
/** The same series, read so many seconds earlier or later. */
export const shifted = ({ metric, values }: Series, seconds: number): Series => ({
  metric,
  values: values.map(([time, value]) => [time + seconds, value]),
})
