// Clears what is left over: revisions that nothing explains, releases of long ago, and Apps that were to be retired when deleted.
import { type AppRef, appKey } from '../domain/app.ts'
import { isForbidden } from '../domain/failure.ts'
import { appWorkflowId, releaseWorkflowId } from '../domain/release.ts'
import { orphans } from '../domain/sweep.ts'
import type { Listed } from '../platform/platform.ts'
import { asked } from './clock.ts'
import { deployVerbs } from './deploy.ts'
import { sideBySide } from './side-by-side.ts'
import type { Sweep } from './sweep.ts'

/** Releases that stay, for each App. */
const releasesKept = 50
/** From when the route is gone until the gateway sends nothing any more. */
const quietWithin = 30_000

/** What is not urgent, for one App. */
export async function tidy(sweep: Sweep, { app, deleted }: Listed): Promise<void> {
  if (deleted) return
  const forgotten = await sweep.platform.report.forget(app, releasesKept)
  if (forgotten > 0) sweep.did('forgotten', `${appKey(app)}: ${forgotten} old releases were deleted`)
  for (const name of await orphansOf(sweep, app)) {
    // Asked again for each: a release that begins now may take up what an earlier one left.
    if (!(await isIdle(sweep, app))) return
    const { platform, clock } = sweep
    const { removed } = await deployVerbs(platform, clock).retire({ app, revision: name, upTo: 0 })
    if (removed.length > 0) sweep.did('removed', `${appKey(app)}: ${name} was left over and is removed`)
  }
}

async function orphansOf({ platform, running, clock }: Sweep, app: AppRef): Promise<readonly string[]> {
  const own = running.filter(({ revision }) => appKey(revision.app) === appKey(app))
  if (own.length < 2) return []
  const [makers, route] = await Promise.all([platform.report.history(app), platform.traffic.read(app)])
  const existing = own.map(({ revision: { name, release }, since }) => ({ name, release, since }))
  return orphans(existing, makers, route, clock.now())
}

/** By the App's own word: no release goes on, and none is about to begin. */
async function isIdle({ lives, runs }: Sweep, app: AppRef): Promise<boolean> {
  if (!(await runs(appWorkflowId(app)))) return false
  const { active, waiting, wanted } = await lives.inHand(app)
  return !active && !waiting && !wanted
}

/** `onDelete: retire`: the cluster keeps a deleted App until nothing of it serves any more. */
export async function holdPromises(sweep: Sweep): Promise<void> {
  const due = sweep.apps.filter(({ onDelete, held = false, deleted }) =>
    deleted ? held : held !== (onDelete === 'retire'),
  )
  await sideBySide(
    due,
    2,
    (listed) => keepPromise(sweep, listed),
    ({ app }, error) => sweep.failed(app, error),
  )
}

async function keepPromise(sweep: Sweep, { app, onDelete, deleted }: Listed): Promise<void> {
  const { deploy } = sweep.platform
  const retires = onDelete === 'retire'
  if (!deleted) {
    await deploy.holdOnDelete(app, retires)
    return sweep.did(
      'held',
      `${appKey(app)}: ${retires ? 'is retired' : 'what serves is kept'} when it is deleted`,
    )
  }
  const within = retires && (await hasRights(sweep, app))
  if (within && !(await retired(sweep, app))) return
  await deploy.holdOnDelete(app, false)
  sweep.did('removed', `${appKey(app)} was deleted${becameOfIt(retires, within)}`)
}

const becameOfIt = (retires: boolean, within: boolean): string => {
  if (within) return ', and what served is removed'
  return retires ? ': Slipway has no rights there, so what served is left to itself' : ''
}

/**
 * A namespace is deleted with the binding of Slipway's role, and then with all that served: an App that were held until Slipway has
 * rights again would hold the namespace for good.
 */
async function hasRights({ platform }: Sweep, app: AppRef): Promise<boolean> {
  try {
    await platform.traffic.read(app)
    return true
  } catch (error) {
    if (isForbidden(error)) return false
    throw error
  }
}

/** The route first, then the pods, when nobody is sent to them any more. False while a release still takes itself back. */
async function retired(sweep: Sweep, app: AppRef): Promise<boolean> {
  const { deploy, traffic } = sweep.platform
  if (await stillReleasing(sweep, app)) return false
  await traffic.remove(app)
  await awaitQuiet(sweep, app)
  for (const { revision } of sweep.running.filter((one) => appKey(one.revision.app) === appKey(app))) {
    await deploy.remove(app, revision.name)
  }
  return true
}

async function stillReleasing({ unfinished, runs, lives }: Sweep, app: AppRef): Promise<boolean> {
  let any = false
  for (const release of unfinished.filter((one) => appKey(one.app) === appKey(app))) {
    if (!(await runs(releaseWorkflowId(release)))) continue
    await lives.cancel(release)
    any = true
  }
  return any
}

async function awaitQuiet({ platform, clock }: Sweep, app: AppRef): Promise<void> {
  const until = clock.now() + quietWithin
  const quiet = await asked(clock, { every: 500, until }, async () =>
    (await platform.traffic.served(app)) === undefined ? true : undefined,
  )
  if (!quiet) throw new Error(`the gateway still serves ${appKey(app)} after its route was removed`)
}
