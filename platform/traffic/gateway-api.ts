// Moves traffic through Gateway API's HTTPRoute.
import { setTimeout as sleep } from 'node:timers/promises'
import { type AppRef, appKey } from '../../domain/app.ts'
import { PermanentFailure } from '../../domain/failure.ts'
import type { Weight } from '../../domain/route.ts'
import { type HttpRoute, kinds } from '../kinds.ts'
import type { Kubernetes, Stored } from '../kubernetes.ts'
import type { RouteWrite, Traffic } from '../platform.ts'
import { hasBeside } from './beside.ts'
import { decide } from './fence.ts'
import { repairRoutes } from './repair.ts'
import { type GatewayRef, httpRoute, isOurs, routeState } from './route.ts'
import { removeRoutes, settleBeside } from './settle.ts'
import { takenHosts } from './taken.ts'

/** How one implementation of Gateway API tells what it serves: its own word, not the route's status. */
export type Served = (app: AppRef) => Promise<readonly Weight[] | undefined>

export interface GatewayApiOptions {
  readonly kube: Kubernetes
  /**
   * The gateway that routes are put behind. Without one, as by hand, only Apps' own routes are written: they keep the parents
   * that they have, none is made, and what stands beside them waits for the sweep.
   */
  readonly gateway?: GatewayRef
  readonly served: Served
}

/** Writers of one route are few: who loses ten times in a row comes back later. */
const tries = 10

export function gatewayApiTraffic({ kube, gateway, served }: GatewayApiOptions): Traffic {
  return {
    resolution: 1,
    abilities: { direct: true, preview: true },
    read: async ({ namespace, name }) => {
      const route = await kube.get(kinds.HTTPRoute, namespace, name)
      return route && routeState(route)
    },
    write: async (write) => {
      for (let attempt = 1; attempt <= tries; attempt += 1) {
        if (await written(kube, gateway, write)) return
        await sleep(10 * attempt * Math.random())
      }
      throw new Error(
        `cannot set traffic of ${appKey(write.app)}: its route changed under ${tries} tries in a row`,
      )
    },
    served,
    repair: (apps) => repairRoutes(kube, gateway, apps),
    remove: (app) => removeRoutes(kube, app),
    taken: (hosts, by) => takenHosts(kube, hosts, by),
  }
}

/** One read, one decision, one write at the version that was read; false when it changed in between. */
async function written(
  kube: Kubernetes,
  gateway: GatewayRef | undefined,
  write: RouteWrite,
): Promise<boolean> {
  const { namespace, name } = write.app
  const there = await kube.get(kinds.HTTPRoute, namespace, name)
  if (there) refuseForeign(there)
  if (!there && !gateway) {
    throw new PermanentFailure('NotFound', `cannot set traffic of ${appKey(write.app)}: it has no route`)
  }
  const decision = decide(there && routeState(there), write)
  if (there && decision === 'done') {
    // Who wrote it may have ended before it got to what stands beside.
    if (gateway) await settleBeside(kube, there)
    return true
  }
  const route = await put(kube, httpRoute(write, gateway, there), there)
  if (!route) return false
  if (gateway && (hasBeside(route) || (there && hasBeside(there)))) await settleBeside(kube, route)
  return true
}

/** Undefined when it changed in between. */
const put = (kube: Kubernetes, route: HttpRoute, there: Stored<HttpRoute> | undefined) =>
  there
    ? kube.replace(kinds.HTTPRoute, {
        ...there,
        ...route,
        metadata: { ...there.metadata, ...route.metadata },
      })
    : kube.create(kinds.HTTPRoute, route)

function refuseForeign(route: HttpRoute): void {
  if (isOurs(route)) return
  throw new PermanentFailure(
    'Invalid',
    `cannot set traffic of ${appKey(route.metadata)}: an HTTPRoute of that name is someone else's; delete it, or hand it over with the label app.kubernetes.io/managed-by=slipway`,
  )
}
