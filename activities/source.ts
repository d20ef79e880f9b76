// Reads the repository: the plan of a commit, and where the branch stands.
import { type AppRef, type AppSource, type AppSpec, appKey } from '../domain/app.ts'
import { configDigest } from '../domain/config.ts'
import { PermanentFailure } from '../domain/failure.ts'
import { takenBy } from '../domain/hosts.ts'
import { manifestName, parseManifest } from '../domain/manifest.ts'
import { makePlan } from '../domain/plan.ts'
import type { Cause, Plan, ReleaseRef } from '../domain/release.ts'
import type { Revision } from '../domain/revision.ts'
import type { Declared, Platform, Taken } from '../platform/platform.ts'
import { alive } from './clock.ts'

/** Where the App stands: what its branch says and what holds its traffic. */
export interface Sight {
  /** The branch's newest commit, and whether its file lets it take a running release's place; absent when there is no branch. */
  readonly head?: { readonly sha: string; readonly supersede: AppSpec['release']['supersede'] }
  /** What the route returns to; the sha is empty when its Deployment is gone. */
  readonly stable?: { readonly revision: string; readonly sha: string }
  /** Of the pushed commits, those that are not the head; `onBranch` when the branch has them in its history. */
  readonly overtaken: readonly { readonly sha: string; readonly onBranch: boolean }[]
  /** The configuration that stable's file names, as it is now; absent when it names none, or nothing is stable. */
  readonly config?: { readonly digest: string; readonly changed: boolean }
  /** The number that the route was last written under: higher than the App's when somebody took the traffic by hand. */
  readonly seq?: number
}

/** Which plan is read. */
export interface PlanAsked extends ReleaseRef {
  /** A push when absent. */
  readonly cause?: Cause
}

/** `pushed` are the commits that somebody told of. */
export interface Look {
  readonly app: AppRef
  readonly pushed: readonly string[]
}

export function sourceVerbs(platform: Platform) {
  return {
    readPlan: (asked: PlanAsked): Promise<Plan> => alive(() => planFor(platform, asked)),

    /** Looks at the branch and at the traffic; null when the App is not declared any more. */
    look: (asked: Look): Promise<Sight | null> => alive(() => sightOf(platform, asked)),
  }
}

async function planFor(platform: Platform, { cause, ...release }: PlanAsked): Promise<Plan> {
  const declared = await platform.deploy.describe(release.app)
  const plan = await planOf(platform, release, declared)
  const route = await platform.traffic.read(release.app)
  if (cause !== 'retry') await refuseForced(platform, declared, release, route?.stable)
  // What is missing is told before anything is built.
  await platform.deploy.config(release.app, plan.spec.run, false)
  // The same commit says the same of how it is built.
  const image = declared.revisions.find(({ sha }) => sha === release.sha)?.image
  await refuseTaken(platform, plan)
  const served = route && (route.drift?.written ?? route).hosts
  const told = platform.forge?.hosts(plan.repository) ?? false
  return {
    ...plan,
    ...(image && { image }),
    ...(served && { servedHosts: served }),
    ...(told && { pushersAreTold: true }),
  }
}

async function sightOf(platform: Platform, { app, pushed }: Look): Promise<Sight | null> {
  const { source, revisions } = await platform.deploy.describe(app)
  if (!source) return null
  const sha = await platform.source.head(source)
  const route = await platform.traffic.read(app)
  const stable = revisions.find(({ name }) => name === route?.stable)
  const config = stable && (await configNow(platform, stable))
  return {
    ...(config && { config }),
    ...(route && { seq: route.epoch.seq }),
    ...(sha && { head: { sha, supersede: await supersedes(platform, app, source, sha) } }),
    ...(stable && { stable: { revision: stable.name, sha: stable.sha } }),
    overtaken: await overtaken(platform, source, pushed, sha),
  }
}

/** Reads the commit's file and makes the plan of its release. */
async function planOf(
  { source, traffic }: Platform,
  release: ReleaseRef,
  { source: from, policy = {} }: Declared,
): Promise<Plan> {
  if (!from) throw new PermanentFailure('NotFound', `the App ${release.app.name} is not declared any more`)
  const { commit, text } = await source.read(from, release.sha, manifestName)
  const spec = parseManifest(text, release.app, policy)
  return makePlan(release, commit, from, spec, traffic.resolution, policy)
}

async function refuseTaken(platform: Platform, { release, spec }: Plan): Promise<void> {
  const [taken] = await takenHosts(platform, release.app, spec)
  if (!taken) return
  const why = takenBy(taken.host, taken.app)
  throw new PermanentFailure('InvalidManifest', `${manifestName} spec.route: ${why}`)
}

/** Which of the hosts that are asked for other Apps serve. */
export async function takenHosts(
  { deploy, traffic }: Platform,
  app: AppRef,
  { route: { hosts, preview = [] } }: AppSpec,
): Promise<readonly Taken[]> {
  const asked = [...hosts, ...preview]
  if (asked.length === 0) return []
  const others = (await deploy.apps()).map((one) => one.app).filter((one) => appKey(one) !== appKey(app))
  return traffic.taken(asked, others)
}

/** A branch that was moved away from what serves: the App's policy says whether that is released. */
async function refuseForced(
  { source }: Platform,
  { source: from, policy, revisions }: Declared,
  { sha }: ReleaseRef,
  stable: string | undefined,
): Promise<void> {
  const serves = revisions.find(({ name }) => name === stable)
  if (policy?.forcePush !== 'refuse' || !from || !serves?.sha) return
  if (await source.isAncestor(from, serves.sha, sha)) return
  throw new PermanentFailure(
    'Forbidden',
    `${sha.slice(0, 7)} does not have ${serves.sha.slice(0, 7)}, which serves, in its history: the branch was moved by force, and the App’s policy refuses that; retry this release if it is meant`,
  )
}

/** Whether what stable's file names has changed since; undefined when it names nothing, or it cannot be read now. */
async function configNow(
  { deploy }: Platform,
  { app, run, config = [] }: Revision,
): Promise<Sight['config']> {
  if ((run.config ?? []).length + (run.secrets ?? []).length === 0) return undefined
  try {
    const digest = configDigest(await deploy.config(app, run, false))
    return { digest, changed: digest !== configDigest(config) }
  } catch (error) {
    // What is missing at this moment is no reason to release, nor to see nothing else.
    if (error instanceof PermanentFailure) return undefined
    throw error
  }
}

/** A head whose file cannot be read takes nobody's place: it waits, and then fails by itself. */
async function supersedes(
  { source }: Platform,
  app: AppRef,
  from: AppSource,
  sha: string,
): Promise<AppSpec['release']['supersede']> {
  try {
    const { text } = await source.read(from, sha, manifestName)
    return parseManifest(text, app).release.supersede
  } catch (error) {
    if (error instanceof PermanentFailure) return 'queue'
    throw error
  }
}

async function overtaken(
  { source }: Platform,
  from: AppSource,
  pushed: readonly string[],
  head: string | undefined,
): Promise<Sight['overtaken']> {
  const others = pushed.filter((sha) => sha !== head)
  return Promise.all(
    others.map(async (sha) => ({
      sha,
      onBranch: head !== undefined && (await source.isAncestor(from, sha, head)),
    })),
  )
}
