// The metrics driver on the local cluster: Prometheus reading Traefik.
import { expect } from 'vitest'
import { addresses } from '../../../local/addresses.ts'
import { prometheusMetrics } from '../../../platform/metrics/prometheus.ts'
import { traefikCounters } from '../../../platform/metrics/traefik.ts'
import { gatewayApiTraffic } from '../../../platform/traffic/gateway-api.ts'
import { traefikServed } from '../../../platform/traffic/traefik.ts'
import { eventually } from '../eventually.ts'
import { type MetricsSetup, metricsContract } from '../metrics.ts'
import { clusterWithPods, gateway, visit, wait } from './cluster.ts'

metricsContract(async (): Promise<MetricsSetup> => {
  const { kube, deploy, namespace, newApp, newRevision, running, close } = await clusterWithPods()
  const traffic = gatewayApiTraffic({ kube, gateway, served: traefikServed({ url: addresses.gateway }) })
  const app = newApp()
  const host = `${app.name}.${namespace}.example.com`
  const good = await running(newRevision(app))
  const failing = await running(newRevision(app, { FAIL: 'yes' }))
  const absent = newRevision(app, { UNREADY: 'yes' })
  await deploy.create(absent)
  let n = 0
  return {
    metrics: prometheusMetrics({ url: addresses.prometheus, pack: traefikCounters }),
    app,
    revisions: { good: good.name, failing: failing.name, absent: absent.name },
    bounds: [0.1, 0.5, 1, 2.5],
    visit: async (revision, requests) => {
      n += 1
      // Every revision stays listed: Traefik forgets the counters of whom it does not know any more.
      const weights = [good, failing, absent].map(({ name }) => ({
        revision: name,
        weight: name === revision ? 1000 : 0,
      }))
      await traffic.write({ app, hosts: [host], weights, epoch: { seq: 1, n }, stable: good.name })
      // A share that nobody can answer is left out.
      const serves = weights.filter(({ weight }) => weight === 0 || revision !== absent.name)
      const seen = (served: unknown) => expect(served).toEqual(serves)
      await eventually(() => traffic.served(app), seen, { within: 10_000 })
      for (let sent = 0; sent < requests; sent += 1) await visit(host)
    },
    wait,
    close,
  }
})
