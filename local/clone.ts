// A developer's clone of a repository on the built-in remote: commits what lies in its folder, and pushes it through the real hooks.
import { spawn } from 'node:child_process'
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { run } from './process.ts'

export interface Clone {
  readonly folder: string
  /** How many commits the remote held when it was cloned. */
  readonly commits: number
  /** Commits everything in the folder. */
  readonly commit: (title: string) => Promise<string>
  /** Pushes what was committed; `said` hears each line that git prints, for as long as the hooks have something to say. */
  readonly push: (said: (line: string) => void, signal?: AbortSignal) => Promise<void>
}

export interface CloneOptions {
  readonly folder: string
  /** The repository's address. */
  readonly remote: string
  readonly tokenFile: string
}

const pushTimeout = 600_000

/** Clones what the remote has, or begins anew when it has nothing. */
export async function openClone(options: CloneOptions): Promise<Clone> {
  const { folder, remote } = options
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  const git = gitIn(folder, await askpass(options))
  await git('init', '--quiet', '--initial-branch=main')
  await git('remote', 'add', 'slipway', remote)
  const known = await fetched(git)
  return {
    folder,
    commits: known ? Number((await git('rev-list', '--count', 'HEAD')).trim()) : 0,
    commit: async (title) => {
      await git('add', '--all')
      await git('commit', '--quiet', '--message', title)
      return (await git('rev-parse', 'HEAD')).trim()
    },
    push: (said, signal) => push(folder, git.environment, said, signal),
  }
}

/** Removes what `openClone` made. */
export async function removeClone(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true })
  await rm(askpassOf(folder), { force: true })
}

async function fetched(git: Git): Promise<boolean> {
  const refs = await git('ls-remote', 'slipway', 'refs/heads/main').catch(() => '')
  if (!refs.trim()) return false
  await git('fetch', '--quiet', 'slipway', 'main')
  await git('reset', '--quiet', '--hard', 'FETCH_HEAD')
  return true
}

const askpassOf = (folder: string): string => `${folder}.askpass`

/** A program that answers git's question for the password from the token's file: the token is in no command line and no setting. */
async function askpass({ folder, tokenFile }: CloneOptions): Promise<string> {
  const program = askpassOf(folder)
  await writeFile(program, `#!/bin/sh\ncase $1 in Username*) echo git ;; *) cat '${tokenFile}' ;; esac\n`)
  await chmod(program, 0o700)
  return program
}

interface Git {
  (...words: string[]): Promise<string>
  readonly environment: Readonly<Record<string, string>>
}

/** Git without the person's own settings: a signing key or a credential store would ask questions here. */
function gitIn(folder: string, askpassProgram: string): Git {
  const environment = {
    GIT_ASKPASS: askpassProgram,
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'Ana',
    GIT_AUTHOR_EMAIL: 'ana@example.com',
    GIT_COMMITTER_NAME: 'Ana',
    GIT_COMMITTER_EMAIL: 'ana@example.com',
  }
  const git = async (...words: string[]) =>
    (await run(['git', ...words], { cwd: folder, env: environment, timeout: 60_000 })).stdout
  return Object.assign(git, { environment })
}

async function push(
  folder: string,
  environment: Readonly<Record<string, string>>,
  said: (line: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  const child = spawn('git', ['push', 'slipway', 'HEAD:main'], {
    cwd: folder,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: pushTimeout,
    ...(signal && { signal }),
  })
  const lines: string[] = []
  createInterface({ input: child.stderr }).on('line', (line) => {
    lines.push(line.trimEnd())
    said(line.trimEnd())
  })
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  if (code !== 0) throw new Error(`git push ended with ${code}:\n${lines.slice(-15).join('\n')}`)
}
