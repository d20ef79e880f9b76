// Moves traffic through Gateway API's HTTPRoute.
import { setTimeout as sleep } from 'node:timers/promises'
import { type AppRef, appKey } from '../../domain/app.ts'
import { PermanentFailure } from '../../domain/failure.ts'
import type { Weight } from '../../domain/route.ts'
import { kinds } from '../kinds.ts'
import type { Kubernetes } from '../kubernetes.ts'
import type { RouteWrite, Traffic } from '../platform.ts'
import { decide } from './fence.ts'
import { type GatewayRef, httpRoute, isOurs, routeState } from './route.ts'

/** How one implementation of Gateway API tells what it serves: its own word, not the route's status. */
export type Served = (app: AppRef) => Promise<readonly Weight[] | undefined>

export interface GatewayApiOptions {
  readonly kube: Kubernetes
  readonly gateway: GatewayRef
  readonly served: Served
}

/** Writers of one route are few: who loses ten times in a row comes back later. */
const tries = 10

export function gatewayApiTraffic({ kube, gateway, served }: GatewayApiOptions): Traffic {
  return {
    resolution: 1,
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
    repair: async () => [],
    remove: async () => undefined,
  }
}

/** One read, one decision, one write at the version that was read; false when it changed in between. */
async function written(kube: Kubernetes, gateway: GatewayRef, write: RouteWrite): Promise<boolean> {
  const { namespace, name } = write.app
  const there = await kube.get(kinds.HTTPRoute, namespace, name)
  if (there && !isOurs(there)) {
    throw new PermanentFailure(
      'Invalid',
      `cannot set traffic of ${appKey(write.app)}: an HTTPRoute of that name is someone else's; delete it, or hand it over with the label app.kubernetes.io/managed-by=slipway`,
    )
  }
  if (decide(there && routeState(there), write) === 'done') return true
  const route = httpRoute(write, gateway, there)
  if (!there) return (await kube.create(kinds.HTTPRoute, route)) !== undefined
  return (
    (await kube.replace(kinds.HTTPRoute, {
      ...there,
      ...route,
      metadata: { ...there.metadata, ...route.metadata },
    })) !== undefined
  )
}
