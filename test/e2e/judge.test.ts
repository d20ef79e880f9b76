// Releases whose weight follows the evidence, on the real parts: what the gateway serves and what the users get decides, not what Slipway says.
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Load, startLoad, tally } from '../../local/load.ts'
import { configurationOf, type GatewayWatch, watchGateway } from '../../local/served.ts'
import { lab, outcomeOf, remove, root, until } from './lab.ts'
import { aRepository, type Repository } from './repository.ts'

const run = Date.now().toString(36).slice(-5)
const example = join(root, 'manifests/example')
const rate = 40
const mostHarmed = 60

/** An App of its own for each story: they run beside each other. */
interface Story {
  readonly name: string
  readonly app: string
  readonly host: string
  readonly failureRate: number
}
const story = (name: string, failureRate: number): Story => {
  const app = `${name}-${run}`
  return { name, app, host: `${app}.example.com`, failureRate }
}
const stories = { identical: story('twin', 0), broken: story('wreck', 1), tenth: story('leaky', 0.1) }

const manifest = (
  { app, host }: Story,
  version: number,
  failureRate: number,
) => `apiVersion: slipway.dev/v1beta1
kind: App
metadata: {name: ${app}}
spec:
  run:
    replicas: 1
    env: {VERSION: "${version}", FAILURE_RATE: "${failureRate}"}
    resources: {cpu: 20m, memory: 96Mi}
    health: /healthz
  route: {hosts: [${host}]}
  release:
    steps: auto
    objectives: {success: 99%}
    analysis: {deadline: 40s, warmup: 2s}
    bake: 3s
`

interface Bench {
  readonly repository: Repository
  readonly gateway: GatewayWatch
  readonly load: Load
}
const benches = new Map<string, Bench>()
const bench = ({ app }: Story): Bench => {
  const found = benches.get(app)
  if (!found) throw new Error(`${app} was not set up`)
  return found
}

async function push(
  { repository }: Pick<Bench, 'repository'>,
  story: Story,
  version: number,
  failing: number,
) {
  await repository.write('slipway.yaml', manifest(story, version, failing))
  return repository.push(`Behave as version ${version}`)
}

/** Version 1 holds all traffic and is known by a few hundred requests. */
async function setUp(story: Story): Promise<void> {
  const repository = await aRepository(example, `${lab.git.url}/${story.app}.git`, lab.git.pushTokenFile)
  const { sha } = await push({ repository }, story, 1, 0)
  expect(await outcomeOf(story.app, sha)).toMatchObject({ outcome: 'promoted' })
  const atMost = { requests: rate * 600, time: 600_000 }
  const load = startLoad({ url: lab.addresses.app, host: story.host, rate, atMost })
  const app = { namespace: 'default', name: story.app }
  const gateway = watchGateway(configurationOf(lab.addresses.gateway), app)
  benches.set(story.app, { repository, gateway, load })
  await until('four hundred requests', 60_000, () => (load.samples.length >= 400 ? true : undefined))
}

/** Pushes version 2 and waits for what becomes of it. */
async function release(story: Story) {
  const { repository, gateway, load } = bench(story)
  const begun = Date.now()
  const { sha } = await push({ repository }, story, 2, story.failureRate)
  const status = await outcomeOf(story.app, sha)
  const settled = Date.now()
  await until('a hundred more requests', 30_000, () =>
    tally(load.samples, settled).requests >= 100 ? true : undefined,
  )
  return {
    status,
    served: gateway.changes,
    during: tally(load.samples, begun),
    after: tally(load.samples, settled),
  }
}

const climb = (served: GatewayWatch['changes'], revision = '') =>
  served.map(({ weights }) => weights[revision] ?? 0)
const sums = (served: GatewayWatch['changes']) =>
  new Set(served.map(({ weights }) => Object.values(weights).reduce((a, b) => a + b, 0)))

beforeAll(async () => {
  expect(lab.running).toBe(true)
  await Promise.all(Object.values(stories).map(setUp))
})

afterAll(async () => {
  for (const { load, gateway, repository } of benches.values()) {
    await Promise.all([load.stop(), gateway.stop(), repository.remove()])
  }
  await remove(...Object.values(stories).map(({ app }) => app))
})

describe.concurrent('a release whose weight follows the evidence', () => {
  test('an identical version climbs to everything, and nobody sees a failure', async ({ expect }) => {
    const { status, served, during } = await release(stories.identical)
    expect(status).toMatchObject({ outcome: 'promoted' })
    const weights = climb(served, status.revision)
    expect(weights.at(-1)).toBe(1000)
    expect(weights).toContain(950)
    expect(weights.find((weight) => weight > 0)).toBeLessThanOrEqual(100)
    expect(sums(served)).toEqual(new Set([1000]))
    expect(during.failed).toBe(0)
  })

  test('a version that fails always is taken back before it has much traffic', async ({ expect }) => {
    const { status, served, during, after } = await release(stories.broken)
    expect(status).toMatchObject({ outcome: 'rolled-back' })
    expect(Math.max(...climb(served, status.revision))).toBeLessThanOrEqual(200)
    expectTakenBack({ served, during, after, revision: status.revision }, expect)
  })

  test('a version that fails one request in ten is taken back', async ({ expect }) => {
    const { status, served, during, after } = await release(stories.tenth)
    expect(status).toMatchObject({ outcome: 'rolled-back' })
    expect(status.evidence?.test?.harm).toBeGreaterThanOrEqual(status.evidence?.test?.limit ?? Number.NaN)
    expectTakenBack({ served, during, after, revision: status.revision }, expect)
  })
})

interface TakenBack extends Pick<Awaited<ReturnType<typeof release>>, 'served' | 'during' | 'after'> {
  readonly revision: string | undefined
}

/** All traffic is stable's again, only the canary failed, and not often. */
function expectTakenBack(
  { served, during, after, revision }: TakenBack,
  expect: typeof import('vitest').expect,
) {
  const { versions, failed } = during
  expect(climb(served, revision).at(-1)).toBe(0)
  expect(sums(served)).toEqual(new Set([1000]))
  expect(versions['2']?.failed).toBe(failed)
  expect(failed).toBeGreaterThan(0)
  expect(failed).toBeLessThanOrEqual(mostHarmed)
  expect(after).toMatchObject({ failed: 0, versions: { 1: { failed: 0 } } })
  expect(after.versions).not.toHaveProperty('2')
}
