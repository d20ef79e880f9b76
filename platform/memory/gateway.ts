// The memory platform's gateway: serves what the route says, a little later, and counts visitors' requests as a proxy would.
import { type AppRef, appKey } from '../../domain/app.ts'
import { type Epoch, type RouteState, sameWeights, type Weight } from '../../domain/route.ts'
import { aliases } from '../traffic/beside.ts'
import type { Clock } from './clock.ts'
import { type Counters, counters, itself } from './counters.ts'
import { type Pace, sharesWithin } from './latency.ts'

export interface GatewayOptions {
  readonly clock: Clock
  readonly load?: number
  readonly servesAfter?: number
  readonly scrapeEvery?: number
  readonly bounds?: readonly number[]
  readonly readyPods: (revision: string) => number
  readonly answers: (revision: string) => Pace & { readonly errors?: number }
}

/** A write of the route that was accepted. */
export interface Written {
  readonly at: number
  readonly epoch: Epoch
  readonly weights: readonly Weight[]
}

/** One request: the name in its header `x-slipway-revision`, and the host that it asks for. */
export interface Asking {
  readonly header?: string
  readonly host?: string
}

interface Site {
  /** Absent: it was taken away. */
  route: RouteState | undefined
  readonly writes: Written[]
  serves: RouteState | undefined
  /** What is not served yet. */
  readonly coming: { readonly from: number; readonly route: RouteState | undefined }[]
  load: number
  /** Until when the visitors have come. */
  counted: number
  readonly counters: Counters
}

export type Gateway = ReturnType<typeof gateway>

const minute = 60_000

export function gateway(options: GatewayOptions) {
  const {
    clock,
    load = 100,
    servesAfter = 0,
    scrapeEvery = 1000,
    bounds = [0.1, 0.25, 0.5, 1, 2.5],
    readyPods,
    answers,
  } = options
  const sites = new Map<string, Site>()
  const begun = clock.now()
  /** Since and until when Prometheus reads the gateway. */
  const scraping = { since: begun, until: Number.POSITIVE_INFINITY }

  const visit = (site: Site, milliseconds: number) => {
    for (const { revision, weight } of site.serves?.weights ?? []) {
      const requests = (site.load * milliseconds * weight) / 1_000_000
      if (requests === 0) continue
      const { errors = 0, ...pace } = answers(revision)
      // Nobody there: the gateway answers 503 by itself, at once, and the revision's counters do not move.
      const served = readyPods(revision) > 0
      const shares = sharesWithin(served ? pace : {}, bounds)
      site.counters.add(served ? revision : itself, {
        requests,
        errors: served ? requests * errors : requests,
        within: shares.map((share) => requests * share),
      })
    }
  }
  /** Lets the visitors come until then, each met by the weights of their time. */
  const visitUntil = (site: Site, until: number) => {
    while (site.coming[0] && site.coming[0].from <= until) {
      const next = site.coming.shift()
      if (!next) break
      visit(site, next.from - site.counted)
      site.counted = next.from
      site.serves = next.route
    }
    visit(site, until - site.counted)
    site.counted = until
  }
  /** When the gateway was last read before that time; undefined when it had not been yet. */
  const scrapedAt = (time: number): number | undefined => {
    const last = Math.min(time, scraping.until)
    if (last < scraping.since) return undefined
    return scraping.since + Math.floor((last - scraping.since) / scrapeEvery) * scrapeEvery
  }
  const scrape = (site: Site, before: number) => {
    const at = scrapedAt(before)
    if (at === undefined || at < site.counted) return
    visitUntil(site, at)
    site.counters.scrape(at)
  }
  const catchUp = (site: Site) => {
    const now = clock.now()
    for (let end = nextMinute(site.counted); end <= now; end += minute) {
      scrape(site, end)
      visitUntil(site, end)
      site.counters.endMinute(end)
    }
    scrape(site, now)
    visitUntil(site, now)
  }
  const fresh = (): Site => ({
    route: undefined,
    writes: [],
    serves: undefined,
    coming: [],
    load,
    counted: clock.now(),
    counters: counters(bounds),
  })
  const find = (app: AppRef): Site | undefined => {
    const site = sites.get(appKey(app))
    if (site) catchUp(site)
    return site
  }
  const put = (site: Site, route: RouteState | undefined) => {
    site.route = route
    site.coming.push({ from: clock.now() + servesAfter, route })
  }
  const settle = () => {
    for (const site of sites.values()) catchUp(site)
  }

  return {
    bounds,
    scrapeEvery,
    route: (app: AppRef): RouteState | undefined => sites.get(appKey(app))?.route,
    /** The writes that were accepted, oldest first. */
    writes: (app: AppRef): readonly Written[] => sites.get(appKey(app))?.writes ?? [],
    write(app: AppRef, route: RouteState) {
      const site = find(app) ?? fresh()
      sites.set(appKey(app), site)
      site.writes.push({ at: clock.now(), epoch: route.epoch, weights: route.weights })
      put(site, route)
    },
    /** Takes the route away: nothing is served then. */
    remove(app: AppRef) {
      const site = find(app)
      if (site) put(site, undefined)
    },
    /** Another than Slipway gives the revisions other shares, under the epoch that is there. */
    tamper(app: AppRef, weights: readonly Weight[], manager: string) {
      const site = find(app)
      if (!site?.route) return
      const { drift, ...is } = site.route
      const written = drift?.written ?? is
      const what = `the weights of HTTPRoute ${app.name}`
      const isDrift = !sameWeights(weights, written.weights)
      put(site, { ...is, weights, ...(isDrift && { drift: { what, manager, written } }) })
    },
    serves: (app: AppRef): readonly Weight[] | undefined => find(app)?.serves?.weights,
    /** Which revision answers one request; undefined when the gateway does so itself. By weight the largest share is taken. */
    request(app: AppRef, asking: Asking = {}): string | undefined {
      const served = find(app)?.serves
      const revision = served && answering(served, asking)
      return revision !== undefined && readyPods(revision) > 0 ? revision : undefined
    },
    /** The Apps whose routes serve this host, also as a preview. */
    servedAt: (host: string): readonly string[] =>
      [...sites]
        .filter(([, { route }]) => [...(route?.hosts ?? []), ...(route?.preview?.hosts ?? [])].includes(host))
        .map(([key]) => key),
    /** Changes the visitors' requests per second; 0 is silence. */
    visitors(app: AppRef, perSecond: number) {
      const site = find(app)
      if (site) site.load = perSecond
    },
    /** The proxy starts again: its counters begin at nothing, under another instance. */
    restart: (app: AppRef) => find(app)?.counters.restart(),
    /** Requests that were answered with 5xx since the gateway started, by whomever. */
    failed: (app: AppRef): number => find(app)?.counters.failed() ?? 0,
    /** Lets everything happen that has happened by now: what changes next changes nothing before. */
    settle,
    /** Prometheus goes on reading the gateway, or does so no more. */
    scraped(yes: boolean) {
      settle()
      if (!yes) scraping.until = Math.min(clock.now(), scraping.until)
      else if (scraping.until < clock.now()) {
        scraping.since = clock.now()
        scraping.until = Number.POSITIVE_INFINITY
      }
    },
    scrapedAt: () => scrapedAt(clock.now()),
    begun,
    counters: (app: AppRef): Counters | undefined => find(app)?.counters,
  }
}

const nextMinute = (time: number): number => (Math.floor(time / minute) + 1) * minute

function answering({ hosts, weights, stable, direct = [], preview }: RouteState, { header, host }: Asking) {
  if (host !== undefined && preview?.hosts.includes(host)) return preview.revision
  if (host !== undefined && hosts.length > 0 && !hosts.includes(host)) return undefined
  const isNamed = (name: string) => [name, ...aliases(name, stable, weights)].includes(header ?? '')
  const most = [...weights].sort((a, b) => b.weight - a.weight)[0]
  return direct.find(isNamed) ?? most?.revision
}
