// Enough pods before traffic: the side whose share rises has what its part of the load needs, before the route is written.
import { fewest, neededPods, type Scale } from '../domain/capacity.ts'
import { PermanentFailure } from '../domain/failure.ts'
import type { Revision } from '../domain/revision.ts'
import type { Deploy } from '../platform/platform.ts'
import { asked, type Clock } from './clock.ts'

const readyWithin = 60_000
/** Who is given traffic back has had its pods all along; what is lost of them is waited for this long, and no longer. */
const returnWithin = 20_000

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
  const stable = beside === undefined ? undefined : await find(deploy, canary.app, beside)
  const present = stable ? await holdPods(deploy, stable) : wanted
  const needed = neededPods({ share, present, run: canary.run, scale })
  if (wanted < needed) await deploy.scale(canary, needed)
  await awaitReady(deploy, clock, canary, clock.now() + readyWithin)
}

/** An autoscaler would take pods from whoever loses traffic, and that traffic may come back at any moment. */
async function holdPods(deploy: Deploy, stable: Revision): Promise<number> {
  const { wanted } = await deploy.readiness(stable)
  if (stable.run.autoscale && wanted > 0) await deploy.scale(stable, wanted)
  return wanted
}

/** Who stays gets back the least that it declares: nothing is compared with it any more. */
export async function releasePods(deploy: Deploy, stays: Revision): Promise<void> {
  const { wanted } = await deploy.readiness(stays)
  const least = fewest(stays.run)
  if (wanted > 0 && (stays.run.autoscale || wanted < least)) await deploy.scale(stays, least)
}

/** Waits until who gets the traffic back is ready for it; traffic that hurts is not kept waiting for long. */
export async function prepareReturn(
  deploy: Deploy,
  clock: Clock,
  stable: Revision,
  revisions: readonly Revision[],
): Promise<void> {
  const { wanted: present } = await deploy.readiness(stable)
  const carried = stable.run.autoscale ? await podsBeside(deploy, stable, revisions) : 0
  const load = Math.max(present, carried)
  const needed = neededPods({ share: 1000, present: load, run: stable.run, scale: 'full' })
  if (present < needed) await deploy.scale(stable, needed)
  await asked(clock, { every: 500, until: clock.now() + returnWithin }, async () => {
    const { ready, wanted } = await deploy.readiness(stable)
    return ready >= wanted && wanted > 0 ? true : undefined
  })
}

/** The load may have grown meanwhile: an autoscaled revision gets as many pods as whoever carries it now. */
async function podsBeside(deploy: Deploy, stable: Revision, revisions: readonly Revision[]): Promise<number> {
  const others = revisions.filter(({ name }) => name !== stable.name)
  const carried = await Promise.all(others.map(async (one) => (await deploy.readiness(one)).wanted))
  return Math.max(0, ...carried)
}

const find = async (deploy: Deploy, app: Revision['app'], revision: string): Promise<Revision | undefined> =>
  (await deploy.describe(app)).revisions.find(({ name }) => name === revision)

/** Whether the revision can answer anybody; undefined when it does not exist. */
export async function isAlive(
  deploy: Deploy,
  app: Revision['app'],
  revision: string,
): Promise<boolean | undefined> {
  const found = await find(deploy, app, revision)
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
