// An App under test: its repository on the built-in remote, its versions, and its end without a trace.
import { cp, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { ReleaseStatus } from '../../domain/release.ts'
import { type Clone, openClone, removeClone } from '../../local/clone.ts'
import { kubectlOf } from '../../local/cluster/kubectl.ts'
import { followed } from '../../local/following.ts'
import type { Histories } from '../../local/history.ts'
import { paths } from '../../local/paths.ts'
import { ask } from '../../local/process.ts'
import type { State } from '../../local/state.ts'
import { objectives, type Scenario, usual } from './scenarios.ts'

export interface Subject {
  readonly app: { readonly namespace: string; readonly name: string }
  readonly host: string
  /** Pushes a version and follows its release to its outcome. */
  readonly release: (version: Version, watch: Watch) => Promise<ReleaseStatus>
  readonly abort: (release: string) => Promise<void>
  readonly remove: () => Promise<void>
}

export interface Version {
  readonly name: 'stable' | 'canary'
  readonly fault: Scenario['fault']
  readonly bake: number
  /** Seconds; the judge's own when absent. */
  readonly deadline?: number
}

export interface Watch {
  readonly timeout: string
  readonly told?: (status: ReleaseStatus) => void
  readonly signal: AbortSignal
}

const namespace = 'default'
const prefix = 'judge-'

/** The system that it lives in. */
export interface Home {
  readonly state: State
  readonly histories: Histories
}

export async function openSubject(home: Home, name: string): Promise<Subject> {
  const { state } = home
  const app = { namespace, name: `${prefix}${name}` }
  const host = `${app.name}.localhost`
  const folder = join(paths.state, 'bench', app.name)
  const clone = await openClone({
    folder,
    remote: `${state.git.url}/${app.name}.git`,
    tokenFile: state.git.pushTokenFile,
  })
  return {
    app,
    host,
    release: async (version, watch) => {
      await cp(join(paths.root, 'bench', 'app'), folder, { recursive: true })
      await writeFile(join(folder, 'slipway.yaml'), manifest(app.name, host, version))
      const sha = await clone.commit(`Behave as ${version.name}`)
      return pushed(clone, app.name, sha, watch)
    },
    abort: async (release) => {
      const words = [
        'abort',
        release,
        '--reason',
        'the measurement is over',
        '--kubeconfig',
        paths.kubeconfig,
      ]
      await ask([join(paths.root, 'cli', 'slipway'), ...words])
    },
    remove: () => remove(home, app.name),
  }
}

/** The hooks talk for as long as the release runs; its end ends them. */
async function pushed(clone: Clone, app: string, sha: string, watch: Watch): Promise<ReleaseStatus> {
  const over = new AbortController()
  const signal = AbortSignal.any([watch.signal, over.signal])
  const push = clone.push(() => {}, signal)
  const refused = push.then(() => new Promise<never>(() => {}))
  const outcome = followed({ ...watch, app, sha, signal })
  try {
    return await Promise.race([outcome, refused])
  } finally {
    over.abort()
    await Promise.allSettled([push, outcome])
  }
}

function manifest(name: string, host: string, { name: version, fault, bake, deadline }: Version): string {
  const env = { VERSION: version, ...usual, ...fault }
  const { below, share } = objectives.latency
  return stringify({
    apiVersion: 'slipway.dev/v1beta1',
    kind: 'App',
    metadata: { name },
    spec: {
      run: { port: 8080, replicas: 1, env, resources: { cpu: '20m', memory: '128Mi' }, health: '/healthz' },
      route: { hosts: [host] },
      release: {
        steps: 'auto',
        objectives: {
          success: percent(objectives.success),
          latency: { below: `${below * 1000}ms`, for: percent(share) },
        },
        ...(deadline !== undefined && { analysis: { deadline: `${deadline}s` } }),
        bake: `${bake}s`,
      },
    },
  })
}

const percent = (share: number): string => `${Math.round(share * 1e4) / 100}%`

/** Everything that the App left in the cluster and on the machine. Twice is the same as once. */
async function remove({ state, histories }: Home, name: string): Promise<void> {
  const kubectl = kubectlOf(state.kubectl)
  const gone = ['--ignore-not-found', '--wait=false']
  await histories.end({ namespace, name })
  // The repository first: a branch that is ahead of its App would be released again.
  await rm(join(paths.git, `${name}.git`), { recursive: true, force: true })
  await kubectl(['delete', 'apps.slipway.dev', name, '-n', namespace, ...gone])
  const kinds = 'releases.slipway.dev,commands.slipway.dev,httproutes,deployments,services'
  const ofApp = ['-l', `slipway.dev/app=${name}`, ...gone]
  await kubectl(['delete', kinds, '-n', namespace, ...ofApp])
  await kubectl(['delete', 'jobs', '-n', 'slipway-builds', ...ofApp])
  await rm(join(imagesOf(namespace), name), { recursive: true, force: true })
  await removeClone(join(paths.state, 'bench', name))
}

const imagesOf = (folder: string): string =>
  join(paths.state, 'registry', 'docker', 'registry', 'v2', 'repositories', folder)

/** What a measurement that was killed has left: its Apps, by their names. */
export async function removeLeftovers(home: Home): Promise<void> {
  const kubectl = kubectlOf(home.state.kubectl)
  const declared = await kubectl(['get', 'apps.slipway.dev', '-n', namespace, '-o', 'name'])
  const repositories = await readdir(paths.git)
  const names = [
    ...declared.split('\n').map((line) => line.replace(/^.*\//, '').trim()),
    ...repositories.map((folder) => folder.replace(/\.git$/, '')),
  ]
  for (const name of new Set(names.filter((name) => name.startsWith(prefix)))) await remove(home, name)
}
