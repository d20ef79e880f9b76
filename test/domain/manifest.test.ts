// slipway.yaml: what it means, and every way to write it wrongly.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PermanentFailure } from '../../domain/failure.ts'
import { parseManifest } from '../../domain/manifest.ts'

const shop = { namespace: 'default', name: 'shop' }

const minimal = `apiVersion: slipway.dev/v1beta1
kind: App
metadata:
  name: shop
`

const withSpec = (spec: string) => `${minimal}spec:\n${spec.replace(/^/gm, '  ')}\n`

function complaint(text: string): string {
  try {
    parseManifest(text, shop)
  } catch (error) {
    if (error instanceof PermanentFailure && error.reason === 'InvalidManifest') return error.message
    throw error
  }
  throw new Error(`accepted: ${text}`)
}

describe('a file that is right', () => {
  it('needs four lines; everything else has a default', () => {
    expect(parseManifest(minimal, shop)).toEqual({
      build: { context: '.', dockerfile: 'Dockerfile', args: {}, target: '' },
      run: { port: 8080, replicas: 2, env: {}, resources: { cpu: '100m', memory: '256Mi' }, health: '/' },
      route: { hosts: [] },
      release: {
        steps: 'auto',
        objectives: { success: 0.995 },
        analysis: {
          falseRollbackRate: 0.01,
          confidence: 0.95,
          tolerance: { errors: 0.001, latency: 0.15 },
          promoteWithin: 0.005,
          risk: { firstRequests: 10, perStepRequests: 30, maxErrorRise: 0.03 },
          weight: { unprovenMax: 500, verify: 200, holdback: 50, min: 1 },
          deadline: 300_000,
          onDeadline: 'promote',
          maxDuration: 1_500_000,
          onInconclusive: 'hold',
          metricsLost: { zeroAfter: 60_000 },
          history: 86_400_000,
          warmup: 5_000,
        },
        onNoTraffic: 'hold',
        bake: 600_000,
        supersede: 'latest',
      },
    })
  })

  it('is read in human units', () => {
    const { run, release, route } = parseManifest(
      withSpec(`run: {port: 3000, resources: {cpu: 0.5, memory: 1Gi}, env: {LOG_LEVEL: info}}
route: {hosts: [shop.example.com, "*.shop.example.com"]}
release:
  strategy: canary
  steps: [0.1%, 5, 25%, {weight: 50, for: 1m30s}, {weight: 100%, for: 1h}]
  objectives:
    success: 99.95%
    latency: {below: 500ms, for: 99%}
  analysis:
    falseRollbackRate: 0.1%
    confidence: 99%
    tolerance: {errors: 0.25pp, latency: 20%}
    promoteWithin: 1pp
    weight: {verify: 10, holdback: 0%}
    maxDuration: 2h
    onInconclusive: rollback
    metricsLost: {zeroAfter: 30s}
    history: 10m
    warmup: 0s
  onNoTraffic: promote
  bake: 0s
  onFailure: rollback
  supersede: queue`),
      shop,
    )
    expect(run).toMatchObject({
      port: 3000,
      resources: { cpu: '0.5', memory: '1Gi' },
      env: { LOG_LEVEL: 'info' },
    })
    expect(route.hosts).toEqual(['shop.example.com', '*.shop.example.com'])
    expect(release.steps).toEqual([
      { weight: 1, for: 30_000 },
      { weight: 50, for: 30_000 },
      { weight: 250, for: 30_000 },
      { weight: 500, for: 90_000 },
      { weight: 1000, for: 3_600_000 },
    ])
    expect(release.objectives).toEqual({
      success: 0.9995,
      latency: { below: 0.5, share: 0.99 },
    })
    expect(release.analysis).toMatchObject({
      falseRollbackRate: 0.001,
      confidence: 0.99,
      tolerance: { errors: 0.0025, latency: 0.2 },
      promoteWithin: 0.01,
      weight: { unprovenMax: 500, verify: 100, holdback: 0, min: 1 },
      maxDuration: 7_200_000,
      onInconclusive: 'rollback',
      metricsLost: { zeroAfter: 30_000 },
      history: 600_000,
      warmup: 0,
    })
    expect(release.analysis).not.toHaveProperty('thresholds')
    expect(release).toMatchObject({ onNoTraffic: 'promote', bake: 0, supersede: 'queue' })
  })

  it('says in short or in full what configuration it uses', () => {
    const { config, secrets } = parseManifest(
      withSpec('run: {config: [a, {name: b, mount: /etc/b}], secrets: [c]}'),
      shop,
    ).run
    expect(config).toEqual([{ name: 'a' }, { name: 'b', mount: '/etc/b' }])
    expect(secrets).toEqual([{ name: 'c' }])
  })

  it('may have gates and windows', () => {
    const { gates, windows } = parseManifest(
      withSpec(`release:
  gates: [{before: 50, approvers: [ana, "github:bo"], timeout: 1h}, {before: promotion, hook: {command: [make, smoke]}}]
  windows: {allow: [{from: "09:30", to: "24:00"}], freezes: [{name: end, from: 2026-12-24T18:00, until: 2027-01-01}]}`),
      shop,
    ).release
    expect(gates).toEqual([
      { before: 500, approvers: ['ana', 'github:bo'], timeout: 3_600_000, otherwise: 'abort' },
      { before: 'promotion', hook: { command: ['make', 'smoke'], retries: 2 }, otherwise: 'abort' },
    ])
    expect(windows).toEqual({
      timeZone: 'UTC',
      allow: [{ days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], from: 570, to: 1440 }],
      deny: [],
      freezes: [{ name: 'end', from: '2026-12-24T18:00', until: '2027-01-01' }],
    })
  })

  it('may choose fixed thresholds', () => {
    const { steps, analysis } = parseManifest(
      withSpec('release: {steps: [10, 50], analysis: {thresholds: {}}}'),
      shop,
    ).release
    expect(steps).toHaveLength(2)
    expect(analysis.thresholds).toEqual({ requests: 20, looks: 3 })
    const chosen = withSpec(
      'release: {steps: [10], objectives: {success: 100%}, analysis: {thresholds: {requests: 5, looks: 1}}}',
    )
    expect(parseManifest(chosen, shop).release.analysis.thresholds).toEqual({ requests: 5, looks: 1 })
  })

  it('may say that the ramp is automatic, with parameters of its own', () => {
    const { steps, analysis } = parseManifest(
      withSpec(
        'release: {steps: auto, analysis: {deadline: 20s, onDeadline: hold, risk: {firstRequests: 1}, weight: {min: 1%}}}',
      ),
      shop,
    ).release
    expect(steps).toBe('auto')
    expect(analysis).toMatchObject({ deadline: 20_000, onDeadline: 'hold', weight: { min: 10 } })
    expect(analysis.risk).toEqual({ firstRequests: 1, perStepRequests: 30, maxErrorRise: 0.03 })
  })

  it('may name the namespace it is in', () => {
    expect(() =>
      parseManifest(minimal.replace('name: shop', 'name: shop\n  namespace: default'), shop),
    ).not.toThrow()
  })
})

// Each line: the spec, the place and path of the problem, and what the message must say.
const wrong: readonly (readonly [spec: string, place: string, says: string])[] = [
  ['build: .', '6:10 spec.build:', 'must be a map with the keys context, dockerfile, args, target, not "."'],
  ['build: {context: /etc}', '6:20 spec.build.context:', 'a path inside the repository'],
  ['build: {context: ../x}', '6:20 spec.build.context:', 'a path inside the repository'],
  ['build: {context: ""}', '6:20 spec.build.context:', 'a path inside the repository'],
  ['build: {dockerfile: a/../../b}', '6:23 spec.build.dockerfile:', 'a path inside the repository'],
  ['build: {dockerfile: 7}', '6:23 spec.build.dockerfile:', 'not 7'],
  ['build: {dockerfile: [a]}', '6:23 spec.build.dockerfile:', 'not a list'],
  ['build: {target: "a b"}', '6:19 spec.build.target:', 'the name of a stage'],
  ['build: {args: [A]}', '6:17 spec.build.args:', 'a map of names and texts'],
  ['build: {args: {A: 1}}', '6:21 spec.build.args.A:', 'a text'],
  ['build: {args: {"A-B": x}}', '6:18 spec.build.args.A-B:', 'cannot be a name'],
  ['run: {port: http}', '6:15 spec.run.port:', 'must be a whole number from 1 to 65535, not "http"'],
  ['run: {port: 0}', '6:15 spec.run.port:', 'from 1 to 65535, not 0'],
  ['run: {port: 65536}', '6:15 spec.run.port:', 'from 1 to 65535'],
  ['run: {port: 80.5}', '6:15 spec.run.port:', 'a whole number'],
  ['run: {port: .inf}', '6:15 spec.run.port:', 'a whole number'],
  ['run: {port: }', '6:9 spec.run.port:', 'has no value; must be a whole number'],
  ['run: {prot: 80}', '6:9 spec.run.prot:', 'unknown key; did you mean "port"? Allowed: port, replicas,'],
  ['run: {Port: 80}', '6:9 spec.run.Port:', 'did you mean "port"?'],
  ['run: {replicas: 0}', '6:19 spec.run.replicas:', 'from 1 to 1000'],
  ['run: {replicas: 1001}', '6:19 spec.run.replicas:', 'from 1 to 1000'],
  ['run: {replicas: "2"}', '6:19 spec.run.replicas:', 'not "2"'],
  ['run: {env: {PORT: 8080}}', '6:21 spec.run.env.PORT:', 'write numbers and true or false in quotes'],
  ['run: {env: {A: true}}', '6:18 spec.run.env.A:', 'in quotes'],
  ['run: {env: {A: {b: c}}}', '6:18 spec.run.env.A:', 'not a map'],
  ['run: {env: {1A: x}}', '6:15 spec.run.env.1A:', 'cannot be a name'],
  ['run: {env: {__proto__: x}}', '6:15 ', 'cannot be a key'],
  ['__proto__: {run: {}}', '6:3 ', 'cannot be a key'],
  ['constructor: 1', '6:3 spec.constructor:', 'unknown key'],
  ['run: {resources: {cpu: 1x}}', '6:26 spec.run.resources.cpu:', 'processors, like 250m'],
  ['run: {resources: {cpu: 0}}', '6:26 spec.run.resources.cpu:', 'processors, like 250m'],
  ['run: {resources: {cpu: -1}}', '6:26 spec.run.resources.cpu:', 'processors, like 250m'],
  ['run: {resources: {memory: 256}}', '6:29 spec.run.resources.memory:', 'with its unit'],
  ['run: {resources: {memory: 1Pi}}', '6:29 spec.run.resources.memory:', 'with its unit'],
  ['run: {resources: {memroy: 1Gi}}', '6:21 spec.run.resources.memroy:', 'did you mean "memory"?'],
  ['run: {health: healthz}', '6:17 spec.run.health:', 'starting with /'],
  ['run: {health: "/a b"}', '6:17 spec.run.health:', 'starting with /'],
  ['run: {serviceAccountName: admin}', '6:9 spec.run.serviceAccountName:', 'unknown key; Allowed: port'],
  ['run: {hostNetwork: true}', '6:9 spec.run.hostNetwork:', 'unknown key; Allowed: port'],
  ['run: {autoscale: {min: 1}}', '6:20 spec.run.autoscale.max:', 'is required: a whole number'],
  ['run: {autoscale: {min: 0, max: 2}}', '6:26 spec.run.autoscale.min:', 'from 1 to 1000'],
  ['run: {autoscale: 2}', '6:20 spec.run.autoscale:', 'the keys min, max, cpu, not 2'],
  ['run: {secrets: shop-db}', '6:18 spec.run.secrets:', 'must be a list of at most 16 names of Secrets'],
  [
    'run: {secrets: [Shop]}',
    '6:19 spec.run.secrets[0].name:',
    'the name of an object in the App’s namespace',
  ],
  ['run: {secrets: [other/shop-db]}', '6:19 spec.run.secrets[0].name:', 'in the App’s namespace'],
  ['run: {config: [{mount: /etc/a}]}', '6:18 spec.run.config[0].name:', 'is required'],
  ['run: {config: [{name: a, mount: etc}]}', '6:35 spec.run.config[0].mount:', 'a folder’s absolute path'],
  ['run: {config: [{name: a, mount: /a/../b}]}', '6:35 spec.run.config[0].mount:', 'without ..'],
  ['run: {config: [[a]]}', '6:18 spec.run.config[0]:', 'a map with the keys name, mount, not a list'],
  ['route: {hosts: shop.example.com}', '6:18 spec.route.hosts:', 'a list of at most 16 host names'],
  ['route: {hosts: [Shop.example.com]}', '6:19 spec.route.hosts[0]:', 'in lower case'],
  ['route: {hosts: [a, "b/c"]}', '6:22 spec.route.hosts[1]:', 'a host name'],
  ['route: {hosts: ["*"]}', '6:19 spec.route.hosts[0]:', 'a host name'],
  [`route: {hosts: [${'a,'.repeat(17)}]}`, '6:18 spec.route.hosts:', 'at most 16'],
  ['route: {host: a}', '6:11 spec.route.host:', 'did you mean "hosts"?'],
  ['route: {preview: []}', '6:20 spec.route.preview:', 'a list of 1 to 4 host names'],
  [
    'release: {strategy: canari}',
    '6:23 spec.release.strategy:',
    'must be one of canary, blue-green, immediate, not "canari"',
  ],
  ['release: {scale: half}', '6:20 spec.release.scale:', 'one of follow, full'],
  ['release: {keep: 11}', '6:19 spec.release.keep:', 'a whole number from 0 to 10'],
  ['release: {steps: auot}', '6:20 spec.release.steps:', 'must be auto, or a list of 1 to 20 steps'],
  ['release: {steps: {weight: 5}}', '6:20 spec.release.steps:', 'a list of 1 to 20 steps'],
  ['release: {steps: }', '6:13 spec.release.steps:', 'has no value; must be auto, or a list'],
  ['release: {steps: 5}', '6:20 spec.release.steps:', 'must be auto, or a list of 1 to 20 steps'],
  ['release: {steps: []}', '6:20 spec.release.steps:', 'a list of 1 to 20 steps'],
  ['release: {steps: [0]}', '6:21 spec.release.steps[0].weight:', 'a percentage from 0.1% to 100%'],
  ['release: {steps: [101]}', '6:21 spec.release.steps[0].weight:', 'a percentage'],
  ['release: {steps: [0.05]}', '6:21 spec.release.steps[0].weight:', 'in tenths'],
  ['release: {steps: [5, 5 %]}', '6:24 spec.release.steps[1].weight:', 'not "5 %"'],
  ['release: {steps: [[5]]}', '6:21 spec.release.steps[0]:', 'a map with the keys weight, for, not a list'],
  ['release: {steps: [null]}', '6:21 spec.release.steps[0]:', 'has no value'],
  ['release: {steps: [{for: 5s}]}', '6:21 spec.release.steps[0].weight:', 'is required'],
  ['release: {steps: [{weight: 5, for: 30}]}', '6:38 spec.release.steps[0].for:', 'a duration from 1s to 7d'],
  ['release: {steps: [{weight: 5, for: 0s}]}', '6:38 spec.release.steps[0].for:', 'a duration from 1s to 7d'],
  ['release: {steps: [{weight: 5, fro: 5s}]}', '6:33 spec.release.steps[0].fro:', 'did you mean "for"?'],
  ['release: {steps: [25, 5]}', '6:20 spec.release.steps:', 'must rise from each step to the next'],
  [
    'release: {objectives: {success: 0.995}}',
    '6:35 spec.release.objectives.success:',
    'like 99.5%, not 0.995',
  ],
  ['release: {objectives: {success: 0.995%}}', '6:35 spec.release.objectives.success:', 'from 50% to 100%'],
  ['release: {objectives: {success: 101%}}', '6:35 spec.release.objectives.success:', 'from 50% to 100%'],
  ['release: {objectives: {sucess: 99%}}', '6:26 spec.release.objectives.sucess:', 'did you mean "success"?'],
  ['release: {objectives: {latency: 500ms}}', '6:35 spec.release.objectives.latency:', 'the keys below, for'],
  [
    'release: {objectives: {latency: {below: 500, for: 99%}}}',
    '6:43 spec.release.objectives.latency.below:',
    'a duration',
  ],
  [
    'release: {objectives: {latency: {below: 2h, for: 99%}}}',
    '6:43 spec.release.objectives.latency.below:',
    'to 60s',
  ],
  [
    'release: {objectives: {latency: {below: 1s}}}',
    '6:35 spec.release.objectives.latency.for:',
    'is required',
  ],
  [
    'release: {objectives: {latency: {below: 1s, for: 0.9}}}',
    '6:52 spec.release.objectives.latency.for:',
    'a percentage',
  ],
  [
    'release: {objectives: {requests: 20}}',
    '6:26 spec.release.objectives.requests:',
    'has moved to spec.release.analysis.thresholds.requests, which chooses fixed objectives',
  ],
  ['release: {objectives: {queries: []}}', '6:26 spec.release.objectives.queries:', 'not supported yet'],
  ['release: {gates: {before: 5}}', '6:20 spec.release.gates:', 'a list of at most 16 gates, like {before'],
  [
    'release: {gates: [{approvers: [ana]}]}',
    '6:21 spec.release.gates[0].before:',
    'is required: promotion, or',
  ],
  ['release: {gates: [{before: promote}]}', '6:30 spec.release.gates[0].before:', 'not "promote"'],
  ['release: {gates: [{before: 5, approvers: ana}]}', '6:44 spec.release.gates[0].approvers:', 'a list of'],
  [
    'release: {gates: [{before: 5, notPusher: yes}]}',
    '6:44 spec.release.gates[0].notPusher:',
    'true or false',
  ],
  [
    'release: {gates: [{before: 5, timeout: 31d}]}',
    '6:42 spec.release.gates[0].timeout:',
    'a duration from 1s',
  ],
  [
    'release: {gates: [{before: 5, hook: {url: "https://ana:x@ci.example"}}]}',
    '6:45 spec.release.gates[0].hook.url:',
    'without credentials',
  ],
  [
    'release: {windows: {allow: [{days: [monday], from: "09:00", to: "17:00"}]}}',
    '6:39 spec.release.windows.allow[0].days[0]:',
    'one of mon, tue',
  ],
  [
    'release: {windows: {deny: [{from: 900, to: "17:00"}]}}',
    '6:37 spec.release.windows.deny[0].from:',
    'like "09:30"',
  ],
  [
    'release: {windows: {deny: [{from: "25:00", to: "17:00"}]}}',
    '6:37 spec.release.windows.deny[0].from:',
    'a time',
  ],
  [
    'release: {windows: {freezes: [{name: a, from: 2026-02-30, until: 2026-03-01}]}}',
    '6:49 spec.release.windows.freezes[0].from:',
    'a date, like 2026-12-24',
  ],
  [
    'release: {onNoTraffic: wait}',
    '6:26 spec.release.onNoTraffic:',
    'must be one of hold, promote, not "wait"',
  ],
  ['release: {bake: 10}', '6:19 spec.release.bake:', 'a duration from 0s to 7d'],
  ['release: {bake: 8d}', '6:19 spec.release.bake:', 'a duration from 0s to 7d'],
  ['release: {bake: -5m}', '6:19 spec.release.bake:', 'a duration from 0s to 7d'],
  ['release: {onFailure: wait}', '6:24 spec.release.onFailure:', 'one of rollback, hold'],
  ['release: {supersede: yes}', '6:24 spec.release.supersede:', 'one of latest, queue, cancel, not "yes"'],
  ['image: nginx', '6:3 spec.image:', 'not supported yet'],
  ['source: {repository: x}', '6:3 spec.source:', 'a push cannot change it'],
  ['policy: {}', '6:3 spec.policy:', 'a push cannot change it'],
  ['onDelete: retire', '6:3 spec.onDelete:', 'a push cannot change it'],
  ['port: 80', '6:3 spec.port:', 'did you mean "spec.run.port"?'],
  ['relaese: {}', '6:3 spec.relaese:', 'did you mean "release"?'],
  ['run: {port: &p 80}', '6:18 ', 'has an anchor'],
  ['run: {port: 80, port: 81}', '6:19 ', 'Map keys must be unique'],
  ['run: {port: !int 80}', '6:15 ', 'Unresolved tag'],
  ['? [a]\n: b', '6:5 ', 'cannot be a key'],
  ['1: b', '6:3 ', 'cannot be a key'],
  ['<<: {run: {port: 1}}', '6:3 spec.<<:', 'unknown key'],
  ['run: {port: "\\u202Egnp"}', '6:15 spec.run.port:', 'not "\\u{202e}gnp"'],
]

// The same below spec.release.analysis.
const wrongAnalysis: readonly (readonly [analysis: string, place: string, says: string])[] = [
  ['{falseRollbackRate: 0%}', '6:43 falseRollbackRate:', 'from 0.01% to 20%, like 1%, not "0%"'],
  ['{falseRollbackRate: 21%}', '6:43 falseRollbackRate:', 'from 0.01% to 20%'],
  ['{falseRollbackRate: 0.01}', '6:43 falseRollbackRate:', 'not 0.01'],
  ['{falseRolbackRate: 1%}', '6:24 falseRolbackRate:', 'did you mean "falseRollbackRate"?'],
  ['{confidence: 100%}', '6:36 confidence:', 'a percentage from 50% to 99.99%, like 95%'],
  ['{confidence: 5%}', '6:36 confidence:', 'a percentage from 50% to 99.99%'],
  ['{tolerance: 0.1pp}', '6:35 tolerance:', 'a map with the keys errors, latency, not "0.1pp"'],
  ['{tolerance: {errors: 0.1%}}', '6:44 tolerance.errors:', 'percentage points from 0pp to 10pp, like 0.1pp'],
  ['{tolerance: {errors: 0.1 pp}}', '6:44 tolerance.errors:', 'not "0.1 pp"'],
  ['{tolerance: {latency: 0.15}}', '6:45 tolerance.latency:', 'a percentage from 0% to 100%, like 15%'],
  ['{promoteWithin: 0.005}', '6:39 promoteWithin:', 'percentage points'],
  ['{risk: {firstRequests: 0}}', '6:46 risk.firstRequests:', 'a whole number from 1'],
  ['{risk: {maxErrorRise: 0pp}}', '6:45 risk.maxErrorRise:', 'from 0.01pp to 50pp'],
  ['{weight: {min: 0%}}', '6:38 weight.min:', 'from 0.1% to 50% in tenths, like 0.1%'],
  ['{weight: {holdback: 60%}}', '6:43 weight.holdback:', 'from 0% to 50%'],
  ['{weight: {unprovenMax: 101}}', '6:46 weight.unprovenMax:', 'from 0.1% to 100%'],
  ['{deadline: 0s}', '6:34 deadline:', 'a duration from 1s to 7d'],
  ['{onDeadline: rollback}', '6:36 onDeadline:', 'must be one of promote, hold, not "rollback"'],
  ['{onInconclusive: wait}', '6:40 onInconclusive:', 'one of hold, rollback, promote'],
  ['{metricsLost: 60s}', '6:37 metricsLost:', 'the keys zeroAfter'],
  ['{metricsLost: {zeroAfter: 0s}}', '6:49 metricsLost.zeroAfter:', 'a duration from 5s to 1h'],
  ['{history: 5m}', '6:33 history:', 'a duration from 10m to 7d'],
  ['{history: 8d}', '6:33 history:', 'a duration from 10m to 7d'],
  ['{warmup: 11m}', '6:32 warmup:', 'a duration from 0s to 10m'],
  ['{interval: 5s}', '6:24 interval:', 'unknown key'],
  ['{slo: {}}', '6:24 slo:', 'unknown key'],
  ['{thresholds: {requests: 0}}', '6:47 thresholds.requests:', 'a whole number'],
  // Each value is fine alone; what is written is where it is told.
  ['{promoteWithin: 0.1pp}', '6:24 promoteWithin:', 'is not above tolerance.errors 0.1pp'],
  ['{tolerance: {errors: 0.6pp}}', '6:36 tolerance.errors:', 'promoteWithin 0.5pp is not above'],
  ['{weight: {unprovenMax: 10%}}', '6:33 weight.unprovenMax:', '10% is below verify 20%'],
  ['{weight: {verify: 60%}}', '6:33 weight.verify:', 'unprovenMax 50% is below verify 60%'],
  ['{weight: {unprovenMax: 96%}}', '6:33 weight.unprovenMax:', 'to at most 95%'],
  ['{weight: {unprovenMax: 60%, holdback: 45%}}', '6:33 weight.unprovenMax:', 'less than holdback 45%'],
  ['{weight: {min: 50%, unprovenMax: 30%}}', '6:33 weight.min:', 'is above unprovenMax 30%'],
  ['{weight: {min: 30%}}', '6:33 weight.min:', 'is above verify 20%'],
  ['{deadline: 30m}', '6:24 deadline:', 'deadline 30m is after maxDuration 25m'],
  ['{maxDuration: 4m}', '6:24 maxDuration:', 'deadline 5m is after maxDuration 4m'],
  ['{thresholds: {}}', '6:24 thresholds:', 'give spec.release.steps'],
]

// What contradicts a list of steps or an objective: the release, the place, and what the message must say.
const contradictory: readonly (readonly [release: string, place: string, says: string])[] = [
  ['{objectives: {success: 100%}}', '6:26 spec.release.objectives.success:', 'like 99.99%'],
  [
    '{objectives: {latency: {below: 1s, for: 100%}}}',
    '6:47 spec.release.objectives.latency.for:',
    'not an objective that can be tested',
  ],
  [
    '{steps: [5], analysis: {thresholds: {}, warmup: 5s}}',
    '6:52 spec.release.analysis.warmup:',
    'would be ignored: with thresholds',
  ],
  [
    '{steps: auto, analysis: {thresholds: {}}}',
    '6:37 spec.release.analysis.thresholds:',
    'give spec.release.steps',
  ],
  ['{steps: [5], analysis: {risk: {}}}', '6:36 spec.release.analysis.risk:', 'the listed steps say how far'],
  ['{steps: [5], analysis: {deadline: 1h}}', '6:36 spec.release.analysis.deadline:', 'would be ignored'],
  [
    '{steps: [5], analysis: {weight: {min: 1%}}}',
    '6:45 spec.release.analysis.weight.min:',
    'would be ignored',
  ],
]

describe('a file that is wrong says where and why', () => {
  it.each(wrongAnalysis)('analysis: %s', (analysis, place, says) => {
    const message = complaint(withSpec(`release: {analysis: ${analysis}}`))
    expect(message).toContain(`slipway.yaml:${place.replace(' ', ' spec.release.analysis.')}`)
    expect(message).toContain(says)
    expect(message).not.toContain('\n')
  })

  it.each(contradictory)('release: %s', (release, place, says) => {
    const message = complaint(withSpec(`release: ${release}`))
    expect(message).toContain(`slipway.yaml:${place}`)
    expect(message).toContain(says)
    expect(message).not.toContain('\n')
  })

  it('in a list of steps tells each of them', () => {
    const message = complaint(withSpec('release: {steps: [{weight: 5, fro: 5s}, 200]}'))
    expect(message).toContain('2 problems')
    expect(message).toContain('spec.release.steps[0].fro: unknown key; did you mean "for"?')
    expect(message).toContain('spec.release.steps[1].weight: must be a percentage')
  })

  it.each(wrong)('%s', (spec, place, says) => {
    const message = complaint(withSpec(spec))
    expect(message).toContain(`slipway.yaml:${place}`)
    expect(message).toContain(says)
    expect(message).not.toContain('\n')
  })

  it.each([
    ['', '1:1 is empty'],
    ['# nothing\n', '1:1 is empty'],
    ['- a\n', '1:1 is not a map'],
    ['shop', '1:1 is not a map'],
    [minimal.replace('v1beta1', 'v2'), '1:13 apiVersion: must be slipway.dev/v1beta1, not "slipway.dev/v2"'],
    [minimal.replace('App', 'Application'), '2:7 kind: must be App'],
    [
      minimal.replace('shop', 'shopp'),
      '4:9 metadata.name: is "shopp", but this repository belongs to the App "shop"',
    ],
    [minimal.replace('shop', 'Shop'), '4:9 metadata.name: must be a name'],
    [
      minimal.replace('  name: shop', '  namespace: kube-system\n  name: shop'),
      '4:14 metadata.namespace: is "kube-system"',
    ],
    [minimal.replace('  name: shop', '  name: shop\n  labels: {}'), '5:3 metadata.labels: unknown key'],
    [`${minimal}toString: 1\n`, '5:1 toString: unknown key; Allowed: apiVersion'],
    ['kind: App\napiVersion: slipway.dev/v1beta1\n', '1:1 metadata: is required'],
    [`${minimal}---\nkind: App\n`, 'is a second document'],
    [`${minimal}x: *a\n`, 'alias'],
    [`a: &a [x]\nb: *a\n`, '1:7 has an anchor'],
    [`${minimal}spec: {`, '5:'],
    [`${minimal}\t- x`, '5:'],
    [`${minimal}#${'x'.repeat(64 * 1024)}`, 'is larger than 64 KiB'],
    [`${minimal}# \uFFFD`, 'is not UTF-8'],
    [`${minimal}# \uD800`, 'is not UTF-8'],
    [`${minimal}# \u0000`, 'control characters'],
    [`a: ${'['.repeat(65)}${']'.repeat(65)}`, 'nested more than 64 levels deep'],
    [Array.from({ length: 1001 }, (_, i) => `k${i}:`).join('\n'), 'has more than 1000 entries'],
    [`${'- '.repeat(30_000)}`, 'nested more than 64 levels deep'],
    [`a: ${'['.repeat(60_000)}`, 'nested more than 64 levels deep'],
    [`a: ${'{a: '.repeat(15_000)}`, 'nested more than 64 levels deep'],
  ])('%.40s', (text, says) => {
    expect(complaint(text)).toContain(says)
  })

  it('tells all problems at once, in the order of the file', () => {
    const message = complaint(withSpec('run: {prot: 1, replicas: no}\nrelease: {bake: soon}\nfoo: 1'))
    expect(message.split('\n')).toEqual([
      '4 problems',
      expect.stringContaining('slipway.yaml:6:9 spec.run.prot:'),
      expect.stringContaining('slipway.yaml:6:28 spec.run.replicas:'),
      expect.stringContaining('slipway.yaml:7:19 spec.release.bake:'),
      expect.stringContaining('slipway.yaml:8:3 spec.foo:'),
    ])
  })

  it('keeps the message short, however much is wrong', () => {
    const message = complaint(withSpec(Array.from({ length: 900 }, (_, i) => `k${i}: ${i}`).join('\n')))
    expect(message).toContain('and 860 more')
    expect(message.length).toBeLessThan(16_000)
  })
})

describe('whatever the text', () => {
  const survives = (text: string) => {
    try {
      parseManifest(text, shop)
    } catch (error) {
      expect(error).toBeInstanceOf(PermanentFailure)
      expect((error as PermanentFailure).reason).toBe('InvalidManifest')
    }
  }

  it('it is parsed or refused as an invalid manifest', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 400 }), survives), { numRuns: 500 })
  })

  it('of YAML’s own signs', () => {
    const signs = fc.constantFrom(
      ...'-:?,[]{}#&*!|>\'"%@` \n\t\r~<=0a',
      ': ',
      '- ',
      '\n  ',
      '---\n',
      '...\n',
      '!!',
      '<<',
    )
    fc.assert(
      fc.property(fc.array(signs, { maxLength: 120 }), (parts) => survives(parts.join(''))),
      { numRuns: 500 },
    )
  })

  it('of the right keys with any values', () => {
    const keys =
      'apiVersion kind metadata name spec run port env release steps weight for bake success latency below'
    const key = fc.constantFrom(...keys.split(' '), '__proto__', 'constructor', 'toString')
    const tree = fc.letrec((tie) => ({
      node: fc.oneof({ maxDepth: 5 }, fc.jsonValue({ maxDepth: 1 }), tie('map'), tie('map')),
      map: fc.dictionary(key, tie('node'), { maxKeys: 4 }),
    })).map
    fc.assert(
      fc.property(tree, (value) => survives(JSON.stringify(value))),
      { numRuns: 500 },
    )
  })
})
