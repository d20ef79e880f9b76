// Enough pods before traffic: the side whose share rises has what its part of the load needs, before the route is written.
import { neededPods, type Scale } from '../domain/capacity.ts'
import { PermanentFailure } from '../domain/failure.ts'
import type { Revision } from '../domain/revision.ts'
import type { Deploy, RouteWrite } from '../platform/platform.ts'
import { asked, type Clock } from './clock.ts'

const readyWithin = 60_000
/** Who is given traffic back has had its pods all along; what is lost of them is waited for this long, and no longer. */
const returnWithin = 30_000

/** The canary's share rises. */
export interface Rise {
  readonly canary: Revision
  /** Thousandths. */
  readonly share: number
  readonly scale: Scale
  /** The revision that carries the rest of the load. */
  readonly beside?: string
}

/** Gives the canary the pods that this share needs, and waits for them. It is never given fewer. */
export async function prepareRise(
  deploy: Deploy,
  clock: Clock,
  { canary, share, scale, beside }: Rise,
): Promise<void> {
  const { wanted } = await deploy.readiness(canary)
  const present = (await presentPods(deploy, canary, beside)) ?? wanted
  const needed = neededPods({ share, present, run: canary.run, scale })
  if (wanted < needed) await deploy.scale(canary, needed)
  await awaitReady(deploy, clock, canary, clock.now() + readyWithin)
}

async function presentPods(
  deploy: Deploy,
  { app }: Revision,
  beside: string | undefined,
): Promise<number | undefined> {
  if (beside === undefined) return undefined
  const { revisions } = await deploy.describe(app)
  const stable = revisions.find(({ name }) => name === beside)
  return stable && (await deploy.readiness(stable)).wanted
}

/** Waits until who gets the traffic back is ready for it; traffic that hurts is not kept waiting for long. */
export async function prepareReturn(deploy: Deploy, clock: Clock, route: RouteWrite): Promise<void> {
  const { revisions } = await deploy.describe(route.app)
  const stable = revisions.find(({ name }) => name === route.stable)
  if (!stable) return
  await asked(clock, { every: 500, until: clock.now() + returnWithin }, async () => {
    const { ready, wanted } = await deploy.readiness(stable)
    return ready >= wanted && wanted > 0 ? true : undefined
  })
}

/** Whether the revision can answer anybody; undefined when it does not exist. */
export async function isAlive(
  deploy: Deploy,
  app: Revision['app'],
  revision: string,
): Promise<boolean | undefined> {
  const { revisions } = await deploy.describe(app)
  const found = revisions.find(({ name }) => name === revision)
  return found && (await deploy.readiness(found)).ready > 0
}

/** Waits until every pod of the revision is ready; ready comes before weight. */
export async function awaitReady(deploy: Deploy, clock: Clock, revision: Revision, until: number) {
  let seen = 'nothing'
  const ready = await asked(clock, { every: 500, until }, async () => {
    const { ready, wanted, failure } = await deploy.readiness(revision)
    if (failure !== undefined) throw notReady(revision, failure)
    seen = `${ready} of ${wanted} pods ready`
    return ready >= wanted ? true : undefined
  })
  if (!ready) throw notReady(revision, `${seen} in time`)
}

const notReady = ({ name }: Revision, why: string) =>
  new PermanentFailure('NotReady', `${name} cannot take traffic: ${why}; see its pods and their logs`)
