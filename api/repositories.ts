// The bare repositories behind the git remote: one folder each under the git root, made on first contact.
import { execFile } from 'node:child_process'
import fs from 'node:fs'
import { access, constants, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import git from 'isomorphic-git'
import { gitEnvironment } from './git-environment.ts'

const run = promisify(execFile)

export interface Repositories {
  readonly root: string
  /** Makes the repository unless it is there; two at once make one. */
  readonly ensure: (name: string) => Promise<void>
  readonly exists: (name: string) => Promise<boolean>
  /** Whether no App has been declared for the repository since it was made. */
  readonly isNew: (name: string) => Promise<boolean>
  /** All that are new. */
  readonly news: () => Promise<readonly string[]>
  /** From now on it is not new: an App that is deleted later stays deleted. */
  readonly claim: (name: string) => Promise<void>
  /** The branch's newest commit; undefined when there is none. */
  readonly head: (name: string, branch: string) => Promise<string | undefined>
}

/** An App's name: a DNS label of at most 40 characters, because a revision's name is longer. */
export const isRepositoryName = (name: string): boolean => /^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$/.test(name)

export function bareRepositories(root: string): Repositories {
  const pathOf = (name: string) => join(root, `${name}.git`)
  const isNew = (name: string) => there(join(pathOf(name), newMarker))
  const exists = (name: string) => there(join(pathOf(name), 'HEAD'))
  return {
    root,
    exists,
    async ensure(name) {
      if (!(await exists(name))) await create(root, pathOf(name))
    },
    isNew,
    async news() {
      const entries = await readdir(root)
      const names = entries.filter((entry) => entry.endsWith('.git')).map((entry) => entry.slice(0, -4))
      const fresh = await Promise.all(names.map(isNew))
      return names.filter((name, index) => isRepositoryName(name) && fresh[index])
    },
    claim: (name) => rm(join(pathOf(name), newMarker), { force: true }),
    head: (name, branch) => headOf(pathOf(name), branch),
  }
}

const newMarker = 'slipway-new'

/** Built aside and moved into place: nobody ever meets a half-made repository. */
async function create(root: string, path: string): Promise<void> {
  await mkdir(root, { recursive: true, mode: 0o700 })
  const aside = await mkdtemp(join(root, '.new-'))
  try {
    await run('git', ['init', '--quiet', '--bare', '--initial-branch=main', aside], gitOptions(root))
    await writeFile(join(aside, newMarker), '')
    await rename(aside, path)
  } catch (error) {
    await rm(aside, { recursive: true, force: true })
    if (!(await there(join(path, 'HEAD')))) {
      throw new Error(`cannot create the repository ${path}: is the git root writable?`, { cause: error })
    }
  }
}

/** Read here, not by a git of its own: a sweep asks for every App at once, and each process costs the api twenty milliseconds. */
async function headOf(path: string, branch: string): Promise<string | undefined> {
  try {
    return await git.resolveRef({ fs, gitdir: path, ref: `refs/heads/${branch}` })
  } catch (cause) {
    // What may not be read is not found either: that must not pass for a branch without a commit.
    const missing = cause instanceof git.Errors.NotFoundError && (await there(path, constants.R_OK))
    if (missing || !(await there(path))) return undefined
    throw new Error(`cannot read the branch ${branch} of ${path}`, { cause })
  }
}

const gitOptions = (root: string) => ({ env: gitEnvironment(root), timeout: 10_000, maxBuffer: 65_536 })

const there = (path: string, mode = constants.F_OK): Promise<boolean> =>
  access(path, mode).then(
    () => true,
    () => false,
  )
