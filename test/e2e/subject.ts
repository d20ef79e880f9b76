// An App that a story is told about: its repository, its load, and what the gateway does with its requests.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'vitest'
import { stringify } from 'yaml'
import { type Load, startLoad, type Tally, tally } from '../../local/load.ts'
import { paths } from '../../local/paths.ts'
import { configurationOf, type GatewayWatch, watchGateway } from '../../local/served.ts'
import { lab, outcomeOf, release, remove, root, until } from './lab.ts'
import { aRepository, type Repository } from './repository.ts'

/** What a version of the example does, and what else its file says. */
export interface Behaviour {
  readonly version: number
  /** The share of its requests that it fails. */
  readonly failing?: number
  readonly run?: object
  readonly release?: object
}

export interface SubjectOptions {
  /** The App's name begins with it. */
  readonly name: string
  /** `spec.release` of every version. */
  readonly release: object
  readonly run?: object
  readonly route?: object
  /** Requests a second. */
  readonly rate?: number
  /** Where its commits lie; the built-in remote when absent. */
  readonly home?: Home
}

/** A place for repositories. */
export interface Home {
  readonly remote: (app: string) => string
  readonly tokenFile: string
  /** Whatever must be there before the first push. */
  readonly prepare?: (app: string) => Promise<void>
}

const builtIn: Home = {
  remote: (app) => `${lab.git.url}/${app}.git`,
  tokenFile: lab.git.pushTokenFile,
}

export interface Subject {
  readonly app: string
  readonly host: string
  readonly repository: Repository
  readonly load: Load
  readonly gateway: GatewayWatch
  /** Commits a version, and keeps it to the clone. */
  readonly commit: (behaviour: Behaviour) => Promise<string>
  /** Commits a version and pushes it; returns with the commit, while git still listens to its progress. */
  readonly push: (behaviour: Behaviour) => Promise<string>
  readonly since: (at: number) => Tally
  readonly close: () => Promise<void>
}

const example = join(root, 'manifests/example')
const run = Date.now().toString(36).slice(-5)
const longest = 900

/** Version 1 holds all traffic, and is known by some hundred requests, when this returns. */
export async function aSubject(options: SubjectOptions): Promise<Subject> {
  const { rate = 40, home = builtIn } = options
  const app = `${options.name}-${run}`
  const host = `${app}.example.com`
  await home.prepare?.(app)
  const repository = await aRepository(example, home.remote(app), home.tokenFile)
  const pushes: Promise<unknown>[] = []
  const commit = async (behaviour: Behaviour) => {
    await repository.write('slipway.yaml', manifest(app, host, options, behaviour))
    return repository.commit(`Behave as version ${behaviour.version}`)
  }
  const push = async (behaviour: Behaviour) => {
    const sha = await commit(behaviour)
    // Whoever kills the API ends the push's listening too: the release's own fate is what is looked at.
    pushes.push(repository.offer(sha).catch((error: unknown) => error))
    return sha
  }
  expect(await outcomeOf(app, await push({ version: 1 }))).toMatchObject({ outcome: 'promoted' })
  const atMost = { requests: rate * longest, time: longest * 1_000 }
  const load = startLoad({ url: lab.addresses.app, host, rate, atMost })
  const gateway = watchGateway(configurationOf(lab.addresses.gateway), { namespace: 'default', name: app })
  await until('the first two hundred requests', 60_000, () => (load.samples.length >= 200 ? true : undefined))
  return {
    app,
    host,
    repository,
    load,
    gateway,
    commit,
    push,
    since: (at) => tally(load.samples, at),
    close: async () => {
      await Promise.all([load.stop(), gateway.stop(), remove(app)])
      await Promise.all(pushes)
      await repository.remove()
    },
  }
}

function manifest(app: string, host: string, options: SubjectOptions, behaviour: Behaviour): string {
  const { version, failing = 0 } = behaviour
  return stringify({
    apiVersion: 'slipway.dev/v1beta1',
    kind: 'App',
    metadata: { name: app },
    spec: {
      run: {
        replicas: 1,
        env: { VERSION: String(version), FAILURE_RATE: String(failing) },
        resources: { cpu: '20m', memory: '96Mi' },
        health: '/healthz',
        ...options.run,
        ...behaviour.run,
      },
      route: { hosts: [host], ...options.route },
      release: { objectives: { success: '99%' }, bake: '3s', ...options.release, ...behaviour.release },
    },
  })
}

/** The release's revision, as soon as it has one. */
export const revisionOf = async (app: string, sha: string): Promise<string> =>
  (await release(app, sha, ({ revision }) => revision !== undefined)).revision ?? ''

/** Waits until the remote's branch is at the commit: a push that comes after it has it in its history. */
export const accepted = ({ app }: Subject, sha: string): Promise<true> =>
  until(`the remote to have ${sha.slice(0, 7)}`, 30_000, async () => {
    const words = ['--git-dir', join(paths.git, `${app}.git`), 'rev-parse', 'refs/heads/main']
    const { stdout } = await promisify(execFile)('git', words)
    return stdout.trim() === sha ? true : undefined
  })

/** Waits until the gateway serves the revision of this commit with at least this weight; when that was first seen. */
export const served = ({ gateway, app }: Subject, sha: string, weight: number): Promise<number> =>
  until(`the gateway to give ${app} ${sha.slice(0, 7)} a weight of ${weight}`, 120_000, () => {
    return gateway.changes.find(({ weights }) => weightOf(weights, sha) >= weight)?.at
  })

/** What the revision of this commit holds. */
export const weightOf = (weights: Readonly<Record<string, number>>, sha: string): number =>
  Object.entries(weights).find(([revision]) => revision.includes(`-${sha.slice(0, 7)}-`))?.[1] ?? 0

/** All that was ever served summed to the whole. */
export const alwaysWhole = ({ gateway }: Subject): boolean =>
  gateway.changes.every(({ weights }) => Object.values(weights).reduce((a, b) => a + b, 0) === 1000)

/** The weight that the gateway gives the revision of this commit now. */
export const heldNow = ({ gateway }: Subject, sha: string): number =>
  weightOf(gateway.changes.at(-1)?.weights ?? {}, sha)

/** The weights that the revision of this commit was given, each once, in order. */
export const weightsGiven = ({ gateway }: Subject, sha: string): readonly number[] =>
  gateway.changes
    .map(({ weights }) => weightOf(weights, sha))
    .filter((weight, index, all) => weight !== (all[index - 1] ?? 0))

/** The subjects of one file, cleared away together. */
export function subjects() {
  const all: Subject[] = []
  return {
    opened: async (options: SubjectOptions): Promise<Subject> => {
      const subject = await aSubject(options)
      all.push(subject)
      return subject
    },
    close: async () => void (await Promise.all(all.map(({ close }) => close()))),
  }
}
