// An API with its real server and its real git, and a cluster and a Temporal that remember what they are told.
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { declaredApps } from '../../api/apps.ts'
import { follower } from '../../api/follow.ts'
import { gitBackend } from '../../api/git-backend.ts'
import { installHook } from '../../api/git-hook.ts'
import { gitRemote } from '../../api/git-remote.ts'
import { type Listening, listen } from '../../api/listen.ts'
import { jsonLog } from '../../api/log.ts'
import { prometheusMetrics } from '../../api/metrics.ts'
import { pushes } from '../../api/pushes.ts'
import { seenReleases } from '../../api/releases.ts'
import { bareRepositories } from '../../api/repositories.ts'
import { type Route, server } from '../../api/server.ts'
import type { Sources } from '../../api/sources.ts'
import { gitTokens } from '../../api/tokens.ts'
import type { Watched } from '../../api/watch.ts'
import { type AppRef, appKey } from '../../domain/app.ts'
import { type Custom, type Kind, kinds, type Resource } from '../../platform/kinds.ts'
import type { Kubernetes } from '../../platform/kubernetes.ts'
import type { AppState, SourceMoved } from '../../workflows/messages.ts'

export const silent = jsonLog('test')
if (!process.env.SLIPWAY_TEST_LOG) silent.level = 'silent'

const run = promisify(execFile)

/** A folder that is removed at the end of the test file. */
export async function folder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'slipway-api-'))
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}

/** Objects by kind, as a watch would have them, with the few verbs of the client that the API uses. */
export function memoryCluster() {
  const objects = new Map<string, Custom>()
  const keyOf = (kind: Kind<Resource>, namespace: string, name: string) =>
    `${kind.plural}/${namespace}/${name}`
  let version = 0
  const put = (kind: Kind<Resource>, object: Custom) => {
    version += 1
    const { namespace, name } = object.metadata
    const old = objects.get(keyOf(kind, namespace, name))
    const metadata = {
      uid: old?.metadata.uid ?? `uid-${version}`,
      generation: 1,
      creationTimestamp: new Date(version * 1000).toISOString(),
      ...object.metadata,
      resourceVersion: `${version}`,
    }
    const stored = { ...old, ...object, metadata }
    objects.set(keyOf(kind, namespace, name), stored)
    return stored
  }
  const watched = (kind: Kind<Custom>): Watched<Custom> => ({
    get: (namespace, name) => objects.get(keyOf(kind, namespace, name)),
    list: (namespace) =>
      [...objects]
        .filter(([key]) => key.startsWith(namespace ? `${kind.plural}/${namespace}/` : `${kind.plural}/`))
        .map(([, object]) => object),
    synced: () => true,
    stop: async () => undefined,
  })
  const kubernetes = {
    get: async (kind: Kind<Resource>, namespace: string, name: string) =>
      objects.get(keyOf(kind, namespace, name)),
    create: async (kind: Kind<Resource>, object: Custom) =>
      objects.has(keyOf(kind, object.metadata.namespace, object.metadata.name))
        ? undefined
        : put(kind, object),
    apply: async (kind: Kind<Resource>, object: Custom) => put(kind, object),
  } as unknown as Kubernetes
  return { put, watched, kubernetes, objects }
}

/** A Temporal that remembers the looks it was told, or is away. */
export function memorySources() {
  const looks: { app: string; moved: SourceMoved }[] = []
  const left: string[] = []
  let away = false
  let state: AppState = { v: 1, seq: 0, rejected: [], seen: [], outcomes: [], answered: [] }
  const answer = <T>(value: T): Promise<T> =>
    away ? Promise.reject(new Error('Temporal gave no answer')) : Promise.resolve(value)
  const sources: Sources = {
    told: (app) => looks.findLast((look) => look.app === appKey(app))?.moved.after,
    lookAgain: async (app, moved) => {
      await answer(undefined)
      looks.push({ app: appKey(app), moved })
    },
    gone: async (app) => {
      await answer(undefined)
      left.push(appKey(app))
    },
    state: () => answer(state),
  }
  return {
    sources,
    looks,
    /** Of which Apps it heard that they are gone. */
    left,
    isAway: () => away,
    setAway: (value: boolean) => {
      away = value
    },
    setState: (value: Partial<AppState>) => {
      state = { ...state, ...value }
    },
  }
}

export const pushToken = 'push-token-of-the-tests'
export const fetchToken = 'fetch-token-of-the-tests'

/** A listening API with a git remote on loopback. */
export async function remote({ follow = 300 }: { follow?: number } = {}) {
  const { path: root, remove } = await folder()
  const cluster = memoryCluster()
  const temporal = memorySources()
  const later: string[] = []
  const repositories = bareRepositories(root)
  const apps = declaredApps(cluster.kubernetes, kinds.App, cluster.watched(kinds.App))
  const releases = seenReleases(cluster.kubernetes, kinds.Release, cluster.watched(kinds.Release))
  const gitUrl = 'http://10.244.0.1:8090/git'
  const received = pushes({
    apps,
    repositories,
    sources: temporal.sources,
    gitUrl,
    appNamespace: 'default',
    follow: follower({ releases, sources: temporal.sources, atMost: follow, every: 20, askEvery: 50 }),
    later: (repository) => later.push(repository),
    log: silent,
  })
  const backend = gitBackend({ root, hooks: await installHook(root), log: silent })
  const tokens = gitTokens({ push: pushToken, fetch: fetchToken })
  const routes: Route[] = [
    {
      methods: ['GET', 'POST'],
      path: '/git/*',
      access: 'git-token',
      answer: gitRemote({ tokens, repositories, backend, received, log: silent }),
    },
  ]
  const app = server({ routes, metrics: prometheusMetrics(), log: silent })
  const listening: Listening = await listen(app.fetch, [{ host: '127.0.0.1', port: 0 }])
  const { port } = listening.addresses[0] as { port: number }
  return {
    ...cluster,
    ...temporal,
    root,
    later,
    gitUrl,
    repositories,
    apps,
    port,
    url: (name: string, token = pushToken) => `http://x:${token}@127.0.0.1:${port}/git/${name}.git`,
    close: async () => {
      await listening.drain(2_000)
      await remove()
    },
  }
}

export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs the real git, told nothing by this machine's configuration. */
export async function git(cwd: string, ...args: string[]): Promise<Ran> {
  const env = {
    PATH: process.env.PATH,
    HOME: cwd,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_AUTHOR_NAME: 'ana',
    GIT_AUTHOR_EMAIL: 'ana@example.com',
    GIT_COMMITTER_NAME: 'ana',
    GIT_COMMITTER_EMAIL: 'ana@example.com',
  }
  try {
    const { stdout, stderr } = await run('git', args, { cwd, env, timeout: 30_000 })
    return { code: 0, out: stdout.trim(), err: stderr }
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
    return { code, out: stdout.trim(), err: stderr }
  }
}

/** A work tree with one commit on `main`. */
export async function workTree(text = 'one'): Promise<{ path: string; remove: () => Promise<void> }> {
  const tree = await folder()
  await git(tree.path, 'init', '--quiet', '--initial-branch=main')
  await commit(tree.path, text)
  return tree
}

export async function commit(path: string, text: string): Promise<string> {
  await writeFile(join(path, 'app.txt'), text)
  await git(path, 'add', '.')
  await git(path, 'commit', '--quiet', '-m', text)
  return (await git(path, 'rev-parse', 'HEAD')).out
}

export const shop: AppRef = { namespace: 'default', name: 'shop' }
