// Which hosts are served already, by whom.
import type { AppRef } from '../../domain/app.ts'
import type { Kubernetes } from '../kubernetes.ts'
import type { Taken } from '../platform.ts'
import { namesBeside } from './beside.ts'
import { ourRoutes } from './repair.ts'

/** Only the very same name is taken: between `*.example.com` and `shop.example.com` the gateway knows which is meant. */
export async function takenHosts(
  kube: Kubernetes,
  hosts: readonly string[],
  by: readonly AppRef[],
): Promise<readonly Taken[]> {
  if (hosts.length === 0) return []
  const taken: Taken[] = []
  for (const namespace of new Set(by.map((app) => app.namespace))) {
    const routes = await ourRoutes(kube, namespace)
    for (const app of by.filter((one) => one.namespace === namespace)) {
      const served = [app.name, ...namesBeside(app)].flatMap((name) => routes.get(name)?.spec.hostnames ?? [])
      for (const host of new Set(served)) if (hosts.includes(host)) taken.push({ host, app })
    }
  }
  return taken
}
