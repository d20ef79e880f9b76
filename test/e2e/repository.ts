// A developer's clone of an App's repository: commits versions of the example and pushes them as a person would.
import { spawn } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Pushed {
  readonly sha: string
  /** What git printed, the `remote:` lines among it. */
  readonly said: string
}

export interface Repository {
  readonly folder: string
  /** Writes a file of the work tree. */
  readonly write: (path: string, text: string) => Promise<void>
  readonly read: (path: string) => Promise<string>
  /** Commits what changed; the commit's name. */
  readonly commit: (message: string) => Promise<string>
  /** Pushes a commit to the main branch or another, and listens to its end; git's own failure is thrown with what it printed. */
  readonly offer: (sha: string, branch?: string) => Promise<string>
  /** Forgets the last commit. */
  readonly back: () => Promise<unknown>
  /** Both, one after the other. */
  readonly push: (message: string) => Promise<Pushed>
  readonly remove: () => Promise<void>
}

/** A fresh repository that holds a copy of `example`, with `remote` as its origin. */
export async function aRepository(example: string, remote: string, tokenFile: string): Promise<Repository> {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-repository-'))
  const token = (await readFile(tokenFile, 'utf8')).trim()
  // The token travels in the environment: never in a command line, a URL or the repository's configuration.
  const environment = {
    ...process.env,
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'http.extraHeader',
    GIT_CONFIG_VALUE_0: `Authorization: Basic ${Buffer.from(`git:${token}`).toString('base64')}`,
  }
  const git = (...words: string[]) => run('git', words, folder, environment)

  await cp(example, folder, { recursive: true })
  await git('init', '--quiet', '--initial-branch=main')
  await git('config', 'user.name', 'Ana')
  await git('config', 'user.email', 'ana@example.com')
  await git('remote', 'add', 'origin', remote)

  const commit = async (message: string) => {
    await git('add', '--all')
    await git('commit', '--quiet', '--allow-empty', '--message', message)
    return (await git('rev-parse', 'HEAD')).trim()
  }
  // By its name: what is newest when git gets to it may be another one.
  const offer = (sha: string, branch = 'main') => git('push', 'origin', `${sha}:refs/heads/${branch}`)
  return {
    folder,
    write: (path, text) => writeFile(join(folder, path), text),
    read: (path) => readFile(join(folder, path), 'utf8'),
    commit,
    offer,
    back: () => git('reset', '--quiet', '--hard', 'HEAD~1'),
    push: async (message) => {
      const sha = await commit(message)
      return { sha, said: await offer(sha) }
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

function run(command: string, words: string[], folder: string, env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, words, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    child.stdout.on('data', (chunk) => (said += chunk))
    child.stderr.on('data', (chunk) => (said += chunk))
    child.on('error', reject)
    // Not at its exit: what it printed may still be on its way then.
    child.on('close', (code) =>
      code === 0
        ? resolve(said)
        : reject(new Error(`git ${words[0]} ended with exit code ${code}:\n${said}`)),
    )
  })
}
