// The whole way of a pull request: opened on a GitHub, delivered, read as the App, and shown on its commit.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { createActivities } from '../../activities/index.ts'
import { declaredApps } from '../../api/apps.ts'
import { type Listening, listen } from '../../api/listen.ts'
import { prometheusMetrics } from '../../api/metrics.ts'
import { server } from '../../api/server.ts'
import { githubWebhook } from '../../api/webhooks.ts'
import { gitHubForge } from '../../platform/forge/github.ts'
import { gitHub } from '../../platform/github/client.ts'
import { kinds } from '../../platform/kinds.ts'
import { memoryPlatform } from '../../platform/memory.ts'
import { gitSource } from '../../platform/source/git.ts'
import { aRevision } from '../contract/fixtures.ts'
import { type Stage, secret, stage } from '../local/github/stage.ts'
import { memoryCluster, memorySources, shop, silent } from './support.ts'

const metrics = prometheusMetrics()
const fullName = 'acme/shop'
const manifest = 'apiVersion: slipway.dev/v1beta1\nkind: App\nmetadata: {name: shop}\nspec:\n'

const { platform, world } = memoryPlatform()
let on: Stage
let listening: Listening
let showing: Promise<void>[] = []

beforeAll(async () => {
  on = await stage()
  const source = { repository: `${on.github.url}/${fullName}`, branch: 'main' }
  const { showPlan } = await worker(source)
  const click = async () => expect.fail('a plan has no buttons')
  const cluster = memoryCluster()
  cluster.put(kinds.App, { metadata: { ...shop }, spec: { source } })
  const answer = githubWebhook({
    secrets: [secret],
    apps: declaredApps(cluster.kubernetes, kinds.App, cluster.watched(kinds.App)),
    ready: () => true,
    sources: memorySources().sources,
    buttons: { appId: on.github.app.id, click, again: async () => undefined },
    plans: { foresee: async (offered) => void showing.push(showPlan(offered)) },
    metrics,
    log: silent,
  })
  const routes = [{ methods: ['POST'], path: '/webhooks/github', access: 'signature', answer }] as const
  listening = await listen(server({ routes, metrics, log: silent }).fetch, [{ host: '127.0.0.1', port: 0 }])
  on.github.sendTo({ url: `http://127.0.0.1:${listening.addresses[0]?.port}/webhooks/github`, secret })
  await pushed('main', '  run: {port: 8080}\n')
})
afterEach(() => expect(on.github.violations()).toEqual([]))
afterAll(async () => {
  await listening.drain(1_000)
  await on.close()
})

/** Reads and shows on the GitHub; of the cluster, in which a first revision serves, it knows by memory. */
async function worker(source: { repository: string; branch: string }) {
  const { apiUrl: url, app, url: web } = on.github
  const forge = gitHubForge(gitHub({ url, appId: app.id, key: () => app.privateKey }))
  world.declare(shop, source)
  const stable = aRevision(shop, 'stable')
  await platform.deploy.create(stable)
  const weights = [{ revision: stable.name, weight: 1000 }]
  await platform.traffic.write({
    app: shop,
    hosts: [],
    weights,
    epoch: { seq: 1, n: 1 },
    stable: stable.name,
  })
  const reads = gitSource({ token: forge.readToken, plainHttpUnder: [web] })
  return createActivities({ ...platform, source: reads, forge }, world.clock)
}

async function pushed(branch: string, spec: string): Promise<string> {
  const sha = await on.commit('slipway.yaml', manifest + spec)
  await on.git('push', '--quiet', '--force', 'origin', `HEAD:refs/heads/${branch}`)
  await shown()
  return sha
}

async function shown(): Promise<void> {
  await on.github.settled()
  await Promise.all(showing)
  await on.github.settled()
  showing = []
}

const plansOn = (sha: string) => on.github.checkRuns(fullName, sha)

test('a file that would be taken is green, with what it would change', async () => {
  const sha = await pushed('feature', '  run: {port: 9090}\n')
  expect(plansOn(sha)).toEqual([])
  await on.github.openPull(fullName, { branch: 'feature', login: 'ana' })
  await shown()
  const [plan, ...others] = plansOn(sha)
  expect(others).toEqual([])
  expect(plan).toMatchObject({
    name: 'slipway / shop / plan',
    conclusion: 'success',
    output: { summary: expect.stringContaining('~ run.port: 8080 → 9090') },
  })
})

test('asked for again, it is as things stand now', async () => {
  const sha = await pushed('again', '  run: {port: 7070}\n')
  await on.github.openPull(fullName, { branch: 'again', login: 'ana' })
  await shown()
  const [before] = plansOn(sha)
  await world.clock.sleep(60_000)
  on.github.rerequest(Number(before?.id), 'ana')
  await shown()
  const [after, ...others] = plansOn(sha)
  expect(others).toEqual([])
  expect(after?.output).not.toEqual(before?.output)
  expect(after).toMatchObject({ id: before?.id, conclusion: 'success' })
})

test('the next push to it is red where the file is wrong', async () => {
  const sha = await pushed('feature', '  run: {prot: 9090}\n')
  const [plan, ...others] = plansOn(sha)
  expect([plan?.conclusion, others]).toEqual(['failure', []])
  expect(on.github.annotations(fullName, Number(plan?.id))).toMatchObject([
    { path: 'slipway.yaml', start_line: 5, start_column: 9, annotation_level: 'failure' },
  ])
})

test('of a fork nothing is read', async () => {
  const sha = await pushed('theirs', '  rum: {}\n')
  const before = on.github.calls().length
  await on.github.openPull(fullName, { branch: 'theirs', login: 'ben', fork: true })
  await shown()
  expect(plansOn(sha)).toMatchObject([
    { conclusion: 'neutral', output: { title: 'forks are not built: nothing of them is read' } },
  ])
  const tokens = on.github
    .calls()
    .slice(before)
    .filter(({ path }) => path.includes('access_tokens'))
  expect(tokens).toEqual([])
})

test('a draft, and one to another branch, show nothing', async () => {
  const sha = await pushed('draft', '  run: {port: 7070}\n')
  await on.github.openPull(fullName, { branch: 'draft', login: 'ana', draft: true })
  await on.github.openPull(fullName, { branch: 'draft', base: 'feature', login: 'ana' })
  await shown()
  expect(plansOn(sha)).toEqual([])
})
