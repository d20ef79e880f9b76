// Moves traffic: a write, then the proof that the gateway serves it.
import type { AppRef } from '../domain/app.ts'
import { PermanentFailure } from '../domain/failure.ts'
import type { Windows } from '../domain/gate.ts'
import type { ReleaseRef } from '../domain/release.ts'
import type { Revision } from '../domain/revision.ts'
import { formatEpoch, sameWeights } from '../domain/route.ts'
import { openingAt } from '../domain/windows.ts'
import type { Platform, RouteWrite, Traffic } from '../platform/platform.ts'
import { awaitReady, prepareReturn, prepareRise, type Rise } from './capacity.ts'
import { asked, type Clock } from './clock.ts'
import { relentlessly } from './failure.ts'
import { type Found, foundOf } from './report.ts'

const readyWithin = 60_000
const servedWithin = 30_000

export interface Shift {
  readonly route: RouteWrite
  /** The revision whose share rises: it must have all its pods ready first. */
  readonly rises?: Revision
  /** The same, with the pods that its share needs beside the other's. */
  readonly rise?: Rise
  /** The canary may rise only while they are open. */
  readonly windows?: readonly Windows[]
}

/** Since when the gateway serves what was written, in milliseconds since the epoch. */
export interface Served {
  readonly servedAt: number
}

/** Nothing was written, because a window is closed: this is why. */
export interface NotRisen {
  readonly closed: string
  readonly servedAt?: never
}

/** What the route calls stable; absent when there is no route. And what the lost release had come to. */
export interface Rescued extends Partial<Found> {
  readonly stable?: string
}

export interface Rescue {
  readonly app: AppRef
  /** The number under which the traffic is taken. */
  readonly seq: number
  /** The release that is lost; absent from older workflows. */
  readonly lost?: ReleaseRef
}

export function trafficVerbs(platform: Platform, clock: Clock) {
  const { deploy, traffic, report } = platform
  return {
    async shiftTraffic({ route, rises, rise, windows = [] }: Shift): Promise<Served | NotRisen> {
      if (rise) await prepareRise(deploy, clock, rise)
      if (rises) await awaitReady(deploy, clock, rises, clock.now() + readyWithin)
      return (await notNow(traffic, clock, route, windows)) ?? write(traffic, clock, route)
    },

    /**
     * Takes the traffic back. Only a newer owner of the route ends it, or that nothing is left to give it to; everything else is
     * tried again, for ever.
     */
    async returnTraffic(route: RouteWrite): Promise<Served> {
      const { revisions } = await relentlessly([], () => deploy.describe(route.app))
      const stable = revisions.find(({ name }) => name === route.stable)
      if (!stable) throw goneFailure(route)
      await prepareReturn(deploy, clock, stable, revisions).catch(() => undefined)
      return relentlessly(['Fenced'], () => write(traffic, clock, route))
    },

    /** Gives all traffic to what the route calls stable, after a release whose workflow was lost. */
    async rescueTraffic({ app, seq, lost }: Rescue): Promise<Rescued> {
      const route = await traffic.read(app)
      if (!route) return {}
      const found = lost ? await foundOf(report, lost, route.stable) : {}
      const { revisions } = await deploy.describe(app)
      const stable = revisions.find(({ name }) => name === route.stable)
      if (!stable) return { stable: route.stable, ...found }
      const weights = [{ revision: stable.name, weight: 1000 }]
      const epoch = { seq, n: 0 }
      const { hosts } = route
      await write(traffic, clock, { app, hosts, weights, epoch, stable: stable.name })
      return { stable: stable.name, ...found }
    },
  }
}

/**
 * The windows were open when the workflow wanted the rise; pods were waited for since. What an earlier try has written has risen
 * already, and is only proven.
 */
async function notNow(
  traffic: Traffic,
  clock: Clock,
  { app, epoch }: RouteWrite,
  windows: readonly Windows[],
): Promise<NotRisen | undefined> {
  const opening = openingAt(windows, clock.now())
  if (opening.open) return undefined
  const written = (await traffic.read(app))?.epoch
  return written && formatEpoch(written) === formatEpoch(epoch) ? undefined : { closed: opening.why }
}

/** What somebody deleted by hand cannot serve again, however often it is asked to. */
const goneFailure = ({ stable }: RouteWrite) =>
  new PermanentFailure(
    'NotFound',
    `the traffic cannot go back, because ${stable}, which had it before, was deleted from outside; the route stays as it is: push again, or return to a revision that is kept`,
  )

/** Ends when the gateway serves the route; says since when. */
async function write(traffic: Traffic, clock: Clock, route: RouteWrite): Promise<Served> {
  await traffic.write(route)
  const until = clock.now() + servedWithin
  const served = await asked(clock, { every: 100, until }, async () => {
    const weights = await traffic.served(route.app)
    return weights && sameWeights(weights, route.weights) ? true : undefined
  })
  if (served) return { servedAt: clock.now() }
  throw new Error(
    `the gateway does not serve the weights ${formatEpoch(route.epoch)} of ${route.app.name} ` +
      `${servedWithin / 1000} s after they were written; is it running, and does it accept the route?`,
  )
}
