// How Traefik names what it makes of an HTTPRoute: the same names in its configuration and in its metrics.
import type { AppRef } from '../domain/app.ts'

/** Matches the names of everything that Traefik makes of the App's route. */
export const ofRoute = (app: AppRef): RegExp => new RegExp(`^${routePattern(app)}`)

/** The same as the beginning of a pattern, for a query. */
export const routePattern = ({ namespace, name }: AppRef): string =>
  `httproute-${normal(namespace)}-${normal(name)}-gw-`

/** Which revision a service's name stands for; undefined when it is none of the App's. */
export function revisionOf(app: AppRef, service: string): string | undefined {
  // The number at the end is a position among the backends: it moves, so it says nothing.
  const pattern = `${routePattern(app)}.*-svc-${normal(app.namespace)}-(.+)-[0-9]+(?:@kubernetesgateway)?$`
  return new RegExp(`^${pattern}`).exec(service)?.[1]
}

/** Matches the services that Traefik makes of these revisions, at whatever position, for a query. */
export const servicePattern = (app: AppRef, revisions: readonly string[]): string =>
  `${routePattern(app)}.*-svc-${normal(app.namespace)}-(${revisions.map(normal).join('|')})-[0-9]+(@kubernetesgateway)?`

/** Traefik puts a dash in place of whatever is neither a letter nor a digit. */
const normal = (name: string): string => name.replace(/[^A-Za-z0-9]+/g, '-')
