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
