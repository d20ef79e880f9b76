// What a push to the built-in remote means: its Apps are told to look, and the pusher reads what comes of it.
import type { Logger } from 'pino'
import { type AppRef, appKey } from '../domain/app.ts'
import type { Apps, DeclaredApp } from './apps.ts'
import type { RefUpdate } from './git-backend.ts'
import { quoted } from './problem.ts'
import type { Repositories } from './repositories.ts'
import type { Sources } from './sources.ts'

export interface PushOptions {
  readonly apps: Apps
  readonly repositories: Pick<Repositories, 'claim'>
  readonly sources: Sources
  /** The remote's address as the cluster reaches it; `<app>.git` follows. */
  readonly gitUrl: string
  readonly appNamespace: string
  readonly follow: (app: AppRef, sha: string) => (signal: AbortSignal) => AsyncIterable<string>
  /** Sees to it that the repository's Apps look later; never fails. */
  readonly later: (repository: string) => void
  readonly log: Logger
  readonly newId?: () => string
}

const heads = 'refs/heads/'
const defaultBranch = 'main'

/** The lines for the pusher. Whatever goes wrong here, the push itself has succeeded. */
export function pushes(options: PushOptions) {
  const { log, later, follow } = options
  return async function* received(
    repository: string,
    updates: readonly RefUpdate[],
    signal: AbortSignal,
  ): AsyncGenerator<string> {
    let told: Told[]
    try {
      told = await tell(options, repository, updates)
    } catch (error) {
      log.error({ repository, error }, 'a push could not be passed on; it is tried again')
      later(repository)
      yield 'warning: your commits are here, but Slipway could not be told; it looks again by itself'
      return
    }
    for (const { line } of told) yield line
    const released = told.find(({ follows }) => follows)
    if (released?.follows) yield* released.follows(signal)
  }

  async function tell(
    options: PushOptions,
    repository: string,
    updates: readonly RefUpdate[],
  ): Promise<Told[]> {
    const all = await Promise.all(
      updates.map(async (update) => {
        const apps = await released(options, repository, update)
        if (apps.length === 0) return [{ line: nothing(update) }]
        return Promise.all(apps.map((app) => look(options, app, update, follow)))
      }),
    )
    return all.flat()
  }
}

interface Told {
  readonly line: string
  readonly follows?: (signal: AbortSignal) => AsyncIterable<string>
}

async function look(
  { sources, newId = () => crypto.randomUUID(), log }: PushOptions,
  { app }: DeclaredApp,
  update: RefUpdate,
  follow: PushOptions['follow'],
): Promise<Told> {
  const follows = follow(app, update.new)
  const delivery = `push-${newId()}`
  await sources.lookAgain(app, { ref: update.ref, after: update.new, delivery })
  log.info({ app: appKey(app), after: update.new, delivery }, 'a push was passed on')
  return { line: `${appKey(app)}: looking at ${update.new.slice(0, 7)}`, follows }
}

/** The Apps that release this update. The first push of `main` to a repository that none knows declares one. */
async function released(
  { apps, repositories, gitUrl, appNamespace }: PushOptions,
  repository: string,
  { ref, new: after }: RefUpdate,
): Promise<readonly DeclaredApp[]> {
  if (!ref.startsWith(heads) || /^0+$/.test(after)) return []
  const branch = ref.slice(heads.length)
  const url = `${gitUrl}/${repository}.git`
  const known = apps.ofRepository(url)
  if (known.length > 0) return known.filter(({ source }) => source?.branch === branch)
  if (branch !== defaultBranch) return []
  const app = { namespace: appNamespace, name: repository }
  const made = await apps.register(app, { repository: url, branch })
  await repositories.claim(repository)
  return made.source?.repository === url && made.source.branch === branch ? [made] : []
}

function nothing({ ref, new: after }: RefUpdate): string {
  const name = quoted(ref.replace(/^refs\/(heads|tags)\//, ''))
  if (/^0+$/.test(after)) return `${name} is deleted; what serves is not touched`
  if (!ref.startsWith(heads)) return `${name} is no branch: nothing is released`
  return `no App releases the branch ${name} of this repository`
}
