// The traffic driver on the local cluster, with Traefik as the gateway.
import { CustomObjectsApi, PatchStrategy, setHeaderOptions } from '@kubernetes/client-node'
import { expect, onTestFinished, test } from 'vitest'
import type { AppRef } from '../../../domain/app.ts'
import { addresses } from '../../../local/addresses.ts'
import { type HttpRoute, kinds } from '../../../platform/kinds.ts'
import { gatewayApiTraffic } from '../../../platform/traffic/gateway-api.ts'
import { traefikServed } from '../../../platform/traffic/traefik.ts'
import { eventually } from '../eventually.ts'
import { type TrafficSetup, trafficContract } from '../traffic.ts'
import { ask, type Cluster, clusterWithPods, gateway, visit, wait } from './cluster.ts'

/** Changes an App's route as `kubectl edit` would: with all rights, under a name of its own. */
async function patch({ admin }: Cluster, { namespace, name }: AppRef, fieldManager: string, body: object) {
  const merging = setHeaderOptions('Content-Type', PatchStrategy.MergePatch)
  const route = { group: 'gateway.networking.k8s.io', version: 'v1', plural: 'httproutes', namespace, name }
  const objects = admin.config.makeApiClient(CustomObjectsApi)
  await objects.patchNamespacedCustomObject({ ...route, fieldManager, body }, merging)
}

const trafficOf = ({ kube }: Cluster) =>
  gatewayApiTraffic({ kube, gateway, served: traefikServed({ url: addresses.gateway }) })

trafficContract(async (): Promise<TrafficSetup> => {
  const here = await clusterWithPods()
  const app = here.newApp()
  const [stable, canary] = await Promise.all([
    here.running(here.newRevision(app)),
    here.running(here.newRevision(app)),
  ])
  const { newApp, close } = here
  return {
    traffic: trafficOf(here),
    newApp,
    revisions: [stable.name, canary.name],
    tamper: async (app, weights, manager) => {
      const backendRefs = weights.map(({ revision, weight }) => ({ name: revision, port: 80, weight }))
      await patch(here, app, manager, { spec: { rules: [{ backendRefs }] } })
    },
    request: async (_app, { host = '', header }) => {
      const { pod } = await ask({ host, ...(header && { 'x-slipway-revision': header }) })
      return pod?.split('-').slice(0, -2).join('-')
    },
    wait,
    close,
  }
})

test('visitors meet no error while weights change, nor when a drained revision is removed', async () => {
  const here = await clusterWithPods()
  onTestFinished(here.close)
  const traffic = trafficOf(here)
  const app = here.newApp()
  const host = `${app.name}.${here.namespace}.example.com`
  const good = await here.running(here.newRevision(app))
  const other = await here.running(here.newRevision(app))
  const taken: number[] = []
  const shift = async (n: number, weight: number) => {
    const weights = [
      { revision: good.name, weight: 1000 - weight },
      { revision: other.name, weight },
    ]
    const begun = performance.now()
    await traffic.write({ app, hosts: [host], weights, epoch: { seq: 1, n }, stable: good.name })
    const seen = (served: unknown) => expect(served).toEqual(weights)
    await eventually(() => traffic.served(app), seen, { within: 10_000, every: 10 })
    taken.push(Math.round(performance.now() - begun))
  }
  await shift(0, 0)
  const statuses: number[] = []
  let visiting = true
  const visitors = (async () => {
    while (visiting) statuses.push(await visit(host))
  })()
  for (const [n, weight] of [1, 50, 500, 1000, 0, 1000, 0].entries()) await shift(n + 1, weight)
  // Still named by the route, with weight 0.
  await here.deploy.remove(app, other.name)
  visiting = false
  await visitors
  expect(statuses.length).toBeGreaterThan(50)
  expect(statuses.filter((status) => status !== 200)).toEqual([])
  console.info(`write → served, ms: ${taken.join(' ')}; ${statuses.length} requests meanwhile`)
})

test('a share whose pods are not ready is not called served', async () => {
  const here = await clusterWithPods()
  onTestFinished(here.close)
  const traffic = trafficOf(here)
  const app = here.newApp()
  const good = await here.running(here.newRevision(app))
  const absent = here.newRevision(app, { UNREADY: 'yes' })
  await here.deploy.create(absent)
  const weights = [
    { revision: good.name, weight: 900 },
    { revision: absent.name, weight: 100 },
  ]
  await traffic.write({ app, hosts: [], weights, epoch: { seq: 1, n: 1 }, stable: good.name })
  const seen = (served: unknown) => expect(served).toEqual([{ revision: good.name, weight: 900 }])
  await eventually(() => traffic.served(app), seen, { within: 10_000 })
})

test('someone else’s route is left alone', async () => {
  const here = await clusterWithPods()
  onTestFinished(here.close)
  const traffic = trafficOf(here)
  const app = here.newApp()
  const rules = [{ backendRefs: [{ name: 'theirs', port: 80, weight: 1 }] }]
  const spec: HttpRoute['spec'] = { hostnames: ['theirs.example.com'], rules }
  const theirs = await here.admin.apply(kinds.HTTPRoute, { metadata: app, spec })
  const weights = [{ revision: 'shop-1111111-aaaa', weight: 1000 }]
  const write = { app, hosts: [], weights, epoch: { seq: 1, n: 1 }, stable: 'shop-1111111-aaaa' }
  await expect(traffic.write(write)).rejects.toMatchObject({ reason: 'Invalid' })
  expect((await here.admin.get(kinds.HTTPRoute, app.namespace, app.name))?.spec).toEqual(theirs.spec)
})
