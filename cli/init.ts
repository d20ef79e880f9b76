// `slipway init`: writes the smallest slipway.yaml that fits what lies in the folder.
import { execFile } from 'node:child_process'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { stringify } from 'yaml'
import { exposedPort } from './dockerfile.ts'
import { Exit, type ExitCode, exitCodes } from './exit.ts'
import { answerJson, answerLines, type Invocation } from './invocation.ts'

const fileName = 'slipway.yaml'
const fallbackPort = 8080

export interface InitOptions {
  readonly name?: string
  readonly port?: number
  readonly force: boolean
}

export async function init(invocation: Invocation, options: InitOptions): Promise<ExitCode> {
  const { cwd } = invocation
  const dockerfile = await findDockerfile(cwd)
  const found = exposedPort(await readFile(join(cwd, dockerfile), 'utf8'))
  const port = options.port ?? found ?? fallbackPort
  const name = appName(options.name ?? (await remoteName(cwd)) ?? basename(cwd))
  const text = manifest({ name, port, dockerfile })
  await write(join(cwd, fileName), text, options.force)
  if (invocation.json) answerJson(invocation, { file: fileName, name, port, dockerfile })
  else answerLines(invocation, told(text, name))
  if (port !== options.port && port !== found) invocation.screen.err(guessedPort(dockerfile))
  return exitCodes.ok
}

/** Only what has no default: five lines, six when the Dockerfile has another name. */
export function manifest(app: { name: string; port: number; dockerfile: string }): string {
  const flow = (value: object) =>
    stringify(value, { collectionStyle: 'flow', flowCollectionPadding: false }).trim()
  return [
    'apiVersion: slipway.dev/v1beta1',
    'kind: App',
    `metadata: ${flow({ name: app.name })}`,
    'spec:',
    ...(app.dockerfile === 'Dockerfile' ? [] : [`  build: ${flow({ dockerfile: app.dockerfile })}`]),
    `  run: ${flow({ port: app.port })}`,
    '',
  ].join('\n')
}

/** A name that Kubernetes accepts, made of what a folder or a repository is called. */
export function appName(text: string): string {
  const name = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, 40)
    .replace(/-+$/, '')
  if (name) return name
  throw new Exit(exitCodes.usage, `cannot make an App's name of "${text}"`, {
    advice: 'Choose one: slipway init --name shop',
  })
}

/** The last part of a git remote's address, without `.git`. */
export const repositoryName = (remote: string): string | undefined =>
  /([^/:]+?)(?:\.git)?\/*$/.exec(remote.trim())?.[1]

async function findDockerfile(folder: string): Promise<string> {
  const names = (await readdir(folder)).sort()
  const found =
    names.find((name) => name === 'Dockerfile') ??
    names.find((name) => /^Dockerfile\.|\.Dockerfile$/i.test(name))
  if (found) return found
  throw new Exit(exitCodes.notFound, `no Dockerfile in ${folder}`, {
    advice: 'Slipway builds the image from one: add it, then run slipway init again in its folder.',
  })
}

async function remoteName(folder: string): Promise<string | undefined> {
  const remote = await promisify(execFile)('git', ['-C', folder, 'remote', 'get-url', 'origin']).catch(
    () => undefined,
  )
  return remote && repositoryName(remote.stdout)
}

async function write(path: string, text: string, force: boolean): Promise<void> {
  try {
    await writeFile(path, text, { flag: force ? 'w' : 'wx' })
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause
    throw new Exit(exitCodes.error, `${path} exists already and is left as it is`, {
      advice: 'To write it anew: slipway init --force',
      cause,
    })
  }
}

const told = (text: string, name: string): string[] => [
  `Wrote ${fileName}:`,
  '',
  ...text
    .trimEnd()
    .split('\n')
    .map((line) => `  ${line}`),
  '',
  `Next: commit it and push. Then: slipway watch ${name}`,
]

const guessedPort = (dockerfile: string): string =>
  `${dockerfile} exposes no port, so the file says ${fallbackPort}: correct run.port if the app listens elsewhere.\n`
