// What Prometheus learns of the API: few series, whatever strangers send.
import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client'

export interface Metrics {
  readonly answered: (route: string, method: string, status: number, seconds: number) => void
  readonly webhook: (result: string) => void
  readonly event: (result: string) => void
  readonly redelivered: (result: 'asked' | 'failed') => void
  readonly limited: (kind: string) => void
  readonly looked: (result: 'told' | 'failed', times?: number) => void
  readonly commanded: (result: string) => void
  readonly text: () => Promise<string>
  readonly contentType: string
}

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

export function prometheusMetrics(): Metrics {
  const register = new Registry()
  const registers = [register]
  collectDefaultMetrics({ register })
  const seconds = new Histogram({
    name: 'slipway_api_request_duration_seconds',
    help: 'Seconds until the API had answered, by route',
    labelNames: ['route', 'method', 'status'],
    buckets: [0.005, 0.025, 0.1, 0.5, 1, 5, 10, 60],
    registers,
  })
  const counter = (name: string, help: string, labelNames: string[]) =>
    new Counter({ name, help, labelNames, registers })
  const webhooks = counter('slipway_api_webhooks_total', 'Webhook deliveries, by result', ['result'])
  const events = counter('slipway_api_events_total', 'CloudEvents, by result', ['result'])
  const redeliveries = counter('slipway_api_redeliveries_total', 'Deliveries asked for again, by result', [
    'result',
  ])
  const limits = counter(
    'slipway_github_limits_total',
    'Times GitHub said that a limit is reached, by its kind',
    ['kind'],
  )
  const looks = counter('slipway_api_looks_total', 'Times an App was told to look again', ['result'])
  const commands = counter('slipway_api_commands_total', 'Commands answered, by result', ['result'])
  return {
    answered: (route, method, status, took) =>
      seconds.observe({ route, method: methods.has(method) ? method : 'other', status: `${status}` }, took),
    webhook: (result) => webhooks.inc({ result }),
    event: (result) => events.inc({ result }),
    redelivered: (result) => redeliveries.inc({ result }),
    limited: (kind) => limits.inc({ kind }),
    looked: (result, times = 1) => looks.inc({ result }, times),
    commanded: (result) => commands.inc({ result }),
    text: () => register.metrics(),
    contentType: register.contentType,
  }
}
