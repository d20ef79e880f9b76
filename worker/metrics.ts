// What Prometheus learns of the worker's process; what it learns of the work, Temporal's runtime tells at its own address.
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'

export interface ProcessMetrics {
  readonly limited: (kind: string) => void
  readonly text: () => Promise<string>
  readonly contentType: string
}

/** `inFlight` says how many activities run now. */
export function processMetrics(inFlight: () => number): ProcessMetrics {
  const register = new Registry()
  collectDefaultMetrics({ register })
  new Gauge({
    name: 'slipway_worker_activities',
    help: 'Activities that run now',
    registers: [register],
    collect() {
      this.set(inFlight())
    },
  })
  const limits = new Counter({
    name: 'slipway_github_limits_total',
    help: 'Times GitHub said that a limit is reached, by its kind',
    labelNames: ['kind'],
    registers: [register],
  })
  return {
    limited: (kind) => limits.inc({ kind }),
    text: () => register.metrics(),
    contentType: register.contentType,
  }
}
