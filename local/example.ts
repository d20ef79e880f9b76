// The example App's repository as a developer holds it: a clone that commits versions and pushes them through the real remote.
import { spawn } from 'node:child_process'
import { chmod, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parse, parseDocument } from 'yaml'
import { run } from './process.ts'

export interface Example {
  readonly app: { readonly namespace: string; readonly name: string }
  /** The host that the App's route serves. */
  readonly host: string
  /** How many versions were committed so far. */
  readonly versions: number
  /** Whether the remote holds versions of an earlier run. */
  readonly known: boolean
  /** Commits the next version; a share of its requests fails (`0.2` = every fifth). */
  readonly commit: (version: Version) => Promise<string>
  /** Pushes what was committed; `said` hears each line that git prints. */
  readonly push: (said: (line: string) => void) => Promise<void>
}

export interface Version {
  readonly number: number
  readonly failing: number
  readonly title: string
}

export interface ExampleOptions {
  /** The folder with the example's files. */
  readonly files: string
  /** Where the clone lies. */
  readonly clone: string
  /** The remote's address; `<app>.git` follows. */
  readonly remote: string
  readonly tokenFile: string
  readonly namespace: string
}

const pushTimeout = 600_000

/** Clones what the remote has, or begins anew when it has nothing. */
export async function openExample(options: ExampleOptions): Promise<Example> {
  const { files, clone, namespace } = options
  const manifest = parse(await readFile(join(files, 'slipway.yaml'), 'utf8'))
  const name: string = manifest.metadata.name
  await rm(clone, { recursive: true, force: true })
  await mkdir(clone, { recursive: true })
  const git = gitIn(clone, await askpass(options))
  await git('init', '--quiet', '--initial-branch=main')
  await git('remote', 'add', 'slipway', `${options.remote}/${name}.git`)
  const known = await fetched(git)
  const versions = known ? Number((await git('rev-list', '--count', 'HEAD')).trim()) : 0
  return {
    app: { namespace, name },
    host: manifest.spec.route.hosts[0],
    versions,
    known,
    commit: async (version) => {
      await cp(files, clone, { recursive: true })
      await setVersion(clone, version)
      await git('add', '--all')
      await git('commit', '--quiet', '--message', version.title)
      return (await git('rev-parse', 'HEAD')).trim()
    },
    push: (said) => push(clone, git.environment, said),
  }
}

/** What a developer would edit: the version in the code's settings, and how often it fails. */
async function setVersion(clone: string, { number, failing }: Version): Promise<void> {
  const path = join(clone, 'slipway.yaml')
  const manifest = parseDocument(await readFile(path, 'utf8'))
  manifest.setIn(['spec', 'run', 'env', 'VERSION'], String(number))
  manifest.setIn(['spec', 'run', 'env', 'FAILURE_RATE'], String(failing))
  await writeFile(path, manifest.toString())
}

async function fetched(git: Git): Promise<boolean> {
  const refs = await git('ls-remote', 'slipway', 'refs/heads/main').catch(() => '')
  if (!refs.trim()) return false
  await git('fetch', '--quiet', 'slipway', 'main')
  await git('reset', '--quiet', '--hard', 'FETCH_HEAD')
  return true
}

/** A program that answers git's question for the password from the token's file: the token is in no command line and no setting. */
async function askpass({ clone, tokenFile }: ExampleOptions): Promise<string> {
  const program = `${clone}.askpass`
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
): Promise<void> {
  const child = spawn('git', ['push', 'slipway', 'HEAD:main'], {
    cwd: folder,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: pushTimeout,
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
