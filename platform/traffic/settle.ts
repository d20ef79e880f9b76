// Brings the routes beside an App's own to what that one says they should be, and takes all of them away.
import { setTimeout as sleep } from 'node:timers/promises'
import type { AppRef } from '../../domain/app.ts'
import { type HttpRoute, kinds } from '../kinds.ts'
import type { Kubernetes, Stored } from '../kubernetes.ts'
import { namesBeside, routesBeside, saysSo } from './beside.ts'
import { belongsTo, routeState } from './route.ts'

/** More passes than this mean that somebody works against us: the sweep says who. */
const passes = 5

/**
 * Until nothing is left to do: a newer write may come between ours and this, so after each change the App's own route is
 * read again, and what stands beside follows the newest.
 */
export async function settleBeside(kube: Kubernetes, main: Stored<HttpRoute>): Promise<void> {
  const { namespace, name } = main.metadata
  let newest: Stored<HttpRoute> | undefined = main
  for (let pass = 0; newest && pass < passes; pass += 1) {
    if (!(await settled(kube, newest))) return
    await sleep(20 * pass)
    newest = await kube.get(kinds.HTTPRoute, namespace, name)
  }
}

/** One pass; whether anything was there to be done. */
async function settled(kube: Kubernetes, main: HttpRoute): Promise<boolean> {
  const state = routeState(main)
  if (!state) return false
  const wanted = routesBeside(main, state)
  let acted = false
  for (const name of namesBeside(main.metadata)) {
    const there = await kube.get(kinds.HTTPRoute, main.metadata.namespace, name)
    const route = wanted.find(({ metadata }) => metadata.name === name)
    if (await settle(kube, main.metadata, there, route)) acted = true
  }
  return acted
}

/** Whether there was something to do. One of that name that is someone else's is left alone. */
export async function settle(
  kube: Kubernetes,
  app: AppRef,
  there: Stored<HttpRoute> | undefined,
  wanted: HttpRoute | undefined,
): Promise<boolean> {
  if (there && !belongsTo(there, app)) return false
  if (!wanted) return there ? removed(kube, there) : false
  if (!there) {
    await kube.create(kinds.HTTPRoute, wanted)
    return true
  }
  if (!there.metadata.deletionTimestamp && saysSo(there, wanted)) return false
  await kube.replace(kinds.HTTPRoute, {
    ...there,
    ...wanted,
    metadata: { ...there.metadata, ...wanted.metadata },
  })
  return true
}

/** Takes away the App's own route and what stands beside it. */
export async function removeRoutes(kube: Kubernetes, app: AppRef): Promise<void> {
  for (const name of [...namesBeside(app), app.name]) {
    const there = await kube.get(kinds.HTTPRoute, app.namespace, name)
    if (there && belongsTo(there, app)) await removed(kube, there)
  }
}

/** At the version that was read: whoever changed it meanwhile wanted something. */
async function removed(kube: Kubernetes, { metadata }: Stored<HttpRoute>): Promise<boolean> {
  if (metadata.deletionTimestamp) return false
  const { namespace, name, uid, resourceVersion } = metadata
  await kube.remove(kinds.HTTPRoute, namespace, name, { uid, resourceVersion })
  return true
}
