// The memory platform's gateway: serves what the route says, a little later, and counts visitors' requests as a proxy would.
import { type AppRef, appKey } from '../../domain/app.ts'
import type { Counts } from '../../domain/judge/judge.ts'
import type { Epoch, RouteState, Weight } from '../../domain/route.ts'
import type { Clock } from './clock.ts'

export interface GatewayOptions {
  readonly clock: Clock
  readonly load?: number
  readonly servesAfter?: number
  readonly bounds?: readonly number[]
  readonly readyPods: (revision: string) => number
  readonly answers: (revision: string) => { readonly errors?: number; readonly slow?: number }
}

/** A write of the route that was accepted. */
export interface Written {
  readonly at: number
  readonly epoch: Epoch
  readonly weights: readonly Weight[]
}

interface Count {
  requests: number
  errors: number
  fast: number
}
interface Site {
  route: RouteState
  readonly writes: Written[]
  serves: readonly Weight[] | undefined
  /** Writes that are not served yet. */
  readonly coming: { readonly from: number; readonly weights: readonly Weight[] }[]
  load: number
  counted: number
  instance: number
  /** By revision; '' is what the gateway answered by itself. */
  counts: Map<string, Count>
}

export type Gateway = ReturnType<typeof gateway>

export function gateway(options: GatewayOptions) {
  const {
    clock,
    load = 100,
    servesAfter = 0,
    bounds = [0.1, 0.25, 0.5, 1, 2.5],
    readyPods,
    answers,
  } = options
  const sites = new Map<string, Site>()

  const add = (site: Site, name: string, requests: number, errors: number, fast: number) => {
    const count = site.counts.get(name) ?? { requests: 0, errors: 0, fast: 0 }
    site.counts.set(name, {
      requests: count.requests + requests,
      errors: count.errors + errors,
      fast: count.fast + fast,
    })
  }
  const visit = (site: Site, milliseconds: number) => {
    for (const { revision, weight } of site.serves ?? []) {
      const requests = (site.load * milliseconds * weight) / 1_000_000
      if (requests === 0) continue
      const { errors = 0, slow = 0 } = answers(revision)
      if (readyPods(revision) > 0) add(site, revision, requests, requests * errors, requests * (1 - slow))
      // Nobody there: the gateway answers 503 by itself, and the revision's counters do not move.
      else add(site, '', requests, requests, requests)
    }
  }
  /** Lets the visitors come whose time has passed. */
  const catchUp = (site: Site) => {
    const until = clock.now()
    while (site.coming[0] && site.coming[0].from <= until) {
      const next = site.coming.shift()
      if (!next) break
      visit(site, next.from - site.counted)
      site.counted = next.from
      site.serves = next.weights
    }
    visit(site, until - site.counted)
    site.counted = until
  }
  const fresh = (route: RouteState): Site => ({
    route,
    writes: [],
    serves: undefined,
    coming: [],
    load,
    counted: clock.now(),
    instance: 1,
    counts: new Map(),
  })
  const find = (app: AppRef): Site | undefined => {
    const site = sites.get(appKey(app))
    if (site) catchUp(site)
    return site
  }

  return {
    bounds,
    route: (app: AppRef): RouteState | undefined => sites.get(appKey(app))?.route,
    /** The writes that were accepted, oldest first. */
    writes: (app: AppRef): readonly Written[] => sites.get(appKey(app))?.writes ?? [],
    write(app: AppRef, route: RouteState) {
      const site = find(app) ?? fresh(route)
      sites.set(appKey(app), site)
      site.route = route
      site.writes.push({ at: clock.now(), epoch: route.epoch, weights: route.weights })
      site.coming.push({ from: clock.now() + servesAfter, weights: route.weights })
    },
    serves: (app: AppRef): readonly Weight[] | undefined => find(app)?.serves,
    /** Changes the visitors' requests per second; 0 is silence. */
    visitors(app: AppRef, perSecond: number) {
      const site = find(app)
      if (site) site.load = perSecond
    },
    /** The proxy starts again: its counters begin at nothing, under another instance. */
    restart(app: AppRef) {
      const site = find(app)
      if (!site) return
      site.instance += 1
      site.counts = new Map()
    },
    /** Requests that were answered with 5xx since the gateway started, by whomever. */
    failed: (app: AppRef): number =>
      Math.floor([...(find(app)?.counts.values() ?? [])].reduce((sum, { errors }) => sum + errors, 0)),
    counts(app: AppRef): { revisions: readonly Counts[]; route: readonly Counts[] } {
      const site = find(app)
      if (!site) return { revisions: [], route: [] }
      const shown = (revision: string, count: Count): Counts => ({
        revision,
        instance: `gateway-${site.instance}`,
        at: site.counted,
        requests: Math.floor(count.requests),
        errors: Math.floor(count.errors),
        fast: Math.floor(count.fast),
      })
      const total = { requests: 0, errors: 0, fast: 0 }
      for (const count of site.counts.values()) {
        total.requests += count.requests
        total.errors += count.errors
        total.fast += count.fast
      }
      const revisions = [...site.counts]
        .filter(([name]) => name !== '')
        .map(([name, count]) => shown(name, count))
      return { revisions, route: [shown('', total)] }
    },
  }
}
