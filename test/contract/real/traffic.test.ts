// The traffic driver on the local cluster, with Traefik as the gateway.
import { CustomObjectsApi, PatchStrategy, setHeaderOptions } from '@kubernetes/client-node'
import { expect, onTestFinished, test } from 'vitest'
import type { AppRef } from '../../../domain/app.ts'
import { addresses } from '../../../local/addresses.ts'
import { type HttpRoute, kinds } from '../../../platform/kinds.ts'
import type { RouteWrite } from '../../../platform/platform.ts'
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

test('a namespace without rights holds up no other: neither who serves a host, nor what others changed', async () => {
  const { here, traffic, app, host, good, other, write } = await withRoute()
  const without = { namespace: 'kube-system', name: 'shop' }
  await traffic.write(write(1, [good.name, 900], [other.name, 100]))
  expect(await traffic.taken([host], [without, app])).toEqual([{ host, app }])
  expect(await traffic.repair([without, app])).toEqual([])
  expect(await here.deploy.repair([without, app])).toEqual([])
  expect((await here.deploy.running([without, app])).map(({ revision }) => revision.app)).toEqual([app, app])
})

/** An App with two revisions whose pods are ready, and no route yet. */
async function withRoute() {
  const here = await clusterWithPods()
  onTestFinished(here.close)
  const app = here.newApp()
  const host = `${app.name}.${here.namespace}.example.com`
  const [good, other] = await Promise.all([
    here.running(here.newRevision(app)),
    here.running(here.newRevision(app)),
  ])
  const write = (
    n: number,
    ...shares: readonly (readonly [revision: string, weight: number])[]
  ): RouteWrite => ({
    app,
    hosts: [host],
    weights: shares.map(([revision, weight]) => ({ revision, weight })),
    epoch: { seq: 1, n },
    stable: good.name,
  })
  return { here, traffic: trafficOf(here), app, host, good, other, write }
}

/** Which pod answers one request. */
const pod = async (host: string, headers = {}): Promise<string | undefined> =>
  (await ask({ host, ...headers })).pod

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

test('a request that is under way when its revision leaves is answered by it', async () => {
  const { here, traffic, app, host, good, other, write } = await withRoute()
  await traffic.write(write(1, [other.name, 1000]))
  await eventually(
    () => pod(host),
    (seen) => expect(seen).toContain(other.name),
    { within: 10_000 },
  )
  const underWay = [1, 2, 3].map(() => ask({ host, 'x-slow': '3000' }))
  await wait(500)
  await traffic.write(write(2, [good.name, 1000]))
  await here.deploy.remove(app, other.name)
  for (const { status, pod } of await Promise.all(underWay)) {
    expect(status).toBe(200)
    expect(pod).toContain(other.name)
  }
  expect(await pod(host)).toContain(good.name)
})

test('who names a revision gets it while another holds all, without one failed request of the rest', async () => {
  const { traffic, app, host, good, other, write } = await withRoute()
  const direct = [good.name, other.name]
  await traffic.write({ ...write(1, [good.name, 1000], [other.name, 0]), direct })
  const named = () => pod(host, { 'x-slipway-revision': other.name })
  await eventually(named, (seen) => expect(seen).toContain(other.name), { within: 10_000 })
  for (let n = 0; n < 40; n += 1) {
    expect(await pod(host)).toContain(good.name)
    expect(await named()).toContain(other.name)
  }
  // What was asked for by name is in no counter of the shares.
  const counted = (await (await fetch(`${addresses.gateway}/metrics`)).text())
    .split('\n')
    .filter(
      (line) =>
        line.startsWith('traefik_service_requests_total{') &&
        line.includes(`svc-${app.namespace}-${other.name}`),
    )
  expect(counted.length).toBeGreaterThan(0)
  for (const line of counted) expect(line).toContain('-direct-slipway-dev-gw-')
})

test('what another did to the routes beside is put back, and named when he left his name', async () => {
  const { here, traffic, app, host, good, other, write } = await withRoute()
  await traffic.write({ ...write(1, [good.name, 1000], [other.name, 0]), direct: [other.name] })
  const beside = { ...app, name: `${app.name}.direct.slipway.dev` }
  const named = () => pod(host, { 'x-slipway-revision': other.name })
  const isOther = (seen: unknown) => expect(seen).toContain(other.name)
  await eventually(named, isOther, { within: 10_000 })

  await patch(here, beside, 'kubectl-edit', { spec: { hostnames: ['elsewhere.example.com'] } })
  await eventually(named, (seen) => expect(seen).toContain(good.name), { within: 10_000 })
  const what = `HTTPRoute ${beside.name}`
  expect(await traffic.repair([app])).toEqual([{ app, what, manager: 'kubectl-edit' }])
  await eventually(named, isOther, { within: 10_000 })

  await here.admin.remove(kinds.HTTPRoute, beside.namespace, beside.name)
  await eventually(named, (seen) => expect(seen).toContain(good.name), { within: 10_000 })
  const repair = async () => [await traffic.repair([app]), await named()] as const
  await eventually(
    repair,
    ([repairs, seen]) => {
      expect(repairs).toEqual([])
      isOther(seen)
    },
    { within: 10_000 },
  )
})

test('other hosts are put back; an epoch that a person wrote is a decision, and left alone', async () => {
  const { here, traffic, app, host, good, other, write } = await withRoute()
  await traffic.write(write(1, [good.name, 1000], [other.name, 0]))
  await patch(here, app, 'argocd-controller', { spec: { hostnames: ['elsewhere.example.com'] } })
  const what = `the hosts of HTTPRoute ${app.name}`
  expect(await traffic.repair([app])).toEqual([{ app, what, manager: 'argocd-controller' }])
  expect((await traffic.read(app))?.hosts).toEqual([host])

  const rules = [{ backendRefs: [{ name: other.name, port: 80, weight: 1000 }] }]
  const metadata = { annotations: { 'slipway.dev/epoch': '2.0' } }
  await patch(here, app, 'kubectl-edit', { metadata, spec: { rules } })
  expect(await traffic.repair([app])).toEqual([])
  const weights = [{ revision: other.name, weight: 1000 }]
  expect(await traffic.read(app)).toMatchObject({ weights, epoch: { seq: 2, n: 0 } })
})

test('a route whose label was taken away is nobody’s to repair', async () => {
  const { here, traffic, app, good, other, write } = await withRoute()
  await traffic.write(write(1, [good.name, 1000]))
  const rules = [{ backendRefs: [{ name: other.name, port: 80, weight: 1000 }] }]
  const metadata = { labels: { 'app.kubernetes.io/managed-by': null } }
  await patch(here, app, 'kubectl-edit', { metadata, spec: { rules } })
  expect(await traffic.repair([app])).toEqual([])
  await traffic.remove(app)
  expect((await traffic.read(app))?.weights).toEqual([{ revision: other.name, weight: 1000 }])
})

test('without a gateway of its own the driver writes the routes that there are, and makes none', async () => {
  const { here, traffic, app, host, good, other, write } = await withRoute()
  const served = async () => undefined
  const byHand = gatewayApiTraffic({ kube: here.kube, served })
  await expect(byHand.write(write(1, [good.name, 1000]))).rejects.toMatchObject({ reason: 'NotFound' })
  await traffic.write({ ...write(1, [good.name, 500], [other.name, 500]), direct: [other.name] })
  await byHand.write({ ...write(2, [good.name, 1000]), note: 'aborted by ana: prices are wrong' })
  const seen = (weights: unknown) => expect(weights).toEqual([{ revision: good.name, weight: 1000 }])
  await eventually(() => traffic.served(app), seen, { within: 10_000 })
  // What stands beside is Slipway's own to take away, when it is back.
  const named = () => pod(host, { 'x-slipway-revision': other.name })
  await eventually(named, (answered) => expect(answered).toContain(other.name), { within: 10_000 })
  expect(await traffic.repair([app])).toEqual([])
  await eventually(named, (answered) => expect(answered).toContain(good.name), { within: 10_000 })
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
