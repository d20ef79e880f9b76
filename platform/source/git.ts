// Reads repositories over git's smart HTTP: heads, single files at a commit, ancestry. Never a checkout; no process is started.
import fs from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import git, { type ReadCommitResult } from 'isomorphic-git'
import type { AppSource } from '../../domain/app.ts'
import { PermanentFailure } from '../../domain/failure.ts'
import { firstLine } from '../../domain/figures.ts'
import type { Commit } from '../../domain/release.ts'
import type { Source } from '../platform.ts'
import { GitHttpError, gitHttp, type HttpLimits, httpLimits, TooLarge, UnknownObject } from './http.ts'
import { repositoryUrl } from './repository.ts'

export interface GitSettings {
  /** What we show the repository's host, if anything; sent nowhere else. */
  readonly token: (repository: string) => Promise<string | undefined> | string | undefined
  /** Plain http is spoken only below these addresses. */
  readonly plainHttpUnder?: readonly string[]
  readonly maxFileBytes?: number
  readonly limits?: HttpLimits
}

/** How far back ancestry is searched: each number of commits in turn. What lies deeper is no ancestor. */
const searchDepths = [50, 500, 5000]

export function gitSource(settings: GitSettings): Source {
  const { maxFileBytes = 256 * 1024, limits = httpLimits } = settings
  const remoteOf = async ({ repository }: AppSource) => ({
    url: repositoryUrl(repository, settings.plainHttpUnder).href,
    http: gitHttp(await settings.token(repository), limits),
  })
  const fetch = async (store: Store, source: AppSource, sha: string, depth: number): Promise<void> => {
    const only = { ref: fullSha(sha), remoteRef: sha, depth, singleBranch: true, tags: false }
    const { url, http } = await remoteOf(source)
    await git.addRemote({ ...store, remote: 'origin', url })
    await git.fetch({ ...store, http, ...only }).catch(nonsense(url))
  }

  return {
    head: async (source) => {
      const name = `refs/heads/${source.branch}`
      if (name.length > 1000) return undefined
      const remote = await remoteOf(source)
      const refs = await git.listServerRefs({ ...remote, prefix: name }).catch(nonsense(remote.url))
      return refs.find(({ ref }) => ref === name)?.oid
    },

    read: async (source, sha, path) => {
      const segments = pathSegments(path)
      return await withStore(async (store) => {
        await explain(fetch(store, source, sha, 1), source, sha)
        const { tree, commit } = await readCommit(store, sha)
        const blob = await findFile(store, tree, segments, { sha, path })
        if (blob.length > maxFileBytes) throw unusable(path, sha, `is larger than ${maxFileBytes} bytes`)
        return { commit, text: utf8(blob, path, sha) }
      })
    },

    isAncestor: async (source, ancestor, descendant) => {
      for (const depth of searchDepths) {
        const found = await withStore(async (store) => {
          await fetch(store, source, descendant, depth)
          return await searchHistory(store, ancestor, descendant)
        }).catch((error: unknown) => {
          // More history than we take, or a descendant that is not there (any more): nothing is known of an ancestor.
          if (error instanceof UnknownObject || error instanceof TooLarge) return 'no'
          throw error
        })
        if (found !== 'deeper') return found === 'yes'
      }
      return false
    },
  }
}

/** Our own errors say what happened; the library's own are about what a server should not have answered. */
const nonsense =
  (url: string) =>
  (error: Error): never => {
    if (error instanceof PermanentFailure || error instanceof GitHttpError) throw error
    const why = forPeople(error.message, 200)
    throw new Error(`cannot read ${url}: the git server's answer is of no use: ${why}`, { cause: error })
  }

/** A place for fetched objects that is gone afterwards. */
interface Store {
  readonly fs: typeof fs
  readonly gitdir: string
  readonly cache: object
}

async function withStore<Result>(use: (store: Store) => Promise<Result>): Promise<Result> {
  const gitdir = await mkdtemp(join(tmpdir(), 'slipway-source-'))
  try {
    await git.init({ fs, gitdir, bare: true })
    return await use({ fs, gitdir, cache: {} })
  } finally {
    await rm(gitdir, { recursive: true, force: true })
  }
}

/** Turns what a fetch of a commit can fail with for good into words about that commit. */
async function explain(fetch: Promise<void>, { branch }: AppSource, sha: string): Promise<void> {
  await fetch.catch((error: unknown) => {
    if (error instanceof UnknownObject) {
      throw new PermanentFailure(
        'NotFound',
        `commit ${sha} is not in the repository (branch "${branch}"); was something else pushed over it?`,
        { cause: error },
      )
    }
    if (error instanceof TooLarge) {
      throw new PermanentFailure('Invalid', `cannot read commit ${sha}: ${error.message}`, { cause: error })
    }
    throw error
  })
}

/** Reading is the proof that the commit came: the library takes a pack that the server broke off for success. */
async function readCommit(store: Store, sha: string): Promise<{ tree: string; commit: Commit }> {
  const { oid, commit } = await git.readCommit({ ...store, oid: sha }).catch(notCommit(sha))
  if (oid !== sha) throw new PermanentFailure('NotFound', `${sha} is no commit but a tag`)
  const { author, committer, message, tree } = commit
  return {
    tree,
    commit: {
      sha,
      title: forPeople(firstLine(message), 200),
      author: forPeople(author.name || author.email, 100),
      ...(isAddress(author.email) && { email: author.email }),
      committedAt: committer.timestamp * 1000,
    },
  }
}

/** Whoever commits may write anything there. */
const isAddress = (email: string): boolean => email.length <= 254 && /^[\w.+-]+@[\w.-]+$/.test(email)

const notCommit =
  (sha: string) =>
  (error: unknown): ReadCommitResult => {
    if (error instanceof git.Errors.ObjectTypeError) {
      throw new PermanentFailure('NotFound', `${sha} is no commit`)
    }
    throw new Error(`the git server did not send commit ${sha}`, { cause: error })
  }

/** Walks down from the tree. A link is never followed: what it points at is not what the commit says. */
async function findFile(
  store: Store,
  root: string,
  segments: readonly string[],
  asked: { readonly sha: string; readonly path: string },
): Promise<Uint8Array> {
  const unusableHere = (why: string) => unusable(asked.path, asked.sha, why)
  let entry = { mode: '040000', oid: root }
  for (const segment of segments) {
    const next = entry.mode === '040000' ? await findEntry(store, entry.oid, segment) : undefined
    if (next === undefined) {
      throw new PermanentFailure('NotFound', `there is no ${asked.path} in commit ${asked.sha}`)
    }
    if (next.mode === '120000') throw unusableHere(`is a symbolic link ("${segment}")`)
    if (next.mode === '160000') throw unusableHere(`lies in a submodule ("${segment}")`)
    entry = next
  }
  if (entry.mode === '040000') throw unusableHere('is a directory')
  return (await git.readBlob({ ...store, oid: entry.oid })).blob
}

async function findEntry(store: Store, tree: string, name: string) {
  const { tree: entries } = await git.readTree({ ...store, oid: tree }).catch((error: unknown) => {
    if (!(error instanceof git.Errors.UnsafeFilepathError)) throw error
    throw new PermanentFailure('Invalid', `tree ${tree} has a name that no file may have`, { cause: error })
  })
  return entries.find(({ path }) => path === name)
}

async function searchHistory(
  store: Store,
  ancestor: string,
  descendant: string,
): Promise<'yes' | 'no' | 'deeper'> {
  const seen = new Set([descendant])
  let cut = false
  for (const oid of seen) {
    if (oid === ancestor) return 'yes'
    const read = await git.readCommit({ ...store, oid }).catch((error: unknown) => {
      if (oid !== descendant && error instanceof git.Errors.NotFoundError) return undefined
      return notCommit(oid)(error)
    })
    // The parents at the edge of a shallow history exist, but were not sent.
    if (read === undefined) cut = true
    for (const parent of read?.commit.parent ?? []) seen.add(parent)
  }
  return cut ? 'deeper' : 'no'
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

function utf8(bytes: Uint8Array, path: string, sha: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw unusable(path, sha, 'is not UTF-8 text')
  }
}

/** One short line without control characters, and without marks that change the direction of what follows. */
const forPeople = (text: string, length: number): string =>
  [...text.replace(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu, ' ').trim()].slice(0, length).join('')

const unusable = (path: string, sha: string, why: string): PermanentFailure =>
  new PermanentFailure('InvalidManifest', `${path} in commit ${sha} ${why}`)
