// What `slipway plan` reads of an App, with the caller's own rights. It writes nothing.
import type { AppRef, AppSpec } from '../domain/app.ts'
import type { PresentConfig } from '../domain/config.ts'
import { busyOf } from '../domain/outlook/next.ts'
import type { Outlook, Seen } from '../domain/outlook.ts'
import type { Revision } from '../domain/revision.ts'
import type { Foreseen, Way } from '../platform/foreseen.ts'
import type { Declared, Deploy, Taken, Traffic } from '../platform/platform.ts'
import type { Cluster, ReleaseView } from './cluster.ts'
import { Exit, exitCodes } from './exit.ts'
import { type Meters, meter } from './metering.ts'

/** The drivers, over a client that cannot write. */
export interface Survey extends Meters {
  readonly deploy: Pick<Deploy, 'describe' | 'apps' | 'readiness'>
  readonly traffic: Pick<Traffic, 'read' | 'taken'>
  readonly config: (app: AppRef, run: AppSpec['run']) => Promise<readonly PresentConfig[]>
  readonly foresee: (outlook: Outlook, seen: Seen, way: Way) => readonly Foreseen[]
}

/** What was seen, and what the caller may not see. */
export interface Surveyed {
  readonly seen: Seen
  readonly unseen: readonly string[]
}

export interface Asked {
  readonly app: AppRef
  readonly spec: AppSpec
  readonly declared: Declared
  /** Requests a second, in place of what is measured. */
  readonly rate: number | undefined
}

/** All of the App but what its declaration says, which must be known before its file can be read. */
export async function survey(cluster: Cluster, from: Survey, asked: Asked): Promise<Surveyed> {
  const { app, spec, declared, rate } = asked
  const unseen: string[] = []
  const may = <T>(what: string, reading: Promise<T>): Promise<T | undefined> =>
    reading.catch((error: unknown) => {
      if (!isForbidden(error)) throw error
      unseen.push(`${what}: your user may not read it`)
      return undefined
    })
  const [view, releases, route, config, taken] = await Promise.all([
    cluster.app(app.name),
    cluster.releases(app.name),
    may('the route', from.traffic.read(app)),
    from.config(app, spec.run),
    takenHosts(cluster, from, asked, unseen),
  ])
  const serves = route ? route.stable : view?.stable?.revision
  const stable = declared.revisions.find(({ name }) => name === serves)
  const ready = stable && (await may(`the pods of ${stable.name}`, from.deploy.readiness(stable)))
  const past = revisionsOf(stable, releases)
  const traffic = { app, revisions: past.known, past: spec.release.analysis.history, rate }
  const seen: Seen = {
    app,
    busy: busyOf(view, releases),
    ...declaredOf(declared),
    ...(route && { route }),
    ...(stable && { stable }),
    ...(ready && { stableAlive: ready.ready > 0 }),
    served: past.served,
    seq: Math.max(0, route?.epoch.seq ?? 0, ...releases.map(({ release }) => release.seq)),
    config,
    taken,
    metered: await meter(from, traffic),
  }
  return { seen, unseen: [...new Set([...unseen, ...config.flatMap((one) => one.unseen ?? [])])] }
}

const declaredOf = ({
  source,
  policy,
  revisions,
  kept,
}: Declared): Pick<Seen, 'source' | 'policy' | 'revisions' | 'kept'> => ({
  revisions,
  ...(source && { source }),
  ...(policy && { policy }),
  ...(kept && { kept }),
})

/** As the judge learns of them: those that were ever stable, and all. */
function revisionsOf(stable: Revision | undefined, releases: readonly ReleaseView[]) {
  if (!stable) return { served: [], known: [] }
  const promoted = releases.filter(({ outcome }) => outcome === 'promoted')
  const served = [...new Set([stable.name, ...promoted.flatMap(({ revision }) => revision ?? [])])]
  return { served, known: [...new Set([...served, ...releases.flatMap(({ revision }) => revision ?? [])])] }
}

/** A release looks at all Apps of the cluster; whoever may not is content with those of the namespace. */
async function takenHosts(
  cluster: Cluster,
  { deploy, traffic }: Survey,
  { app, spec: { route } }: Asked,
  unseen: string[],
): Promise<readonly Taken[]> {
  const hosts = [...route.hosts, ...(route.preview ?? [])]
  if (hosts.length === 0) return []
  const isOther = (one: AppRef) => one.namespace !== app.namespace || one.name !== app.name
  const compare = async (apps: readonly AppRef[]) => traffic.taken(hosts, apps.filter(isOther))
  try {
    return await compare((await deploy.apps()).map((one) => one.app))
  } catch (error) {
    if (!isForbidden(error)) throw error
  }
  unseen.push('hosts of other namespaces: your user may not read all Apps and their routes')
  return compare(await cluster.apps()).catch((error: unknown) => {
    if (!isForbidden(error)) throw error
    return []
  })
}

const isForbidden = (error: unknown): boolean =>
  (error as { readonly reason?: unknown } | undefined)?.reason === 'Forbidden'

/** What the drivers refuse, as the command line ends. */
export const permitted = <T>({ namespace }: AppRef, asked: Promise<T>): Promise<T> =>
  asked.catch((cause: Error) => {
    if (cause instanceof Exit) throw cause
    if (!isForbidden(cause)) throw new Exit(exitCodes.error, cause.message, { cause })
    throw new Exit(exitCodes.denied, cause.message.replace(/ \(grant Slipway.*$/, ''), {
      cause,
      advice: `Who plans reads Apps, Releases, Deployments and HTTPRoutes in namespace ${namespace}: the roles view and slipway-viewer.`,
    })
  })
