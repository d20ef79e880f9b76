// The whole way from a GitHub to what follows here: real pushes, real deliveries, real clicks, and a day on which some get lost.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { declaredApps } from '../../api/apps.ts'
import { buttons } from '../../api/buttons.ts'
import { redeliveries } from '../../api/deliveries.ts'
import { type Listening, listen } from '../../api/listen.ts'
import { prometheusMetrics } from '../../api/metrics.ts'
import { ownAccount } from '../../api/own-account.ts'
import { seenReleases } from '../../api/releases.ts'
import { server } from '../../api/server.ts'
import { githubWebhook } from '../../api/webhooks.ts'
import { gitHubForge } from '../../platform/forge/github.ts'
import { type GitHub, gitHub } from '../../platform/github/client.ts'
import { kinds } from '../../platform/kinds.ts'
import { kubernetes as connect } from '../../platform/kubernetes.ts'
import { type Stage, secret, stage } from '../local/github/stage.ts'
import { type KubeServer, kubeServer } from './kube-server.ts'
import { memoryCluster, memorySources, shop, silent } from './support.ts'

const account = 'system:serviceaccount:slipway-system:slipway-api'
const metrics = prometheusMetrics()

let on: Stage
let kube: KubeServer
let temporal: ReturnType<typeof memorySources>
let client: GitHub
let listening: Listening

beforeAll(async () => {
  on = await stage()
  kube = await kubeServer()
  kube.people.set('own', { user: account, may: [] })
  temporal = memorySources()
  const { app, apiUrl: url } = on.github
  client = gitHub({ url, appId: app.id, key: () => app.privateKey })
  listening = await api(app.id)
  const port = listening.addresses[0]?.port
  on.github.sendTo({ url: `http://127.0.0.1:${port}/webhooks/github`, secret })
  await pushed('0')
})
beforeEach(() => {
  temporal.looks.length = 0
})
afterEach(() => {
  on.github.calm()
  expect(on.github.violations()).toEqual([])
})
afterAll(async () => {
  await listening.drain(1_000)
  await on.close()
  await kube.close()
})

async function api(appId: number): Promise<Listening> {
  const cluster = memoryCluster()
  const source = { repository: `${on.github.url}/acme/shop`, branch: 'main' }
  cluster.put(kinds.App, { metadata: { ...shop }, spec: { source } })
  const kubernetes = connect({ config: kube.config })
  const known = { apps: declaredApps(kubernetes, kinds.App, cluster.watched(kinds.App)), ready: () => true }
  const answer = githubWebhook({
    ...known,
    secrets: [secret],
    sources: temporal.sources,
    buttons: buttons({
      ...known,
      appId,
      kubernetes,
      kind: kinds.Command,
      releases: seenReleases(kubernetes, kinds.Release, cluster.watched(kinds.Release)),
      permission: gitHubForge(client).permission,
      account: ownAccount(kube.config),
      log: silent,
    }),
    metrics,
    log: silent,
  })
  const routes = [{ methods: ['POST'], path: '/webhooks/github', access: 'signature', answer }] as const
  return listen(server({ routes, metrics, log: silent }).fetch, [{ host: '127.0.0.1', port: 0 }])
}

async function pushed(content: string): Promise<string> {
  const sha = await on.commit('shop.txt', content)
  await on.git('push', '--quiet', 'origin', 'main')
  await on.github.settled()
  return sha
}

const statuses = () => on.github.deliveries().map(({ status_code }) => status_code)
const commands = async () =>
  (await connect({ config: kube.config }).list(kinds.Command, 'default')).map(({ spec }) => spec)

test('a push is a look, with who pushed', async () => {
  const sha = await pushed('1')
  expect(temporal.looks).toMatchObject([
    { app: 'default/shop', moved: { ref: 'refs/heads/main', after: sha, pusher: 'github:ana' } },
  ])
})

test('a branch that comes and goes is taken for what it is', async () => {
  await on.git('push', '--quiet', 'origin', 'main:refs/heads/other')
  await on.git('push', '--quiet', 'origin', ':refs/heads/other')
  await on.github.settled()
  expect(temporal.looks).toEqual([])
  expect(new Set(statuses())).toEqual(new Set([202]))
})

test('what did not arrive is asked for, arrives, and is asked for no more', async () => {
  on.github.disturb({ drop: 1 })
  const sha = await pushed('2')
  expect(temporal.looks).toEqual([])
  const round = redeliveries({ asApp: client.asApp, metrics, log: silent })
  await round()
  await on.github.settled()
  expect(temporal.looks).toMatchObject([{ moved: { after: sha } }])
  const before = statuses().length
  await redeliveries({ asApp: client.asApp, metrics, log: silent })()
  await on.github.settled()
  expect(statuses()).toHaveLength(before)
})

/** A gate that waits, shown on the newest commit. */
async function gate(seq: number): Promise<number> {
  const sha = (await on.git('rev-parse', 'HEAD')).trim()
  const metadata = { namespace: 'default', name: `shop-${seq}` }
  kube.put('releases', { metadata, spec: { app: 'shop', seq, sha } })
  const external_id = `release/default/shop/${seq}-${sha.slice(0, 7)}/approve/before-50`
  const body = { name: 'slipway / shop / approve', head_sha: sha, external_id, conclusion: 'action_required' }
  const made = await client.on(
    `${on.github.url}/acme/shop`,
    { checks: 'write' },
    { method: 'POST', path: '/check-runs', body },
  )
  return (made.body as { id: number }).id
}

const approval = (release: string) => ({
  release,
  verb: 'approve',
  step: 'before-50',
  reason: 'button on the check run',
  by: account,
  onBehalfOf: 'github:ana',
})

test('a click of who may becomes a Command, of who may not nothing; twice is once', async () => {
  const run = await gate(7)
  on.github.press(run, 'approve', 'ben')
  await on.github.settled()
  expect(await commands()).toEqual([])
  expect(await metrics.text()).toContain('slipway_api_webhooks_total{result="refused:permission"} 1')
  on.github.disturb({ duplicate: 3 })
  on.github.press(run, 'approve', 'ana')
  await on.github.settled()
  expect(await commands()).toEqual([approval('shop-7')])
  expect(temporal.looks).toEqual([])
})

test('a click while GitHub does not say who may is answered when it does', async () => {
  const run = await gate(8)
  on.github.disturb({ api: { status: 503, times: 1, path: '/collaborators/' } })
  on.github.press(run, 'approve', 'ana')
  await on.github.settled()
  expect(statuses().at(-1)).toBe(503)
  await redeliveries({ asApp: client.asApp, metrics, log: silent })()
  await on.github.settled()
  expect(await commands()).toContainEqual(approval('shop-8'))
})

test('a hundred deliveries of one push, all of them late, say no more than one', async () => {
  on.github.disturb({ duplicate: 99, delay: 20 })
  const sha = await pushed('3')
  expect(new Set(temporal.looks.map(({ moved }) => moved.after))).toEqual(new Set([sha]))
  expect(new Set(temporal.looks.map(({ moved }) => moved.delivery)).size).toBe(1)
  expect(new Set(statuses().slice(-100))).toEqual(new Set([202]))
})

test('a repository that was renamed makes the Apps of its old name look', async () => {
  await on.github.renameRepository('acme/shop', 'store')
  await on.github.settled()
  expect(temporal.looks).toMatchObject([{ app: 'default/shop', moved: { ref: 'refs/heads/main' } }])
})
