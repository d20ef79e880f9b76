// What commits and trees say, read from their bytes.
import type { Commit } from '../../domain/release.ts'
import { type GitObject, objectId } from './pack.ts'

export interface CommitObject {
  readonly tree: string
  readonly parents: readonly string[]
  readonly commit: Commit
}

export interface TreeEntry {
  /** `100644`, `100755`, `120000` (link), `160000` (submodule), `40000` (directory). */
  readonly mode: string
  readonly oid: string
}

export function readCommit(object: GitObject): CommitObject {
  const text = object.bytes.toString()
  const end = text.indexOf('\n\n')
  const headers = (end === -1 ? text : text.slice(0, end)).split('\n')
  const values = (key: string) =>
    headers.filter((line) => line.startsWith(`${key} `)).map((line) => line.slice(key.length + 1))
  const author = /^(.*?) ?<([^>]*)>/.exec(values('author')[0] ?? '')
  const committed = /> (\d{1,11})(?: |$)/.exec(values('committer')[0] ?? '')
  return {
    tree: values('tree')[0] ?? '',
    parents: values('parent'),
    commit: {
      sha: objectId(object),
      title: forPeople(end === -1 ? '' : (text.slice(end + 2).split('\n', 1)[0] ?? ''), 200),
      author: forPeople(author?.[1] || author?.[2] || '', 100),
      committedAt: Number(committed?.[1] ?? 0) * 1000,
    },
  }
}

/** The entry of that name; names are compared byte for byte. */
export function findEntry(tree: GitObject, name: string): TreeEntry | undefined {
  const { bytes } = tree
  const wanted = Buffer.from(name)
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at)
    const nul = bytes.indexOf(0, space)
    if (space === -1 || nul === -1) return undefined
    if (bytes.subarray(space + 1, nul).equals(wanted)) {
      return { mode: bytes.toString('latin1', at, space), oid: bytes.toString('hex', nul + 1, nul + 21) }
    }
    at = nul + 21
  }
  return undefined
}

/** One short line without control characters, and without marks that change the direction of what follows. */
const forPeople = (text: string, length: number): string =>
  [...text.replace(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu, ' ').trim()].slice(0, length).join('')
