// The example App's repository as its developer holds it: each commit is a version, made by editing its slipway.yaml.
import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse, parseDocument } from 'yaml'
import { type Clone, openClone } from './clone.ts'

export interface Example {
  readonly app: { readonly namespace: string; readonly name: string }
  /** The host that the App's route serves. */
  readonly host: string
  /** How many versions were committed so far. */
  readonly versions: number
  /** Commits the next version; a share of its requests fails (`0.2` = every fifth). */
  readonly commit: (version: Version) => Promise<string>
  /** Pushes what was committed; `said` hears each line that git prints. */
  readonly push: Clone['push']
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
  /** The App's name and its host's first part; the example's own when absent. */
  readonly name?: string
}

/** Clones what the remote has, or begins anew when it has nothing. */
export async function openExample({
  files,
  clone: folder,
  remote,
  tokenFile,
  namespace,
  name: given,
}: ExampleOptions): Promise<Example> {
  const manifest = parse(await readFile(join(files, 'slipway.yaml'), 'utf8'))
  const name: string = given ?? manifest.metadata.name
  const host: string = given ? `${given}.localhost` : manifest.spec.route.hosts[0]
  const clone = await openClone({ folder, remote: `${remote}/${name}.git`, tokenFile })
  return {
    app: { namespace, name },
    host,
    versions: clone.commits,
    commit: async (version) => {
      await cp(files, folder, { recursive: true })
      await setVersion(folder, version)
      if (given) await setName(folder, name, host)
      return clone.commit(version.title)
    },
    push: clone.push,
  }
}

/** What a developer would edit: the version in the code's settings, and how often it fails. */
async function setVersion(folder: string, { number, failing }: Version): Promise<void> {
  const path = join(folder, 'slipway.yaml')
  const manifest = parseDocument(await readFile(path, 'utf8'))
  manifest.setIn(['spec', 'run', 'env', 'VERSION'], String(number))
  manifest.setIn(['spec', 'run', 'env', 'FAILURE_RATE'], String(failing))
  await writeFile(path, manifest.toString())
}

async function setName(folder: string, name: string, host: string): Promise<void> {
  const path = join(folder, 'slipway.yaml')
  const manifest = parseDocument(await readFile(path, 'utf8'))
  manifest.setIn(['metadata', 'name'], name)
  manifest.setIn(['spec', 'route', 'hosts'], [host])
  await writeFile(path, manifest.toString())
}
