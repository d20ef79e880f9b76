// Reads repositories over git's smart HTTP: heads, single files at a commit, ancestry. Nothing is checked out, nothing touches the disk, no process is started.
import type { AppSource } from '../../domain/app.ts'
import { PermanentFailure } from '../../domain/failure.ts'
import type { Source } from '../platform.ts'
import { gitHttp, type HttpLimits, httpLimits, TooLarge } from './http.ts'
import { findEntry, readCommit, type TreeEntry } from './objects.ts'
import { type GitObject, packLimits, readPack } from './pack.ts'
import { connect, type Fetched, type GitServer } from './protocol.ts'
import { repositoryUrl } from './repository.ts'

export interface GitSettings {
  /** What we show the repository's host, if anything; sent nowhere else. */
  readonly token: (repository: string) => string | undefined
  /** Plain http is spoken only below this address: the built-in remote. */
  readonly plainHttpUnder?: string
  readonly maxFileBytes?: number
  readonly limits?: HttpLimits
}

/** How far back ancestry is searched: each number of commits in turn. What lies deeper is no ancestor. */
const searchDepths = [50, 500, 5000]

export function gitSource(settings: GitSettings): Source {
  const maxFileBytes = settings.maxFileBytes ?? 256 * 1024
  const limits = settings.limits ?? httpLimits
  const open = async ({ repository }: AppSource): Promise<GitServer> => {
    const url = repositoryUrl(repository, settings.plainHttpUnder)
    return await connect(gitHttp(settings.token(repository), limits), url.href)
  }

  return {
    head: async (source) => {
      const name = `refs/heads/${source.branch}`
      if (name.length > 1000) return undefined
      const refs = await (await open(source)).refs(name)
      return refs.find((ref) => ref.name === name)?.oid
    },

    read: async (source, sha, path) => {
      const segments = pathSegments(path)
      const server = await open(source)
      const objects = await fetchCommit(server, source, sha)
      const { tree, commit } = readCommit(wanted(objects, sha))
      const file = findFile(objects, tree, segments, { sha, path })
      const blob = objects.get(file.oid) ?? (await fetchFile(server, file.oid, maxFileBytes))
      if (blob === undefined || blob.bytes.length > maxFileBytes) {
        throw unusable(path, sha, `is larger than ${maxFileBytes} bytes`)
      }
      return { commit, text: utf8(blob.bytes, path, sha) }
    },

    isAncestor: async (source, ancestor, descendant) => {
      const server = await open(source)
      for (const depth of searchDepths) {
        const fetched = await server.fetch({ wants: [fullSha(descendant)], depth, filter: 'tree:0' })
        if (fetched === undefined) return false
        const found = await searchHistory(fetched, ancestor, descendant)
        if (found !== 'deeper') return found === 'yes'
      }
      return false
    },
  }
}

async function fetchCommit(
  server: GitServer,
  source: AppSource,
  sha: string,
): Promise<Map<string, GitObject>> {
  const absent = (why: string) =>
    new PermanentFailure('NotFound', `commit ${sha} ${why} (branch "${source.branch}" of the repository)`)
  try {
    const fetched = await server.fetch({ wants: [fullSha(sha)], depth: 1, filter: 'blob:none' })
    if (fetched === undefined) throw absent('is not in the repository; was something else pushed over it?')
    const objects = await readPack(fetched.pack)
    if (wanted(objects, sha).kind !== 'commit') throw absent('is no commit')
    return objects
  } catch (error) {
    if (!(error instanceof TooLarge)) throw error
    throw new PermanentFailure('Invalid', `cannot read commit ${sha}: ${error.message}`)
  }
}

/** The file's blob; undefined when it is too large to be looked at. */
async function fetchFile(server: GitServer, oid: string, maxBytes: number): Promise<GitObject | undefined> {
  try {
    const fetched = await server.fetch({ wants: [oid], maxBytes: maxBytes * 2 })
    if (fetched === undefined) throw new Error(`the git server does not give blob ${oid} of its own tree`)
    return wanted(await readPack(fetched.pack, { ...packLimits, objectBytes: maxBytes }), oid)
  } catch (error) {
    if (error instanceof TooLarge) return undefined
    throw error
  }
}

/** Walks down from the tree. A link is never followed: what it points at is not what the commit says. */
function findFile(
  objects: ReadonlyMap<string, GitObject>,
  root: string,
  segments: readonly string[],
  asked: { readonly sha: string; readonly path: string },
): TreeEntry {
  let entry: TreeEntry = { mode: '40000', oid: root }
  for (const segment of segments) {
    const next: TreeEntry | undefined =
      entry.mode === '40000' ? findEntry(wanted(objects, entry.oid), segment) : undefined
    if (next === undefined) {
      throw new PermanentFailure('NotFound', `there is no ${asked.path} in commit ${asked.sha}`)
    }
    if (next.mode === '120000') throw unusable(asked.path, asked.sha, `is a symbolic link ("${segment}")`)
    if (next.mode === '160000') throw unusable(asked.path, asked.sha, `lies in a submodule ("${segment}")`)
    entry = next
  }
  if (entry.mode === '40000') throw unusable(asked.path, asked.sha, 'is a directory')
  return entry
}

async function searchHistory(
  { pack, shallow }: Fetched,
  ancestor: string,
  descendant: string,
): Promise<'yes' | 'no' | 'deeper'> {
  const objects = await readPack(pack)
  const seen = new Set([descendant])
  for (const sha of seen) {
    if (sha === ancestor) return 'yes'
    // The parents of a shallow commit exist, but were not sent.
    if (!shallow.has(sha)) for (const parent of readCommit(wanted(objects, sha)).parents) seen.add(parent)
  }
  return shallow.size > 0 ? 'deeper' : 'no'
}

function wanted(objects: ReadonlyMap<string, GitObject>, oid: string): GitObject {
  const object = objects.get(oid)
  if (object === undefined) throw new Error(`the git server left out object ${oid}`)
  return object
}

function fullSha(sha: string): string {
  if (/^[0-9a-f]{40}$/.test(sha)) return sha
  throw new PermanentFailure(
    'Invalid',
    `"${sha.slice(0, 60)}" is not a full commit id of 40 hexadecimal digits`,
  )
}

function pathSegments(path: string): string[] {
  const segments = path.split('/')
  if (segments.every((segment) => segment !== '' && segment !== '.' && segment !== '..')) return segments
  throw new PermanentFailure('Invalid', `"${path.slice(0, 200)}" is not a path inside a repository`)
}

function utf8(bytes: Buffer, path: string, sha: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw unusable(path, sha, 'is not UTF-8 text')
  }
}

const unusable = (path: string, sha: string, why: string): PermanentFailure =>
  new PermanentFailure('InvalidManifest', `${path} in commit ${sha} ${why}`)
