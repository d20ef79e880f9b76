// Makes routes again what they were written to be, when another has changed them.
import type { AppRef } from '../../domain/app.ts'
import { type HttpRoute, kinds } from '../kinds.ts'
import type { Kubernetes, Stored } from '../kubernetes.ts'
import { ownObjects } from '../own-objects.ts'
import type { Repair } from '../platform.ts'
import { namesBeside, routesBeside, saysSo, whoChanged } from './beside.ts'
import { type GatewayRef, httpRoute, isOurs, managedBy, routeState } from './route.ts'
import { settle } from './settle.ts'

type Routes = ReadonlyMap<string, Stored<HttpRoute>>

/** The gateway answers a change with a write of the route's status: who is that late looks again. What remains is the next sweep's. */
const tries = 5

/** One read for each namespace. A route that does not say what it was written to be is left alone: nobody can know. */
export async function repairRoutes(
  kube: Kubernetes,
  gateway: GatewayRef | undefined,
  apps: readonly AppRef[],
): Promise<readonly Repair[]> {
  const repairs: Repair[] = []
  for (const namespace of new Set(apps.map((app) => app.namespace))) {
    const routes = await ourRoutes(kube, namespace)
    for (const app of apps) {
      if (app.namespace === namespace) repairs.push(...(await repaired(kube, gateway, app, routes)))
    }
  }
  return repairs
}

/** The routes of one namespace that Slipway may write, by name. */
export async function ourRoutes(kube: Kubernetes, namespace: string): Promise<Routes> {
  const found = await ownObjects(kube, kinds.HTTPRoute, namespace, { [managedBy]: 'slipway' })
  return new Map(found.map((route) => [route.metadata.name, route]))
}

async function repaired(
  kube: Kubernetes,
  gateway: GatewayRef | undefined,
  app: AppRef,
  routes: Routes,
): Promise<readonly Repair[]> {
  let there = routes.get(app.name)
  for (let attempt = 1; there && isOurs(there) && attempt <= tries; attempt += 1) {
    const state = routeState(there)
    if (!state) return []
    const { drift, ...said } = state
    if (!drift) return besides(kube, app, there, routes)
    // The same epoch: who wrote it is still who owns it. A newer write in between wins.
    const route = httpRoute({ app, ...said, ...drift.written }, gateway, there)
    const metadata = { ...there.metadata, ...route.metadata }
    const back = await kube.replace(kinds.HTTPRoute, { ...there, ...route, metadata })
    const { what, manager } = drift
    if (back) return [{ app, what, manager }, ...(await besides(kube, app, back, routes))]
    there = await kube.get(kinds.HTTPRoute, app.namespace, app.name)
  }
  return []
}

/** What stands beside is told only when another has its name on it: the rest may be a write that is half way. */
async function besides(
  kube: Kubernetes,
  app: AppRef,
  main: HttpRoute,
  routes: Routes,
): Promise<readonly Repair[]> {
  const state = routeState(main)
  if (!state) return []
  const wanted = routesBeside(main, state)
  const repairs: Repair[] = []
  for (const name of namesBeside(app)) {
    const there = routes.get(name)
    const route = wanted.find(({ metadata }) => metadata.name === name)
    const manager = there && route && !saysSo(there, route) && whoChanged(there)
    const acted = await settle(kube, app, there, route)
    if (acted && manager) repairs.push({ app, what: `HTTPRoute ${name}`, manager })
  }
  return repairs
}
