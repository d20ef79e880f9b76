// Compares what the built-in remote's branches hold with what the Apps serve, and tells the Apps that are behind.
// This is what makes a push safe: whatever is lost on the way from the hook to Temporal, the branch still says it.
import type { Apps, DeclaredApp } from './apps.ts'
import type { Repositories } from './repositories.ts'
import type { Sources } from './sources.ts'

export interface SweepOptions {
  readonly apps: Apps
  readonly repositories: Pick<Repositories, 'head' | 'isNew' | 'claim'>
  readonly sources: Pick<Sources, 'lookAgain' | 'told'>
  readonly gitUrl: string
  readonly appNamespace: string
}

/** Returns a function that brings one repository's Apps up to date; it fails when that cannot be done now. */
export function sweep({ apps, repositories, sources, gitUrl, appNamespace }: SweepOptions) {
  async function tell(repository: string, { app, source, stable }: DeclaredApp): Promise<void> {
    if (!source) return
    const head = await repositories.head(repository, source.branch)
    if (!head || head === stable || sources.told(app) === head) return
    const ref = `refs/heads/${source.branch}`
    await sources.lookAgain(app, { ref, after: head, delivery: `sweep-${head.slice(0, 12)}` })
  }

  return async (repository: string): Promise<void> => {
    const url = `${gitUrl}/${repository}.git`
    const known = apps.ofRepository(url)
    if (known.length > 0) {
      await Promise.all(known.map((app) => tell(repository, app)))
      return
    }
    if (!(await repositories.isNew(repository)) || !(await repositories.head(repository, 'main'))) return
    const app = { namespace: appNamespace, name: repository }
    const made = await apps.register(app, { repository: url, branch: 'main' })
    await repositories.claim(repository)
    if (made.source?.repository === url) await tell(repository, made)
  }
}

/** The repositories of the built-in remote that Apps take their commits from. */
export function ownRepositories(apps: readonly DeclaredApp[], gitUrl: string): ReadonlySet<string> {
  const prefix = `${gitUrl}/`
  const urls = apps.flatMap(({ source }) => source?.repository ?? [])
  const own = urls.filter((url) => url.startsWith(prefix) && url.endsWith('.git'))
  return new Set(own.map((url) => url.slice(prefix.length, -'.git'.length)))
}
