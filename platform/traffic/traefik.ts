// What Traefik serves, by its own word: the configuration that its proxy runs, and the servers that it sends to.
import { z } from 'zod'
import { type AppRef, appKey } from '../../domain/app.ts'
import { sameWeights, type Weight } from '../../domain/route.ts'
import { askJson } from '../http.ts'
import { ofRoute, revisionOf } from '../traefik.ts'
import type { Served } from './gateway-api.ts'

/** `url` is Traefik's own endpoint, where it shows its configuration. */
export function traefikServed({ url }: { readonly url: string }): Served {
  return async (app) => {
    const what = `Traefik what it serves of ${appKey(app)}`
    const { status, body } = await askJson({
      url: `${url}/api/rawdata`,
      what,
      timeout: 2000,
      limit: 16 * 1024 * 1024,
    })
    if (status !== 200) throw new Error(`cannot ask ${what}: HTTP ${status}; is its own endpoint (--api) on?`)
    return servedWeights(RawData.parse(body), app)
  }
}

export const RawData = z.object({
  services: z
    .record(
      z.string(),
      z.object({
        weighted: z
          .object({
            services: z.array(z.object({ name: z.string(), weight: z.number().default(1) })).nullish(),
          })
          .optional(),
        loadBalancer: z.object({ servers: z.array(z.object({ url: z.string() })).nullish() }).optional(),
        serverStatus: z.record(z.string(), z.string()).optional(),
      }),
    )
    .default({}),
})
export type RawData = z.infer<typeof RawData>

/** Undefined when the proxy has no such route. Pure. */
export function servedWeights({ services }: RawData, app: AppRef): readonly Weight[] | undefined {
  const splits = Object.entries(services)
    .filter(([name, { weighted }]) => weighted && ofRoute(app).test(name))
    .map(([, { weighted }]) => shares(services, app, weighted?.services ?? []))
  const [first, ...rest] = splits.filter((weights) => weights.length > 0)
  if (first && rest.some((other) => !sameWeights(first, other))) {
    throw new Error(`Traefik serves ${appKey(app)} with different weights at once: ${JSON.stringify(splits)}`)
  }
  return first
}

/** A share whose backend has no server is left out: whoever meets it gets an error, so it is not served. */
function shares(
  services: RawData['services'],
  app: AppRef,
  backends: readonly { readonly name: string; readonly weight: number }[],
): readonly Weight[] {
  return backends.flatMap(({ name, weight }) => {
    const revision = revisionOf(app, name)
    if (revision === undefined) return []
    const service = services[name] ?? services[`${name}@kubernetesgateway`]
    return weight === 0 || hasServer(service) ? [{ revision, weight }] : []
  })
}

function hasServer(service: RawData['services'][string] | undefined): boolean {
  const servers = service?.loadBalancer?.servers ?? []
  return servers.some(({ url }) => (service?.serverStatus?.[url] ?? 'UP') === 'UP')
}
