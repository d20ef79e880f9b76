// The whole road on the real parts, told as one App's life. What counts is what the gateway serves, not what Slipway says of itself.
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type Load, startLoad, tally } from '../../local/load.ts'
import { configurationOf, type Served, watchGateway } from '../../local/served.ts'
import {
  get,
  kubectl,
  lab,
  objects,
  outcomeOf,
  release,
  releases,
  remove,
  repair,
  root,
  secondApi,
  servedWeights,
  slipway,
  until,
} from './lab.ts'
import { kill } from './parts.ts'
import { aRepository, type Repository } from './repository.ts'

const app = `harbor-${Date.now().toString(36).slice(-5)}`
const host = `${app}.example.com`
const example = join(root, 'manifests/example')

interface Behaviour {
  readonly version: number
  readonly port?: number
  readonly failureRate?: number
}

/** The App's file for a version that behaves like this. */
const manifest = ({ version, failureRate = 0, port = 8080 }: Behaviour) => `apiVersion: slipway.dev/v1beta1
kind: App
metadata: {name: ${app}}
spec:
  run:
    port: ${port}
    replicas: 1
    env: {VERSION: "${version}", FAILURE_RATE: "${failureRate}", PORT: "${port}"}
    resources: {cpu: 20m, memory: 96Mi}
    health: /healthz
  route: {hosts: [${host}]}
  release:
    steps: [{weight: 20, for: 4s}, {weight: 50, for: 4s}, {weight: 100, for: 4s}]
    objectives: {success: 99%}
    bake: 4s
`

let repository: Repository
let load: Load

/** Commits a version that behaves like this, and pushes it. */
async function push(behaviour: Behaviour) {
  await repository.write('slipway.yaml', manifest(behaviour))
  return repository.push(`Behave as version ${behaviour.version}`)
}

const servedVersion = async () => JSON.parse((await get(host)).body).version as string
const deployments = () =>
  objects<{ metadata: { name: string }; spec: { replicas: number } }>('deployments', app)
/** What served before is kept, without pods. */
const running = async () => (await deployments()).filter(({ spec }) => spec.replicas > 0)
const failedSince = (at: number) => tally(load.samples, at).failed

beforeAll(async () => {
  expect(lab.running).toBe(true)
  repository = await aRepository(example, `${lab.git.url}/${app}.git`, lab.git.pushTokenFile)
})

afterAll(async () => {
  await load?.stop()
  await repository?.remove()
  await remove(app)
})

describe('one App, from its first push', () => {
  test('the first push registers the App and becomes the stable revision', async () => {
    const { sha, said } = await push({ version: 1 })
    load = startLoad({
      url: lab.addresses.app,
      host,
      rate: 40,
      atMost: { requests: 40 * 900, time: 900_000 },
    })
    expect(said).toMatch(/remote: .*PROMOTED/)
    expect(await outcomeOf(app, sha)).toMatchObject({ outcome: 'promoted' })
    expect(await servedVersion()).toBe('1')
  })

  test('a good push is promoted step by step, and nobody sees a failure, though its port is another', async () => {
    const begun = Date.now()
    const gateway = watchGateway(configurationOf(lab.addresses.gateway), { namespace: 'default', name: app })
    const { sha } = await push({ version: 2, port: 8082 })
    const status = await outcomeOf(app, sha)
    expect(status).toMatchObject({ outcome: 'promoted' })
    expect(await servedVersion()).toBe('2')
    expect(failedSince(begun)).toBe(0)

    await gateway.stop()
    const sums = gateway.changes.map(({ weights }) => Object.values(weights).reduce((a, b) => a + b, 0))
    expect(new Set(sums)).toEqual(new Set([1000]))
    expect(steps(gateway.changes, status.revision ?? '')).toEqual([200, 500, 1000])
    expect((await running()).map(({ metadata }) => metadata.name)).toEqual([status.revision])
    expect(await deployments()).toHaveLength(2)
  })

  test('what runs is what was built: the pods carry the digest that the release names', async () => {
    const all = await objects<Pod>('pods', app)
    // The old revision's pods answer what they began, and end.
    const pods = all.filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    const promoted = (await releases(app)).filter(({ status }) => status?.outcome === 'promoted').at(-1)
    expect(promoted?.status?.image).toMatch(/@sha256:[0-9a-f]{64}$/)
    const images = pods.flatMap(({ spec }) => spec.containers.map(({ image }) => image))
    expect(new Set(images)).toEqual(new Set([promoted?.status?.image]))
  })

  test('a push that fails a fifth of its requests is taken back by itself', async () => {
    const begun = Date.now()
    const { sha } = await push({ version: 3, failureRate: 0.2 })
    expect(await outcomeOf(app, sha)).toMatchObject({ outcome: 'rolled-back' })
    expect(Object.values(await servedWeights(app))).toEqual([1000])
    expect(await servedVersion()).toBe('2')

    const harmed = tally(load.samples, begun)
    expect(harmed.versions['2']?.failed ?? 0).toBe(0)
    expect(harmed.failed).toBeGreaterThan(0)
    const settled = Date.now()
    await until('a hundred more requests', 20_000, () =>
      tally(load.samples, settled).requests > 100 ? true : undefined,
    )
    expect(failedSince(settled)).toBe(0)
  })

  test('a broken build harms nobody, and the log says why', async () => {
    const begun = Date.now()
    const dockerfile = await repository.read('Dockerfile')
    await repository.write('Dockerfile', `${dockerfile}\nRUN echo the mast is missing && false\n`)
    const { sha } = await repository.push('Break the build')
    const status = await outcomeOf(app, sha)
    expect(status).toMatchObject({ outcome: 'failed' })
    expect(status.message).toContain('RUN echo the mast is missing')
    const log = await slipway('logs', status.name)
    expect(log).toMatchObject({ code: 0 })
    expect(log.stdout).toContain('the mast is missing')
    expect(await servedVersion()).toBe('2')
    expect(failedSince(begun)).toBe(0)
    await repository.write('Dockerfile', dockerfile)
  })

  test('a manifest that cannot be read is refused with line and column, and changes nothing', async () => {
    const before = await deployments()
    await repository.write('slipway.yaml', manifest({ version: 3 }).replace('port: 8080', 'prot: 8080'))
    const { sha } = await repository.push('Misspell a key')
    const status = await outcomeOf(app, sha)
    expect(status).toMatchObject({ outcome: 'failed' })
    expect(status.message).toMatch(/slipway\.yaml:6:5 .*prot.*did you mean "port"/s)
    expect(await deployments()).toEqual(before)
  })

  test('a push during a rollout takes its place: the older ends superseded, the newer promoted', async () => {
    const begun = Date.now()
    const older = await pushWithoutWaiting({ version: 4 })
    await release(app, older, ({ weight }) => weight > 0)
    const newer = await pushWithoutWaiting({ version: 5 })
    expect(await outcomeOf(app, older)).toMatchObject({ outcome: 'superseded' })
    expect(await outcomeOf(app, newer)).toMatchObject({ outcome: 'promoted' })
    expect(await servedVersion()).toBe('5')
    expect(failedSince(begun)).toBe(0)
  })

  test('abort takes the traffic back at once, and two apis that hear of everything do it once', async () => {
    const begun = Date.now()
    const before = await servedVersion()
    const second = await secondApi()
    onTestFinished(second.stop)
    const sha = await pushWithoutWaiting({ version: 6 })
    const { name } = await release(app, sha, ({ weight }) => weight > 0)
    expect(await slipway('abort', name, '--reason', 'wrong colour')).toMatchObject({
      code: 0,
    })
    expect(await outcomeOf(app, sha)).toMatchObject({ outcome: 'aborted' })
    expect((await releases(app)).filter(({ spec }) => spec.sha === sha)).toHaveLength(1)
    expect(await servedVersion()).toBe(before)
    expect(failedSince(begun)).toBe(0)
  })

  test('the worker dies in the middle of a step: the release ends as if nothing had happened', async () => {
    const begun = Date.now()
    const sha = await pushWithoutWaiting({ version: 7 })
    await release(app, sha, ({ weight }) => weight > 0)
    await kill('worker')
    await repair()
    expect(await outcomeOf(app, sha)).toMatchObject({ outcome: 'promoted' })
    expect(await servedVersion()).toBe('7')
    expect(failedSince(begun)).toBe(0)
  })

  test('the worker dies in the middle of a rollback: it is finished all the same', async () => {
    const sha = await pushWithoutWaiting({ version: 8, failureRate: 0.5 })
    await release(app, sha, ({ phase }) => phase === 'rolling-back')
    await kill('worker')
    await repair()
    expect(await outcomeOf(app, sha)).toMatchObject({ outcome: 'rolled-back' })
    expect(Object.values(await servedWeights(app))).toEqual([1000])
    expect(await servedVersion()).toBe('7')
    expect(await running()).toHaveLength(1)
  })

  test('deleting the App, then its very kind, leaves the traffic served', async () => {
    const begun = Date.now()
    await kubectl('delete', 'apps.slipway.dev', app, '-n', 'default')
    await kubectl('delete', 'crd', 'apps.slipway.dev')
    await until('a hundred more requests', 20_000, () =>
      tally(load.samples, begun).requests > 100 ? true : undefined,
    )
    expect(await servedVersion()).toBe('7')
    expect(failedSince(begun)).toBe(0)
    await kubectl('apply', '--server-side', '-f', join(root, 'manifests/crds'))
  })
})

/** Pushes, and returns as soon as the release has begun, while git still listens to its progress. */
async function pushWithoutWaiting(behaviour: Behaviour): Promise<string> {
  const before = new Set((await releases(app)).map(({ metadata }) => metadata.name))
  pushes.push(push(behaviour))
  return until(`a release of version ${behaviour.version}`, 30_000, async () => {
    const begun = (await releases(app)).find(({ metadata }) => !before.has(metadata.name))
    return begun?.spec.sha
  })
}
const pushes: Promise<unknown>[] = []
afterAll(() => Promise.allSettled(pushes))

interface Pod {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string }
  readonly spec: { readonly containers: readonly { readonly image: string }[] }
}

/** The weights that the revision held, each once, in order. */
function steps(seen: readonly Served[], revision: string): readonly number[] {
  const held = seen.map(({ weights }) => weights[revision] ?? 0).filter((weight) => weight > 0)
  return held.filter((weight, index) => weight !== held[index - 1])
}
