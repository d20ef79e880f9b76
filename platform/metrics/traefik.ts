// Which of Traefik's counters say how an App's revisions fare, and what their labels mean.
import { ofRoute, revisionOf, routePattern, servicePattern } from '../traefik.ts'
import type { CounterPack } from './pack.ts'

/** Traefik counts each answer twice: for the service that gave it, and for the router that it came through. */
export const traefikCounters: CounterPack = {
  requests: 'traefik_service_requests_total',
  buckets: 'traefik_service_request_duration_seconds_bucket',
  counters: 'traefik_(service|router)_(requests_total|request_duration_seconds_bucket)',
  heartbeat: 'traefik_config_reloads_total',
  // A router's series carry the name of its weighted service, so one label finds both.
  ofApp: (app) => `service=~"${routePattern(app)}.*|"`,
  ofRevisions: (app, revisions) => `service=~"${servicePattern(app, revisions)}"`,
  label: 'service',
  read: ({ __name__: name = '', service = '', code = '' }, app) => {
    if (!ofRoute(app).test(service)) return undefined
    const counter = name.endsWith('_bucket') ? 'within' : code.startsWith('5') ? 'errors' : 'answers'
    if (name.startsWith('traefik_router_')) return { counter, revision: '', source: '' }
    const revision = revisionOf(app, service)
    if (revision === undefined) return undefined
    // A service is named by its position among the backends too: when that moves, another counter begins at nothing.
    return { counter, revision, source: `#${/(\d+)(?:@|$)/.exec(service)?.[1] ?? ''}` }
  },
}
