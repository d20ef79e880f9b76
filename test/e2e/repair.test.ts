// What nobody tells Slipway: edits by other hands, a push that no one announced, an App that is deleted. The sweep finds them in its minute.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, test } from 'vitest'
import { callsSince, endOf } from '../../local/audit.ts'
import { apply, kubectlOf } from '../../local/cluster/kubectl.ts'
import { paths } from '../../local/paths.ts'
import { get, kubectl, lab, objects, outcomeOf, release, root, servedWeights, slipway, until } from './lab.ts'
import { alwaysWhole, heldNow, revisionOf, subjects, weightsGiven } from './subject.ts'

const { opened, close } = subjects()
afterAll(close)
const done = { code: 0, stderr: '' }

const steps = [
  { weight: 20, for: '2s' },
  { weight: 100, for: '2s' },
]
const gates = [{ before: 50 }]
const rate = 20
/** A sweep a minute, and what it has to do. */
const repairedWithin = 75_000
const noticedWithin = 120_000
const here = ['-n', 'default']

describe.concurrent('other hands', () => {
  test('that edit the weights of a route under load are named, and the weights put back; what is theirs stays', async ({
    expect,
  }) => {
    const subject = await opened({ name: 'keel', release: { steps, gates }, rate })
    const { app, host } = subject
    const sha = await subject.push({ version: 2 })
    const { name } = await release(app, sha, ({ waiting }) => waiting?.for === 'approval')
    const theirs = {
      matches: [{ path: { type: 'PathPrefix', value: '/pier' } }],
      filters: [{ type: 'RequestRedirect', requestRedirect: { hostname: 'pier.example.com' } }],
    }
    await patch('httproute', app, 'harbourmaster', [{ op: 'add', path: '/spec/rules/-', value: theirs }])
    await kubectl('annotate', 'httproute', app, 'harbour.example.com/berth=7', ...here)

    await patch('httproute', app, 'harbourmaster', await turned(app))
    await until('the edit to be served', 10_000, () => (heldNow(subject, sha) === 800 ? true : undefined))
    await until('the weights to be back', repairedWithin, () =>
      heldNow(subject, sha) === 200 ? true : undefined,
    )
    const [event] = await repairs(app)
    expect(event).toContain(`harbourmaster changed the weights of HTTPRoute ${app}`)
    const route = await theRoute(app)
    expect(route.metadata.annotations).toMatchObject({ 'harbour.example.com/berth': '7' })
    expect((await get(host, '/pier')).status).toBe(302)

    expect(await slipway('approve', name)).toMatchObject(done)
    expect(await outcomeOf(app, sha)).toMatchObject({ outcome: 'promoted' })
    expect(weightsGiven(subject, sha)).toEqual([200, 800, 200, 1000])
    expect((await get(host, '/pier')).status).toBe(302)
    expect(alwaysWhole(subject)).toBe(true)
    expect(subject.since(0).failures).toEqual({})
  })

  test('that edit the pods of a revision are named, and the pods made again as they were; their number is left alone', async ({
    expect,
  }) => {
    const subject = await opened({ name: 'mast', release: { steps }, rate })
    const [deployment = ''] = await names('deployments', subject.app)
    await kubectl('annotate', 'deployment', deployment, 'harbour.example.com/berth=7', ...here)
    await kubectl('scale', 'deployment', deployment, '--replicas=2', ...here)
    const begun = Date.now()
    const edit = ['VERSION=stowaway', '--field-manager=harbourmaster']
    await kubectl('set', 'env', `deployment/${deployment}`, ...edit, ...here)
    await until('the stowaway to be met', 30_000, () => subject.since(begun).versions.stowaway && true)
    const event = await until('the repair', repairedWithin, async () => (await repairs(subject.app))[0])
    expect(event).toContain(`harbourmaster changed the pods of Deployment ${deployment}`)

    await until('the stowaway to be gone', 60_000, async () => {
      const pods = await objects<Pod>('pods', subject.app)
      return pods.some(isStowaway) ? undefined : true
    })
    const settled = Date.now()
    await until('fifty more requests', 20_000, () =>
      subject.since(settled).requests >= 50 ? true : undefined,
    )
    expect(Object.keys(subject.since(settled).versions)).toEqual(['1'])
    const [kept] = await objects<Kept>('deployments', subject.app)
    expect(kept?.spec.replicas).toBe(2)
    expect(kept?.metadata.annotations).toMatchObject({ 'harbour.example.com/berth': '7' })
    expect(subject.since(0).failures).toEqual({})
  })
})

describe.concurrent('a push that nobody told of', () => {
  test('is noticed within two minutes, and released like any other', async ({ expect }) => {
    const subject = await opened({ name: 'bottle', release: { steps }, rate })
    const sha = await subject.commit({ version: 2 })
    const bare = join(paths.git, `${subject.app}.git`)
    await promisify(execFile)('git', ['push', '--quiet', bare, 'HEAD:main'], {
      cwd: subject.repository.folder,
    })
    const pushed = Date.now()
    const { startedAt } = await release(subject.app, sha, () => true, noticedWithin)
    expect(startedAt - pushed).toBeLessThanOrEqual(noticedWithin)
    expect(await outcomeOf(subject.app, sha)).toMatchObject({ outcome: 'promoted' })
    expect(weightsGiven(subject, sha)).toEqual([200, 1000])
    expect(subject.since(0).failures).toEqual({})
  })
})

describe.concurrent('an App that is to be retired when it is deleted', () => {
  test('takes its route with it, and then its pods, when nobody is sent to them any more', async ({
    expect,
  }) => {
    const subject = await opened({ name: 'hulk', release: { steps }, rate })
    const { app } = subject
    // One that is kept to return to goes as well.
    expect(await outcomeOf(app, await subject.push({ version: 2 }))).toMatchObject({ outcome: 'promoted' })
    const spec = { onDelete: 'retire' }
    await kubectl('patch', 'apps.slipway.dev', app, ...here, '--type=merge', '-p', JSON.stringify({ spec }))
    await until('the App to be held', noticedWithin, async () => {
      const [found] = await objectsNamed<Kept>('apps.slipway.dev', app)
      return found?.metadata.finalizers?.includes('slipway.dev/retire') ? true : undefined
    })
    const audit = endOf(lab.auditLog)
    await kubectl('delete', 'apps.slipway.dev', app, ...here, '--wait=false')
    let servedUntil = Date.now()
    await until('the gateway to forget it', noticedWithin, async () => {
      const asked = Date.now()
      if (Object.keys(await servedWeights(app)).length === 0) return true
      servedUntil = asked
      return undefined
    })
    await until('the App to be gone', noticedWithin, async () =>
      (await objectsNamed('apps.slipway.dev', app)).length === 0 ? true : undefined,
    )
    const calls = (await callsSince(lab.auditLog, audit)).filter(
      ({ verb, code }) => verb === 'delete' && code < 300,
    )
    const removed = (kind: string) =>
      calls.filter(({ resource, name }) => resource === kind && name.startsWith(app))
    const [route] = removed('httproutes')
    const deployments = removed('deployments')
    expect(deployments).toHaveLength(2)
    for (const { at } of deployments) {
      expect(at).toBeGreaterThan(route?.at ?? Number.NaN)
      expect(at).toBeGreaterThan(servedUntil)
    }
    for (const kind of ['deployments', 'services', 'httproutes']) expect(await names(kind, app)).toEqual([])
    // Whoever was served before the route went was served well.
    const { versions } = subject.since(0)
    expect({ 1: versions['1']?.failed, 2: versions['2']?.failed }).toEqual({ 1: 0, 2: 0 })
  })
})

describe.concurrent('a namespace that is deleted', () => {
  test('takes an App that was to be retired with it, though the binding of Slipway’s role went first', async ({
    expect,
  }) => {
    const namespace = `berth-${Date.now().toString(36)}`
    await kubectl('create', 'namespace', namespace)
    await kubectl('apply', '-n', namespace, '-f', join(root, 'manifests/install/app-namespace.yaml'))
    const repository = `${lab.git.url}/${namespace}.git`
    const app = {
      apiVersion: 'slipway.dev/v1beta1',
      kind: 'App',
      metadata: { namespace, name: 'raft' },
      spec: { source: { repository, branch: 'main' }, onDelete: 'retire' },
    }
    await apply(kubectlOf(lab.kubectl), [app])
    await until('the App to be held', noticedWithin, async () => {
      const kept = await kubectl('get', 'apps.slipway.dev', 'raft', '-n', namespace, '-o', 'json')
      return (JSON.parse(kept) as Kept).metadata.finalizers?.includes('slipway.dev/retire') ? true : undefined
    })
    await kubectl('delete', 'rolebinding', 'slipway-worker', '-n', namespace)
    await kubectl('delete', 'namespace', namespace, '--wait=false')
    await until('the namespace to be gone', noticedWithin, async () =>
      (await kubectl('get', 'namespace', namespace, '--ignore-not-found')) === '' ? true : undefined,
    )
    expect(await kubectl('get', 'apps.slipway.dev', '-n', namespace, '-o', 'name')).toBe('')
  })
})

describe.concurrent('an autoscaled App', () => {
  test('has an autoscaler for each revision, and stable’s takes no pod away while its traffic may come back', async ({
    expect,
  }) => {
    const run = { replicas: undefined, autoscale: { min: 1, max: 3 } }
    const subject = await opened({ name: 'lung', release: { steps, gates }, run, rate })
    const { app } = subject
    const [stable = ''] = await names('deployments', app)
    // As when the load of the day had asked for two.
    await kubectl('scale', 'deployment', stable, '--replicas=2', ...here)
    await until('two pods', 30_000, async () =>
      (await objects<Scaled>('deployments', app))[0]?.status.readyReplicas === 2 ? true : undefined,
    )
    const sha = await subject.push({ version: 2 })
    const { name } = await release(app, sha, ({ waiting }) => waiting?.for === 'approval')
    const canary = await revisionOf(app, sha)
    const least = Object.fromEntries(
      (await objects<Autoscaler>('horizontalpodautoscalers', app)).map(({ metadata, spec }) => [
        metadata.name,
        spec.minReplicas,
      ]),
    )
    expect(Object.keys(least).sort()).toEqual([stable, canary].sort())
    expect(least[stable]).toBe(2)
    expect(await slipway('approve', name)).toMatchObject(done)
    expect(await outcomeOf(app, sha)).toMatchObject({ outcome: 'promoted' })
    expect(await names('horizontalpodautoscalers', app)).toEqual([canary])
    expect(subject.since(0).failures).toEqual({})
  })
})

interface Kept {
  readonly metadata: {
    readonly annotations?: Readonly<Record<string, string>>
    readonly finalizers?: readonly string[]
  }
  readonly spec: { readonly replicas?: number }
}
interface Pod {
  readonly spec: {
    readonly containers: readonly { readonly env?: readonly { readonly value?: string }[] }[]
  }
}
/** Also one that is on its way out: requests meet it until it is gone. */
const isStowaway = ({ spec }: Pod): boolean =>
  spec.containers.some(({ env = [] }) => env.some(({ value }) => value === 'stowaway'))

interface Scaled {
  readonly status: { readonly readyReplicas?: number }
}
interface Autoscaler {
  readonly metadata: { readonly name: string }
  readonly spec: { readonly minReplicas: number }
}

const patch = (kind: string, name: string, manager: string, operations: readonly object[]) =>
  kubectl(
    'patch',
    kind,
    name,
    ...here,
    '--type=json',
    `--field-manager=${manager}`,
    '-p',
    JSON.stringify(operations),
  )

interface Route {
  readonly metadata: { readonly annotations: Readonly<Record<string, string>> }
  readonly spec: {
    readonly rules: readonly { readonly backendRefs?: readonly { readonly weight: number }[] }[]
  }
}
const theRoute = async (app: string) =>
  JSON.parse(await kubectl('get', 'httproute', app, ...here, '-o', 'json')) as Route

/** Each revision gets the other's weight. */
async function turned(app: string): Promise<readonly object[]> {
  const { spec } = await theRoute(app)
  const rule = spec.rules.findIndex(({ backendRefs = [] }) => backendRefs.length === 2)
  const weights = (spec.rules[rule]?.backendRefs ?? []).map(({ weight }) => weight).reverse()
  return weights.map((value, index) => ({
    op: 'replace',
    path: `/spec/rules/${rule}/backendRefs/${index}/weight`,
    value,
  }))
}

/** What the App's Events say of repairs. */
async function repairs(app: string): Promise<readonly string[]> {
  const about = `involvedObject.kind=App,involvedObject.name=${app},reason=Repaired`
  const list = await kubectl('get', 'events', ...here, '--field-selector', about, '-o', 'json')
  return (JSON.parse(list) as { items: { message: string }[] }).items.map(({ message }) => message)
}

const names = async (kind: string, app: string): Promise<readonly string[]> =>
  (await objects<Autoscaler>(kind, app)).map(({ metadata }) => metadata.name)

async function objectsNamed<T>(kind: string, name: string): Promise<readonly T[]> {
  const list = await kubectl('get', kind, ...here, '--field-selector', `metadata.name=${name}`, '-o', 'json')
  return (JSON.parse(list) as { items: T[] }).items
}
