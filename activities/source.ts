// Reads the repository: the plan of a commit, and where the branch stands.
import type { AppRef, AppSource, AppSpec } from '../domain/app.ts'
import { PermanentFailure } from '../domain/failure.ts'
import { manifestName, parseManifest } from '../domain/manifest.ts'
import { makePlan } from '../domain/plan.ts'
import type { Plan, ReleaseRef } from '../domain/release.ts'
import type { Platform } from '../platform/platform.ts'

/** Where the App stands: what its branch says and what holds its traffic. */
export interface Sight {
  /** The branch's newest commit, and whether its file lets it take a running release's place; absent when there is no branch. */
  readonly head?: { readonly sha: string; readonly supersede: AppSpec['release']['supersede'] }
  /** What the route returns to; the sha is empty when its Deployment is gone. */
  readonly stable?: { readonly revision: string; readonly sha: string }
  /** Of the pushed commits, those that are not the head; `onBranch` when the branch has them in its history. */
  readonly overtaken: readonly { readonly sha: string; readonly onBranch: boolean }[]
}

export function sourceVerbs(platform: Platform) {
  return {
    async readPlan(release: ReleaseRef): Promise<Plan> {
      const plan = await planOf(platform, release)
      const route = await platform.traffic.read(release.app)
      return { ...plan, ...(route && { servedHosts: route.hosts }) }
    },

    /** Looks at the branch and at the traffic; null when the App is not declared any more. */
    async look({ app, pushed }: { app: AppRef; pushed: readonly string[] }): Promise<Sight | null> {
      const { source, revisions } = await platform.deploy.describe(app)
      if (!source) return null
      const sha = await platform.source.head(source)
      const route = await platform.traffic.read(app)
      const stable = revisions.find(({ name }) => name === route?.stable)
      return {
        ...(sha && { head: { sha, supersede: await supersedes(platform, app, source, sha) } }),
        ...(stable && { stable: { revision: stable.name, sha: stable.sha } }),
        overtaken: await overtaken(platform, source, pushed, sha),
      }
    },
  }
}

/** Reads the commit's file and makes the plan of its release. */
async function planOf({ source, deploy, traffic }: Platform, release: ReleaseRef): Promise<Plan> {
  const { source: from } = await deploy.describe(release.app)
  if (!from) throw new PermanentFailure('NotFound', `the App ${release.app.name} is not declared any more`)
  const { commit, text } = await source.read(from, release.sha, manifestName)
  return makePlan(release, commit, from, parseManifest(text, release.app), traffic.resolution)
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
