// Which release is meant by a name, or by none.
import type { Cluster, ReleaseView } from './cluster.ts'
import { Exit, exitCodes } from './exit.ts'

/** A release by its name, an App's newest one, or without a name the one that runs. */
export async function selectRelease(cluster: Cluster, name: string | undefined): Promise<ReleaseView> {
  if (name === undefined) return newestOf(cluster)
  const found = (await cluster.release(name)) ?? (await cluster.releases(name))[0]
  if (!found) throw await unknownRelease(cluster, name)
  return found
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
