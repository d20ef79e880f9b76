// Reads a bare repository: what a ref means, what a commit says, how two commits lie to each other.
import { join } from 'node:path'
import { ask, run } from '../process.ts'
import { accountShown } from './accounts.ts'
import { apiOf, fullNameOf, type Json, nodeId, type Repository, type State } from './state.ts'

export interface Commit {
  readonly sha: string
  readonly tree: string
  readonly parents: readonly string[]
  readonly author: Person
  readonly committer: Person
  readonly message: string
  readonly added: readonly string[]
  readonly removed: readonly string[]
  readonly modified: readonly string[]
}

export interface Person {
  readonly name: string
  readonly email: string
  readonly date: string
}

export const folderOf = ({ root }: State, repository: Repository): string =>
  join(root, `${fullNameOf(repository)}.git`)

export const gitSettings = {
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_COUNT: '1',
  GIT_CONFIG_KEY_0: 'safe.directory',
  GIT_CONFIG_VALUE_0: '*',
} as const

const gitRun = (folder: string) => ({ cwd: folder, env: gitSettings, timeout: 60_000 })

/** The commit that a branch, a tag or a commit's own name means; undefined when there is none. */
export async function commitAt(folder: string, ref: string): Promise<string | undefined> {
  if (ref.startsWith('-')) return undefined
  const words = ['git', 'rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`]
  const sha = (await ask(words, gitRun(folder)))?.trim()
  return sha && /^[0-9a-f]{40}$/.test(sha) ? sha : undefined
}

/** Every ref with what it points at. */
export async function refsOf(folder: string): Promise<ReadonlyMap<string, string>> {
  const { stdout } = await run(['git', 'for-each-ref', '--format=%(objectname) %(refname)'], gitRun(folder))
  return new Map(
    stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => [line.slice(41), line.slice(0, 40)]),
  )
}

// What no name and no message has in it.
const record = '\u001e'
const unit = '\u001f'
const format = ['%H', '%T', '%P', '%an', '%ae', '%aI', '%cn', '%ce', '%cI', '%B'].join(unit)

/** Newest first, as `git log` with these words lists them. */
export async function commitsOf(folder: string, words: readonly string[]): Promise<readonly Commit[]> {
  const log = ['git', 'log', '-z', '--name-status', '--no-renames', `--format=${record}${format}${unit}`]
  const { stdout } = await run([...log, ...words, '--'], gitRun(folder))
  return stdout.split(record).slice(1).map(parseCommit)
}

export const countOf = async (folder: string, range: string): Promise<number> =>
  Number((await run(['git', 'rev-list', '--count', range, '--'], gitRun(folder))).stdout)

/** Undefined when the two have nothing in common. */
export const mergeBaseOf = async (folder: string, one: string, other: string): Promise<string | undefined> =>
  (await ask(['git', 'merge-base', one, other], gitRun(folder)))?.trim() || undefined

export interface Change {
  readonly path: string
  readonly blob: string
  readonly status: 'added' | 'removed' | 'modified'
  readonly additions: number
  readonly deletions: number
}

/** What differs between two commits, file by file. */
export async function changesOf(folder: string, from: string, to: string): Promise<readonly Change[]> {
  const words = ['git', 'diff', '-z', '--no-renames', '--no-abbrev']
  const { stdout: raw } = await run([...words, '--raw', from, to, '--'], gitRun(folder))
  const { stdout: numbers } = await run([...words, '--numstat', from, to, '--'], gitRun(folder))
  const counts = new Map(numbers.split('\0').map((line) => [line.split('\t')[2], line.split('\t')]))
  const fields = raw.split('\0')
  return fields.flatMap((field, index) => {
    const path = fields[index + 1]
    if (!field.startsWith(':') || path === undefined) return []
    const [, , before = '', after = '', letter = ''] = field.split(' ')
    const [additions = '0', deletions = '0'] = counts.get(path) ?? []
    const status = letter === 'A' ? 'added' : letter === 'D' ? 'removed' : 'modified'
    const blob = status === 'removed' ? before : after
    // A binary file has `-` for both.
    return [{ path, blob, status, additions: Number(additions) || 0, deletions: Number(deletions) || 0 }]
  })
}

function parseCommit(text: string): Commit {
  const [sha = '', tree = '', parents = '', ...rest] = text.split(unit)
  const [an = '', ae = '', aDate = '', cn = '', ce = '', cDate = '', message = '', files = ''] = rest
  const names = files.split('\0').filter((part) => part.trim() !== '')
  const changed = (letter: string) =>
    names.flatMap((part, index) =>
      index % 2 === 0 && part.trim().startsWith(letter) ? [names[index + 1] ?? ''] : [],
    )
  return {
    sha,
    tree,
    parents: parents.split(' ').filter((parent) => parent !== ''),
    author: { name: an, email: ae, date: aDate },
    committer: { name: cn, email: ce, date: cDate },
    message: message.trimEnd(),
    added: changed('A'),
    removed: changed('D'),
    modified: [...changed('M'), ...changed('T')],
  }
}

export function commitShown(state: State, repository: Repository, commit: Commit): Json {
  const api = `${apiOf(state)}/repos/${fullNameOf(repository)}`
  const html = `${state.url}/${fullNameOf(repository)}/commit`
  return {
    sha: commit.sha,
    node_id: nodeId('Commit', repository.id),
    url: `${api}/commits/${commit.sha}`,
    html_url: `${html}/${commit.sha}`,
    comments_url: `${api}/commits/${commit.sha}/comments`,
    commit: {
      author: utc(commit.author),
      committer: utc(commit.committer),
      message: commit.message,
      tree: { sha: commit.tree, url: `${api}/git/trees/${commit.tree}` },
      url: `${api}/git/commits/${commit.sha}`,
      comment_count: 0,
      verification: {
        verified: false,
        reason: 'unsigned',
        signature: null,
        payload: null,
        verified_at: null,
      },
    },
    author: knownBy(state, commit.author),
    committer: knownBy(state, commit.committer),
    parents: commit.parents.map((sha) => ({ sha, url: `${api}/commits/${sha}`, html_url: `${html}/${sha}` })),
  }
}

const utc = ({ name, email, date }: Person) => ({
  name,
  email,
  date: new Date(date).toISOString().replace(/\.\d+/, ''),
})

/** The person whose address this is: `ana@example.com` is ana. */
export function loginOf(state: State, { email }: Person): string | undefined {
  const name = email.split('@')[0] ?? ''
  return state.users.has(name) ? name : undefined
}

function knownBy(state: State, person: Person): Json | null {
  const user = state.users.get(loginOf(state, person) ?? '')
  return user ? accountShown(state, user) : null
}
