// Which release is meant by a name, by a commit, or by nothing.
import { setTimeout as pause } from 'node:timers/promises'
import type { Cluster, ReleaseView } from './cluster.ts'
import { Exit, exitCodes } from './exit.ts'

const betweenLooks = 500

/** A release by its name, an App's newest one, or without a name the one that runs. */
export async function selectRelease(cluster: Cluster, name: string | undefined): Promise<ReleaseView> {
  if (name === undefined) return newestOf(cluster)
  const found = (await cluster.release(name)) ?? (await cluster.releases(name))[0]
  if (!found) throw await unknownRelease(cluster, name)
  return found
}

/** The newest releases, of one App when it is named. */
export async function selectReleases(
  cluster: Cluster,
  app: string | undefined,
  limit: number,
): Promise<readonly ReleaseView[]> {
  const found = await cluster.releases(app)
  if (app !== undefined && found.length === 0 && !(await cluster.app(app))) {
    throw new Exit(exitCodes.notFound, `no App named "${app}" in namespace ${cluster.namespace}`, {
      advice: 'See which there are: slipway status',
    })
  }
  return found.slice(0, limit)
}

/** A release by its name, an App's running one, or without a name the only one that runs: what is changed is not guessed. */
export async function selectRunning(
  cluster: Cluster,
  verb: string,
  name: string | undefined,
): Promise<ReleaseView> {
  const named = name === undefined ? undefined : await cluster.release(name)
  if (named) return named
  const running = (await cluster.releases(name)).filter(({ phase }) => phase !== 'done')
  if (name !== undefined) return running[0] ?? selectRelease(cluster, name)
  const [only, ...others] = running
  if (only && others.length === 0) return only
  if (only) {
    throw new Exit(exitCodes.usage, `several releases run: ${running.map((one) => one.name).join(', ')}`, {
      advice: `Name one: slipway ${verb} ${only.name}`,
    })
  }
  throw new Exit(
    exitCodes.notFound,
    `no release runs in namespace ${cluster.namespace} of ${cluster.server}`,
    { advice: 'See how the last ones ended: slipway releases' },
  )
}

/** What a name means where both may be meant: a release, else an App. */
export async function selectSubject(
  cluster: Cluster,
  name: string,
): Promise<{ readonly release: string } | { readonly app: string }> {
  if (await cluster.release(name)) return { release: name }
  if (await cluster.app(name)) return { app: name }
  throw await unknownRelease(cluster, name)
}

/** The same name, when there is such an App. */
export async function knownApp(cluster: Cluster, name: string): Promise<string> {
  if (await cluster.app(name)) return name
  const known = (await cluster.apps()).map((app) => app.name)
  throw new Exit(
    exitCodes.notFound,
    `no App named "${name}" in namespace ${cluster.namespace} of ${cluster.server}`,
    { advice: known.length > 0 ? `The Apps: ${known.join(', ')}.` : 'Begin with: slipway init' },
  )
}

/** The newest release of a commit (or of its first digits), of one App when it is named; it may begin while we wait. */
export async function releaseOfCommit(
  cluster: Cluster,
  commit: string,
  app: string | undefined,
  signal: AbortSignal,
): Promise<ReleaseView> {
  while (!signal.aborted) {
    const found = (await cluster.releases(app)).find(({ release }) => release.sha.startsWith(commit))
    if (found) return found
    await pause(betweenLooks, undefined, { signal }).catch(() => undefined)
  }
  throw new Exit(
    exitCodes.timedOut,
    `no release of commit ${commit} began in namespace ${cluster.namespace}`,
    {
      advice: 'Was it pushed to the branch that the App follows? See: slipway status',
    },
  )
}

/** The refusal that names what there is instead. */
export async function unknownRelease(cluster: Cluster, name: string): Promise<Exit> {
  const known = (await cluster.releases()).slice(0, 5).map((release) => release.name)
  return new Exit(
    exitCodes.notFound,
    `no release and no App named "${name}" in namespace ${cluster.namespace} of ${cluster.server}`,
    { advice: known.length > 0 ? `The newest releases: ${known.join(', ')}.` : nothingYet },
  )
}

export const nothingYet = 'Nothing was released here yet: push a commit, or name another namespace with -n.'

async function newestOf(cluster: Cluster): Promise<ReleaseView> {
  const all = await cluster.releases()
  const newest = all.find((release) => release.phase !== 'done') ?? all[0]
  if (newest) return newest
  throw new Exit(exitCodes.notFound, `no release in namespace ${cluster.namespace} of ${cluster.server}`, {
    advice: nothingYet,
  })
}
