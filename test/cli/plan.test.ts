// `slipway plan`: the real drivers over a real client, an API server that keeps what it was given, and metrics that answer from a list.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Exit, exitCodes } from '../../cli/exit.ts'
import type { Survey } from '../../cli/survey.ts'
import { methodOf } from '../../domain/analysis.ts'
import { AppSpec } from '../../domain/app.ts'
import { formatWeight } from '../../domain/figures.ts'
import type { History } from '../../domain/judge/judge.ts'
import { firstWeight } from '../../domain/judge/ramp.ts'
import { kubernetesDeploy } from '../../platform/deploy/kubernetes.ts'
import { revisionObjects } from '../../platform/deploy/objects.ts'
import { presentConfig } from '../../platform/deploy/present-config.ts'
import { foresee } from '../../platform/foreseen.ts'
import { type Kubernetes, kubernetes } from '../../platform/kubernetes.ts'
import { prometheusMetrics } from '../../platform/metrics/prometheus.ts'
import { traefikCounters } from '../../platform/metrics/traefik.ts'
import { readOnly } from '../../platform/read-only.ts'
import { gatewayApiTraffic } from '../../platform/traffic/gateway-api.ts'
import { type KubeServer, kubeServer } from '../api/kube-server.ts'
import { aRevision, aRun } from '../contract/fixtures.ts'
import { anApp, aRelease, slipway, startedAt, type World } from './screen.ts'

const app = { namespace: 'default', name: 'shop' }
const gateway = { namespace: 'slipway-gateway', name: 'slipway' }
const served = async () => undefined
const run = aRun({ replicas: 2, env: { LOG_LEVEL: 'info', FLAG: '1' } })
const stable = aRevision(app, 'stable', { release: 'shop-7', run })
const older = aRevision(app, 'older', { release: 'shop-5' })
const source = { repository: 'https://git.example.com/acme/shop', branch: 'main' }

let folder = ''
let kube: KubeServer
let client: Kubernetes

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-plan-'))
})
afterAll(() => rm(folder, { recursive: true }))
beforeEach(async () => {
  kube = await kubeServer()
  client = kubernetes({ config: kube.config })
})
afterEach(() => kube.close())

/** The cluster in which release 7 serves, with this policy. */
async function serving(policy?: object): Promise<void> {
  kube.put('apps', { metadata: { ...app }, spec: { source, ...(policy && { policy }) } })
  for (const revision of [older, stable]) {
    const { deployment } = revisionObjects(revision)
    kube.put('deployments', { ...deployment, status: { readyReplicas: 2 } })
  }
  const endpoints = ['10.0.0.1', '10.0.0.2'].map((address) => ({ addresses: [address] }))
  kube.put('endpointslices', { metadata: { namespace: 'default', name: 'one' }, endpoints } as never)
  const weights = [{ revision: stable.name, weight: 1000 }]
  const traffic = gatewayApiTraffic({ kube: client, gateway, served })
  const hosts = ['shop.example.com']
  await traffic.write({ app, hosts, weights, epoch: { seq: 7, n: 4 }, stable: stable.name })
  kube.requests.length = 0
}

/** 100 requests a second of which one in a thousand fails and one in a hundred is slow, for half an hour. */
const busy: History = {
  bounds: [0.5],
  readings: Array.from({ length: 31 }, (_, i) => {
    const at = startedAt - (30 - i) * 60_000
    const requests = 6000 * (i + 1)
    const tally = { requests, errors: requests / 1000, timed: requests, within: [requests * 0.99] }
    return { at, counts: [{ revision: stable.name, instance: 'p', at, ...tally }], route: [] }
  }),
}

function survey(past?: History | Error): Survey {
  const reading = readOnly(client)
  const answer = async () => {
    if (past instanceof Error) throw past
    return past ?? { bounds: [], readings: [] }
  }
  return {
    deploy: kubernetesDeploy({ kube: reading }),
    traffic: gatewayApiTraffic({ kube: reading, served }),
    config: (asked, names) => presentConfig(reading, asked, names),
    metrics: {
      query: prometheusMetrics({ url: '', pack: traefikCounters }).query,
      history: answer,
      counters: async () => ({ at: startedAt, interval: 1000, counts: [], route: [] }),
    },
    prometheus: past && 'http://prometheus.example.com',
    foresee,
  }
}

/** What the judge would begin with, in thousandths. */
const past = { rate: 100, interval: 1, requests: 180_000, errors: 180, dispersion: 1, latency: [] }
const method = methodOf(AppSpec.parse({}).release)
const first = Math.round(1000 * firstWeight({ method, baseline: past, success: 0.995 }))

const file = (spec: string) =>
  `apiVersion: slipway.dev/v1beta1\nkind: App\nmetadata: {name: shop}\nspec:\n${spec.replace(/^/gm, '  ')}\n`
const same = `run: {replicas: 2, env: {LOG_LEVEL: info, FLAG: "1"}, resources: {cpu: 20m, memory: 64Mi}, health: /healthz}
route: {hosts: [shop.example.com]}`

const promoted = aRelease({ phase: 'done', outcome: 'promoted' })

async function plan(spec: string, args: readonly string[] = [], world: World = {}) {
  await writeFile(join(folder, 'slipway.yaml'), file(spec))
  const told = await slipway(['plan', ...args], {
    apps: [anApp()],
    releases: [promoted],
    cwd: folder,
    survey: survey(),
    ...world,
  })
  expect(kube.requests.filter((request) => !request.startsWith('GET '))).toEqual([])
  return { ...told, text: told.out.replace(/\s+/g, ' ') }
}

describe('a push', () => {
  it('of an App that is not there yet is its first release', async () => {
    const { code, out, text } = await plan(same, [], { apps: [], releases: [] })
    expect(code).toBe(exitCodes.ok)
    expect(out).toMatch(/^default\/shop {2}would be released as shop-1\n/)
    expect(text).toContain('stable nothing yet')
    expect(text).toContain('source the cluster does not declare this App yet')
    expect(text).toContain('the first release: it gets all traffic as soon as its pods are ready')
    expect(text).toContain(
      'create Deployment shop-???????-????: 2 pods, each promised 20m of a processor and 64Mi',
    )
    expect(text).toContain('create HTTPRoute shop: shop-???????-???? 100%; at shop.example.com')
    expect(text).toContain('up to 2 pods more: 40m processors, 128Mi of memory')
    expect(text).not.toContain('Changes')
    expect(text).not.toContain('direct.slipway.dev')
  })

  it('that changes the environment, pods and hosts says so, by key, and what becomes of each object', async () => {
    await serving()
    const { code, out, text } = await plan(
      `run: {replicas: 3, env: {LOG_LEVEL: debug, FLAG: "2", NEW: "yes"}, resources: {cpu: 20m, memory: 64Mi}, health: /healthz}
route: {hosts: [shop.example.com, www.example.com], preview: [next.example.com]}
release: {keep: 1}`,
    )
    expect(code).toBe(exitCodes.ok)
    expect(out).toContain(`
Changes against ${stable.name}
  ~ run.env.FLAG: "1" → "2"
  ~ run.env.LOG_LEVEL: info → debug
  + run.env.NEW: yes
  ~ run.replicas: 2 → 3
  ~ route.hosts: [shop.example.com] → [shop.example.com, www.example.com]
`)
    expect(text).toContain('would be released as shop-8')
    expect(text).toContain('source https://git.example.com/acme/shop main')
    expect(text).toContain('its image is built at the push')
    expect(text).toContain(
      `change HTTPRoute shop: ${stable.name} 100% → shop-???????-???? 100%; at shop.example.com → shop.example.com, www.example.com with promotion`,
    )
    expect(text).toContain('create HTTPRoute shop.direct.slipway.dev: at shop.example.com, until')
    expect(text).toContain('create HTTPRoute shop.preview.slipway.dev: at next.example.com, until')
    expect(text).toContain(`stop Deployment ${stable.name}`)
    expect(text).toContain(`remove Service ${older.name}: once it is promoted`)
    expect(text).toContain(`remove Deployment ${older.name}: once it is promoted`)
    expect(text).toContain(
      'beside what runs now, until the bake is over: up to 3 pods more: 60m processors, 192Mi',
    )
  })

  it('that changes nothing is a release all the same; of the commit that serves it is none', async () => {
    await serving()
    const { code, text } = await plan(same)
    expect(code).toBe(exitCodes.ok)
    expect(text).toContain(
      'none in how it is run and reached; a new commit is built and released all the same',
    )
    const again = await plan(same, ['--commit', stable.sha.slice(0, 9)])
    expect(again.code).toBe(exitCodes.ok)
    expect(again.out).toMatch(/^default\/shop {2}nothing would happen\n/)
    expect(again.text).toContain(`${stable.sha.slice(0, 7)} holds the traffic already`)
    expect(again.text).toContain('built already: registry.example/default/shop@sha256:')
  })

  it('beside a release that runs takes its place, and says that traffic goes back first', async () => {
    await serving()
    const { text } = await plan(same, [], { releases: [aRelease()] })
    expect(text).toContain(
      'supersede: latest; it takes the place of shop-7, which is rolling-out: all traffic goes back to the stable revision first',
    )
  })

  it('to an App that is frozen waits; a commit that was rejected does nothing', async () => {
    await serving()
    const frozen = { by: 'bo', reason: 'holidays', since: startedAt }
    const rejected = ['c'.repeat(40)]
    const world = { apps: [anApp({ frozen, rejected })] }
    const waits = await plan(same, [], world)
    expect(waits.out).toMatch(/^default\/shop {2}would wait as shop-8\n/)
    expect(waits.text).toContain('frozen by bo: holidays')
    expect((await plan(same, ['--commit', 'ccccccc'], world)).text).toContain('nothing would happen')
  })

  it('comes from standard input, and for the App that is named', async () => {
    await serving()
    const { code, out } = await plan(same, ['-'], { stdin: file(same) })
    expect([code, out.slice(0, 12)]).toEqual([exitCodes.ok, 'default/shop'])
    const other = await plan(same, ['-', '--app', 'site'], { stdin: file(same) })
    expect(other.code).toBe(exitCodes.refused)
    expect(other.err).toContain(
      'slipway.yaml:3:18 metadata.name: is "shop", but this repository belongs to the App "site"',
    )
  })
})

describe('a refusal', () => {
  it('by the policy is told by line and column, with a code of its own', async () => {
    await serving({ hosts: ['*.acme.example'], maxReplicas: 1, secrets: [] })
    const { code, out, err } = await plan(
      'run: {replicas: 2, secrets: [db]}\nroute: {hosts: [shop.example.com]}',
    )
    expect(code).toBe(exitCodes.refused)
    expect(code).toBe(8)
    expect(out).toBe('')
    expect(err).toContain('slipway: a push of this file to default/shop would be refused: 3 problems\n')
    expect(err).toContain('slipway.yaml:5:9 spec.run.replicas: 2 pods are more than the App’s policy allows')
    expect(err).toContain('slipway.yaml:5:32 spec.run.secrets[0]: db may not be used')
    expect(err).toContain('slipway.yaml:6:19 spec.route.hosts[0]: shop.example.com may not be served')
  })

  it('of mistakes and contradictions is the same', async () => {
    const { code, err } = await plan('run: {prot: 8080, replicas: 2, autoscale: {min: 3, max: 2}}')
    expect(code).toBe(exitCodes.refused)
    expect(err).toContain('slipway.yaml:5:9 spec.run.prot: unknown key; did you mean "port"?')
  })

  it('of a host that another App has, and of a Secret that is not there, comes before anything is built', async () => {
    await serving()
    kube.put('apps', { metadata: { namespace: 'default', name: 'other' }, spec: { source } })
    const traffic = gatewayApiTraffic({ kube: client, gateway, served })
    const theirs = { app: { ...app, name: 'other' }, hosts: ['taken.example.com'], stable: 'other-1' }
    await traffic.write({
      ...theirs,
      weights: [{ revision: 'other-1', weight: 1000 }],
      epoch: { seq: 1, n: 1 },
    })
    kube.requests.length = 0
    const { code, err } = await plan(
      'run: {secrets: [db]}\nroute: {hosts: [shop.example.com, taken.example.com]}',
    )
    expect(code).toBe(exitCodes.refused)
    expect(err).toContain(
      'slipway.yaml:5:19 spec.run.secrets[0]: cannot use Secret db in default: it does not exist',
    )
    expect(err).toContain(
      'slipway.yaml:6:37 spec.route.hosts[1]: taken.example.com is served by the App default/other',
    )
  })

  it('is one JSON document', async () => {
    const { code, out } = await plan('run: {port: 0}', ['--json'])
    expect(code).toBe(exitCodes.refused)
    expect(JSON.parse(out)).toMatchObject({
      refused: true,
      app,
      problems: [{ line: 5, column: 15, path: 'spec.run.port' }],
    })
  })

  it('of a file that is not there is none: it is not found', async () => {
    const { code, err } = await slipway(['plan', 'no.yaml'], { cwd: folder })
    expect(code).toBe(exitCodes.notFound)
    expect(err).toContain('cannot read')
  })
})

describe('configuration', () => {
  it('is told by name and key, never by content', async () => {
    await serving()
    kube.put('configmaps', {
      metadata: { namespace: 'default', name: 'settings' },
      data: { THEME: 'blue-as-the-sea' },
    } as never)
    const password = Buffer.from('hunter2').toString('base64')
    kube.put('secrets', {
      metadata: { namespace: 'default', name: 'db' },
      data: { PASSWORD: password },
    } as never)
    const spec = same.replace('health:', 'config: [settings], secrets: [db], health:')
    const { code, text } = await plan(spec)
    expect(code).toBe(exitCodes.ok)
    expect(text).toContain(
      'ConfigMap settings-????????: copy of settings for shop-???????-????; its keys: THEME',
    )
    expect(text).toContain('Secret db-????????: copy of db for shop-???????-????; its keys: PASSWORD')
    const { out } = await plan(spec, ['--json'])
    for (const content of ['blue-as-the-sea', 'hunter2', password]) expect(text + out).not.toContain(content)
  })
})

describe('the way', () => {
  const gated = `${same}
release:
  steps: [5, {weight: 50, for: 2m}]
  gates:
    - {before: 50, approvers: [ana, bo], approvals: 2, notPusher: true, timeout: 4h, otherwise: pass}
    - {before: promotion, hook: {url: "https://checks.example.com/ask?key=s3cret"}}
  windows: {timeZone: Europe/Berlin, allow: [{days: [mon], from: "09:00", to: "16:00"}], freezes: [{name: easter, from: 2026-04-02, until: 2026-04-07}]}`

  it('names gates with who, how many, how long and what otherwise; and when windows open', async () => {
    await serving()
    const { text } = await plan(gated)
    expect(text).toContain('5% for 30s · 50% for 2m · 95%')
    expect(text).toContain('at least 12m30s in all')
    expect(text).toContain(
      'before-50: waits for 2 approvals of ana, bo, and not who pushed it; after 4h it goes on',
    )
    expect(text).toContain(
      'before-promotion: asking checks.example.com; without an answer within 10m it is taken back',
    )
    expect(text).not.toContain('s3cret')
    // The first of March 2026 is a Sunday.
    expect(text).toContain(
      'windows: closed now: weight rises only on mon 09:00–16:00 (Europe/Berlin); open next at 2026-03-02 08:00:00 UTC',
    )
    expect(text).toContain('freeze easter: 2026-04-01 22:00:00 UTC to 2026-04-06 22:00:00 UTC')
  })

  it('that gives all traffic at once says so', async () => {
    await serving()
    const { text } = await plan(`${same}\nrelease: {strategy: immediate, bake: 2m}`, ['--rate', '40'])
    expect(text).toContain(
      'weights 100% judge fixed objectives: at least 20 requests, 3 bad looks in a row are harm',
    )
    expect(text).toContain('bake 2m at 100%, the stable revision still warm Queries')
  })

  it('of the policy holds beside the file’s own', async () => {
    await serving({ gates: [{ before: 'promotion', approvers: ['ana'] }] })
    expect((await plan(same)).text).toContain(
      'before-promotion: waits for 1 approval of ana; after 1d it is taken back',
    )
  })

  it('with the present traffic has a first weight and an expected time', async () => {
    await serving()
    const { text } = await plan(same, [], { survey: survey(busy) })
    expect(text).toContain(`weights begins with ${formatWeight(first)}; the evidence chooses among 0.1% · 1%`)
    expect(text).toMatch(/With 100 requests\/s of which 0.10% fail, a good version is at full after \d+s/)
    const said = await plan(same, ['--rate', '0.5'])
    expect(said.text).toContain('With 0.5 requests/s of which 0.10% fail (assumed)')
  })
})

describe('the queries', () => {
  const spec = `${same}\nrelease: {objectives: {success: 99.9%, latency: {below: 500ms, for: 95%}}}`

  it('are the judge’s, with the present values of the stable revision', async () => {
    await serving()
    const { out, text } = await plan(spec, [], { survey: survey(busy) })
    expect(out).toContain('\n  {__name__=~"traefik_')
    expect(out).toContain('le=~"|0\\\\.5|\\\\+Inf"}[60s]\n')
    expect(text).toContain(
      'success 99.9 % of the requests must succeed; stable: 99.9 % of 30,000 requests in 5m',
    )
    expect(text).toContain(
      'latency 95 % must be answered within 500ms; stable: 99 % of 30,000 requests in 5m',
    )
  })

  it.each([
    [undefined, 'not asked: give --prometheus'],
    [{ bounds: [], readings: [] }, 'no data: the gateway counted nothing'],
    [new Error('connect ECONNREFUSED'), 'no data: http://prometheus.example.com: connect ECONNREFUSED'],
  ])('without an answer have no value, and none looks like 0: %j', async (past, says) => {
    await serving()
    const { code, text } = await plan(spec, [], { survey: survey(past) })
    expect(code).toBe(exitCodes.ok)
    expect(text.match(new RegExp(`stable: ${says}`, 'g'))).toHaveLength(2)
    expect(text).not.toMatch(/stable: 0/)
  })
})

describe('whoever may not read', () => {
  it('the App ends with 7, and is told which roles have it', async () => {
    kube.refuse(403)
    const { code, err } = await plan(same)
    expect(code).toBe(exitCodes.denied)
    expect(err).toContain('the roles view and slipway-viewer')
    expect(err).not.toContain('grant Slipway')
  })

  it('releases ends with 7 as well, in the words of the client', async () => {
    await serving()
    const denied = new Exit(exitCodes.denied, 'cannot list releases in default: no')
    const { code, err } = await plan(same, [], { cluster: { releases: () => Promise.reject(denied) } })
    expect(code).toBe(exitCodes.denied)
    expect(err).toContain('cannot list releases in default: no')
  })

  it('the route is told what was not seen; what App and Deployments say is told all the same', async () => {
    await serving()
    const forbidden = Object.assign(new Error('no'), { reason: 'Forbidden' })
    const all = survey()
    const blind: Survey = {
      ...all,
      traffic: { read: () => Promise.reject(forbidden), taken: async () => [] },
    }
    const stableOf = { revision: stable.name, sha: stable.sha }
    const { code, text } = await plan(same, [], { survey: blind, apps: [anApp({ stable: stableOf })] })
    expect(code).toBe(exitCodes.ok)
    expect(text).toContain(`stable ${stable.name} (commit`)
    expect(text).toContain('change HTTPRoute shop: shop-???????-???? 100%; at shop.example.com')
    expect(text).toContain('Not seen the route: your user may not read it')
  })
})

describe('for programs', () => {
  it('the answer is one document with everything in it', async () => {
    await serving()
    const spec = `${same}\nrelease: {gates: [{before: 50, approvers: [ana]}]}`
    const { code, out } = await plan(spec, ['--json', '--commit', 'd'.repeat(40)], { survey: survey(busy) })
    expect(code).toBe(exitCodes.ok)
    const told = JSON.parse(out)
    expect(told).toMatchObject({
      refused: false,
      app,
      release: 'shop-8',
      next: { kind: 'begins' },
      stable: { revision: stable.name, sha: stable.sha },
      canary: { name: 'shop-ddddddd-????', sha: 'd'.repeat(40), run: { replicas: 2 } },
      changes: [],
      course: { strategy: 'canary', weights: { kind: 'ramp' }, full: 950, bake: 600_000 },
      gates: [{ name: 'before-50', approvers: ['ana'], approvals: 1 }],
      surge: { pods: 2, cpu: '40m', memory: '128Mi' },
      afterwards: { kept: [stable.name], removed: [older.name] },
      expected: { rate: 100, first },
      queries: [
        { objectives: [{ objective: 'success', value: { kind: 'measured', good: 29_970, total: 30_000 } }] },
      ],
      unseen: [],
    })
    expect(told.objects).toContainEqual(
      expect.objectContaining({ does: 'create', kind: 'Service', name: 'shop-ddddddd-????' }),
    )
  })
})
