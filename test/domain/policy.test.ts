// The cluster's policy: what it refuses, what it adds to each plan, and that no push gets around it.
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { bakeOf } from '../../domain/analysis.ts'
import { most } from '../../domain/capacity.ts'
import { holds } from '../../domain/hosts.ts'
import { defaultMethod } from '../../domain/judge/method.ts'
import { firstWeight } from '../../domain/judge/ramp.ts'
import { readManifest } from '../../domain/manifest.ts'
import { makePlan } from '../../domain/plan.ts'
import { readPolicy } from '../../domain/policy.ts'

const app = { namespace: 'web', name: 'shop' }
const sha = 'a'.repeat(40)
const page = readFileSync(new URL('../../docs/policy.md', import.meta.url), 'utf8')
const [, example = ''] = /```yaml\n([\s\S]*?)```/.exec(page) ?? []

const file = (spec: unknown) =>
  `apiVersion: slipway.dev/v1beta1\nkind: App\nmetadata:\n  name: shop\nspec: ${JSON.stringify(spec)}\n`
const told = (spec: unknown, policy: unknown): string[] => {
  const read = readManifest(file(spec), app, readPolicy(policy))
  return 'problems' in read ? read.problems.map(({ path, reason }) => `${path}: ${reason}`) : []
}
const planned = (spec: unknown, policy: unknown) => {
  const read = readManifest(file(spec), app, readPolicy(policy))
  if (!('spec' in read)) return undefined
  const commit = { sha, title: '', author: '', committedAt: 0 }
  const source = { repository: 'https://git.example/shop', branch: 'main' }
  return makePlan({ app, seq: 1, sha }, commit, source, read.spec, 1, readPolicy(policy))
}

describe('a policy', () => {
  it('is read as the page shows it', () => {
    const policy = readPolicy(parse(example).spec.policy)
    expect(policy).toMatchObject({ maxFirstWeight: 50, objectives: { success: 0.995 }, forcePush: 'refuse' })
    expect(policy.gates?.[0]).toMatchObject({
      name: 'before-promotion',
      approvers: [{ name: 'ana' }, { name: 'bo', principals: ['user:bo@example.com', 'github:bo'] }],
    })
  })

  it('that is absent allows everything', () => {
    expect(readPolicy(undefined)).toEqual({})
    expect(told({ run: { secrets: ['any'] } }, undefined)).toEqual([])
  })

  it.each([
    [{ host: ['a'] }, 'host is not known; did you mean "hosts"?'],
    [{ maxReplicas: 'many' }, 'maxReplicas must be a whole number'],
    ['all', 'policy must be a map'],
    [{ windows: { timeZone: 'Berlin' } }, 'no time zone is called "Berlin"'],
    [{ people: { bo: ['user:bo'] }, approvers: ['ana'] }, 'ana is named and is not in people'],
    [{ people: { bo: ['user:x'], ana: ['user:x'] } }, 'user:x is two people'],
    [{ approvers: ['ana'], minApprovals: 2 }, 'more than there are approvers'],
    [{ gates: [{ before: 5, approvers: ['ana'], approvals: 2 }] }, 'only 1 may'],
  ])('with a mistake refuses every push: %j', (policy, says) => {
    const [problem] = told({}, policy)
    expect(problem).toContain('cannot be read')
    expect(problem).toContain(says)
  })
})

/** What a file asks of the judge, the loosest that it may, and how it is refused. */
const loosened = [
  [{ falseRollbackRate: '0.1%' }, { falseRollbackRate: '1%' }, 'falseRollbackRate: 0.1% is less than the 1%'],
  [{ confidence: '80%' }, { confidence: '95%' }, 'confidence: 80% is less than the 95%'],
  [
    { tolerance: { errors: '0.4pp' } },
    { tolerance: { errors: '0.1pp' } },
    'errors: 0.4pp is more than the 0.1pp',
  ],
  [{ tolerance: { latency: '50%' } }, { tolerance: { latency: '15%' } }, 'latency: 50% is more than the 15%'],
  [{ promoteWithin: '5pp' }, { promoteWithin: '1pp' }, 'promoteWithin: 5pp is more than the 1pp'],
  [{ risk: { firstRequests: 99 } }, { risk: { firstRequests: 10 } }, 'firstRequests: 99 is more than the 10'],
  [{ risk: { perStepRequests: 99 } }, { risk: { perStepRequests: 30 } }, 'perStepRequests: 99 is more'],
  [
    { risk: { maxErrorRise: '9pp' } },
    { risk: { maxErrorRise: '3pp' } },
    'maxErrorRise: 9pp is more than the 3pp',
  ],
  [
    { weight: { unprovenMax: '80%' } },
    { weight: { unprovenMax: '50%' } },
    'unprovenMax: 80% is more than the 50%',
  ],
  [{ weight: { verify: '40%' } }, { weight: { verify: '20%' } }, 'verify: 40% is more than the 20%'],
  [{ weight: { holdback: '0%' } }, { weight: { holdback: '5%' } }, 'until promotion, 0% is less than the 5%'],
  [{ deadline: '10s' }, { deadline: '5m' }, 'deadline: 10s is less than the 5m'],
  [{}, { onDeadline: 'hold' }, 'onDeadline: promote may not be chosen: the App’s policy allows hold'],
  [{ maxDuration: '6m' }, { maxDuration: '25m' }, 'maxDuration: 6m is less than the 25m'],
  [{ onInconclusive: 'promote' }, { onInconclusive: 'hold' }, 'the App’s policy allows rollback, hold'],
  [
    { metricsLost: { zeroAfter: '1h' } },
    { metricsLost: { zeroAfter: '60s' } },
    'zeroAfter: 1h is more than the 1m',
  ],
  [{ warmup: '10m' }, { warmup: '5s' }, 'warmup: 10m is more than the 5s'],
] as const

describe('a push that asks for more is refused where it does', () => {
  it.each<readonly [spec: unknown, policy: unknown, says: string]>([
    [{ route: { hosts: ['bank.example.com'] } }, { hosts: ['*.shop.example'] }, 'spec.route.hosts[0]: bank'],
    [{ route: { hosts: ['a.io'], preview: ['b.io'] } }, { hosts: ['a.io'] }, 'spec.route.preview[0]: b.io'],
    [{}, { hosts: ['a.io'] }, 'names no host'],
    [
      { run: { secrets: ['bank-db'] } },
      { secrets: ['shop-db'] },
      'spec.run.secrets[0]: bank-db may not be used',
    ],
    [{ run: { config: [{ name: 'b', mount: '/b' }] } }, { config: [] }, 'allows none'],
    [
      { release: { gates: [{ before: 50, hook: { url: 'https://10.0.0.7:8443/ask' } }] } },
      { hooks: ['ci.example.com', '*.hooks.example.com'] },
      'spec.release.gates[0].hook.url: 10.0.0.7 may not be asked: the App’s policy allows ci.example.com',
    ],
    [
      { release: { gates: [{ before: 50, hook: { url: 'http://ci.example.com' } }] } },
      { hooks: [] },
      'allows none',
    ],
    [{ release: { strategy: 'immediate' } }, { strategies: ['canary'] }, 'spec.release.strategy: immediate'],
    [{ release: { strategy: 'blue-green' } }, { maxFirstWeight: '5%' }, 'begins, as blue-green, with 100%'],
    [{ release: { steps: [10, 50] } }, { maxFirstWeight: '5%' }, 'spec.release.steps[0]: begins with 10%'],
    [{ release: { analysis: { weight: { min: '6%' } } } }, { maxFirstWeight: '5%' }, 'begins with 6%'],
    [{ run: { replicas: 9 } }, { maxReplicas: 4 }, 'spec.run.replicas: 9 pods are more'],
    [{ run: { autoscale: { min: 1, max: 9 } } }, { maxReplicas: 4 }, 'lower max to 4'],
    [
      { release: { objectives: { success: '99%' } } },
      { objectives: { success: '99.9%' } },
      '99% is less than the 99.9%',
    ],
    [{}, { objectives: { latency: { below: '500ms', for: '99%' } } }, 'at least {below: 500ms, for: 99%}'],
    [{ release: { bake: '1s' } }, { bake: '10m' }, 'spec.release.bake: 1s is less than the 10m'],
    [{ release: { onFailure: 'hold' } }, { onFailure: 'rollback' }, 'spec.release.onFailure: hold may not'],
    [{ release: { onNoTraffic: 'promote' } }, { onNoTraffic: 'hold' }, 'the App’s policy allows hold'],
    ...loosened.map(
      ([analysis, most, says]) => [{ release: { analysis } }, { analysis: most }, says] as const,
    ),
    [
      { release: { steps: [5, 50], analysis: { thresholds: { looks: 100 } } } },
      { analysis: { thresholds: { looks: 3 } } },
      'spec.release.analysis.thresholds.looks: 100 is more than the 3',
    ],
    [
      { release: { steps: [5, 50], analysis: { thresholds: { requests: 100 } } } },
      { analysis: { thresholds: { requests: 20 } } },
      'thresholds.requests: 100 is more than the 20',
    ],
    [
      { release: { steps: [5, 50], analysis: { thresholds: {} } } },
      { analysis: { warmup: '5s' } },
      'spec.release.analysis.thresholds: fixed thresholds may not be chosen',
    ],
    [
      { release: { strategy: 'immediate' } },
      { analysis: { warmup: '5s' } },
      'spec.release.strategy: immediate may not be chosen: fixed thresholds judge it',
    ],
    [
      { release: { strategy: 'blue-green' } },
      { analysis: { thresholds: { looks: 2 } } },
      'thresholds.looks: 3 is more than the 2',
    ],
    [
      { release: { steps: [{ weight: 5, for: '10s' }] } },
      { analysis: { deadline: '1m' } },
      'spec.release.steps: the steps below full together take 10s is less',
    ],
    [
      { release: { steps: [5, 90] } },
      { analysis: { weight: { unprovenMax: '50%' } } },
      'spec.release.steps[1]: 90% is more than a canary may hold before it is due',
    ],
    [
      { release: { steps: [5, 100] } },
      { analysis: { weight: { holdback: '5%' } } },
      'spec.release.steps[1]: what stable keeps until promotion, 0%',
    ],
    [{}, { minApprovals: 1 }, 'no gate asks for an approval'],
    [{ release: { gates: [{ before: 5, otherwise: 'pass' }] } }, { minApprovals: 1 }, 'no gate asks'],
    [
      { release: { gates: [{ before: 5, approvers: ['kim'] }] } },
      { approvers: ['ana'] },
      'kim may not approve',
    ],
    [
      { release: { gates: [{ before: 5, approvers: ['kim'] }] } },
      { people: { ana: ['user:ana'] } },
      'does not know kim',
    ],
    [
      { release: { gates: [{ before: 5, approvers: ['ana', 'github:ana'], approvals: 2 }] } },
      { people: { ana: ['user:ana', 'github:ana'] } },
      'they are only ana',
    ],
  ])('%j under %j', (spec, policy, says) => {
    expect(told(spec, policy).join('\n')).toContain(says)
  })
})

it('names its line and its column', () => {
  const text = `${file({}).replace('{}', '')}
  release:
    steps: [5, 50]
    analysis:
      thresholds:
        looks: 100
`
  const read = readManifest(text, app, readPolicy({ analysis: { thresholds: { looks: 3 } } }))
  expect(read).toMatchObject({
    problems: [{ line: 11, column: 9, path: 'spec.release.analysis.thresholds.looks' }],
  })
})

it.each([
  [
    { bake: '1h', onFailure: 'rollback', onNoTraffic: 'hold' },
    { bake: '10m', onFailure: 'hold', onNoTraffic: 'promote' },
  ],
  [
    {
      analysis: {
        falseRollbackRate: '2%',
        confidence: '99%',
        deadline: '10m',
        warmup: '0s',
        onInconclusive: 'rollback',
      },
    },
    {
      analysis: {
        falseRollbackRate: '1%',
        confidence: '95%',
        deadline: '5m',
        warmup: '5s',
        onInconclusive: 'hold',
      },
    },
  ],
  [{ steps: [5, 50], analysis: { thresholds: { looks: 2 } } }, { analysis: { thresholds: {} } }],
  [{ steps: [{ weight: 5, for: '5m' }] }, { analysis: { deadline: '5m', risk: { firstRequests: 1 } } }],
  [{ steps: [5, { weight: 100, for: '1h' }], bake: '1s' }, { bake: '1h' }],
  [{ strategy: 'blue-green' }, { analysis: { deadline: '5m', thresholds: { looks: 3, requests: 20 } } }],
])('what is as strict or stricter passes: %j under %j', (release, policy) => {
  expect(told({ release }, policy)).toEqual([])
})

describe('a plan under a policy', () => {
  it('has the policy’s gates and windows beside the file’s', () => {
    const plan = planned(
      {
        release: {
          gates: [{ before: 'promotion' }, { before: 'promotion', hook: { url: 'https://ci.example' } }],
          windows: { timeZone: 'Asia/Tokyo' },
        },
      },
      { gates: [{ before: 5 }, { before: 'promotion', notPusher: true }], approvers: ['ana'], windows: {} },
    )
    expect(plan?.gates?.map(({ name, kind, timeout }) => [name, kind, timeout])).toEqual([
      ['before-5', 'approval', 86_400_000],
      ['before-promotion', 'approval', 86_400_000],
      ['before-promotion-2', 'approval', 86_400_000],
      ['before-promotion-3', 'hook', 600_000],
    ])
    const people = plan?.gates?.flatMap((gate) => (gate.kind === 'approval' ? gate.approvers : []))
    expect(people).toEqual(Array(3).fill({ name: 'ana', principals: ['user:ana'] }))
    expect(plan?.windows?.map(({ timeZone }) => timeZone)).toEqual(['Asia/Tokyo', 'UTC'])
  })
})

it.each([
  ['*.example.com', 'a.example.com', true],
  ['*.example.com', 'a.b.example.com', true],
  ['*.example.com', '*.b.example.com', true],
  ['*.example.com', '*.example.com', true],
  ['*.example.com', 'example.com', false],
  ['*.example.com', 'badexample.com', false],
  ['a.example.com', '*.example.com', false],
  ['*.b.example.com', '*.example.com', false],
])('%s holds %s: %s', (allowed, host, is) => expect(holds(allowed, host)).toBe(is))

describe('whatever the policy and the file', () => {
  const names = fc.subarray(['a', 'b', 'c'])
  const hosts = fc.subarray(['a.io', 'x.a.io', '*.a.io', 'b.io'], { minLength: 1 })
  const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })
  const tenths = fc.integer({ min: 1, max: 500 }).map((n) => `${n / 10}%`)
  const gate = fc.record({
    before: fc.constantFrom(5, 50, 'promotion'),
    approvals: fc.integer({ min: 1, max: 2 }),
    otherwise: fc.constantFrom('abort', 'pass'),
    approvers: fc.subarray(['ana', 'bo', 'kim']),
  })
  const policies = fc.record({
    hosts: maybe(hosts),
    secrets: maybe(names),
    maxReplicas: maybe(fc.integer({ min: 1, max: 5 })),
    maxFirstWeight: maybe(tenths),
    minApprovals: maybe(fc.constantFrom(1, 2)),
    approvers: maybe(fc.constant(['ana', 'bo'])),
    gates: maybe(
      fc.array(
        gate.map((one) => ({ ...one, approvers: [] })),
        { maxLength: 2 },
      ),
    ),
    objectives: maybe(fc.constant({ success: '99%' })),
    bake: maybe(fc.constantFrom('10s', '10m')),
    onNoTraffic: maybe(fc.constantFrom('hold', 'promote')),
    onFailure: maybe(fc.constantFrom('rollback', 'hold')),
    analysis: maybe(
      fc.record(
        {
          falseRollbackRate: fc.constantFrom('0.5%', '1%'),
          promoteWithin: fc.constantFrom('0.5pp', '1pp'),
          deadline: fc.constantFrom('30s', '5m'),
          weight: fc.constantFrom({ unprovenMax: '20%' }, { holdback: '5%' }),
          onInconclusive: fc.constantFrom('rollback', 'hold', 'promote'),
          thresholds: fc.constantFrom({}, { looks: 3 }, { requests: 20, looks: 2 }),
        },
        { requiredKeys: [] },
      ),
    ),
  })
  const looseness = fc.record(
    {
      bake: fc.constantFrom('1s', '1m', '1h'),
      onNoTraffic: fc.constantFrom('hold', 'promote'),
      onFailure: fc.constantFrom('rollback', 'hold'),
      strategy: fc.constantFrom('canary', 'immediate'),
      analysis: fc.oneof(
        fc.record(
          {
            falseRollbackRate: fc.constantFrom('0.1%', '1%', '2%'),
            promoteWithin: fc.constantFrom('0.5pp', '5pp'),
            deadline: fc.constantFrom('10s', '5m'),
            weight: fc.constantFrom({ unprovenMax: '20%' }, { holdback: '0%' }),
            onInconclusive: fc.constantFrom('rollback', 'hold', 'promote'),
          },
          { requiredKeys: [] },
        ),
        fc.record({
          thresholds: fc.record({ requests: fc.constantFrom(10, 100), looks: fc.constantFrom(1, 3, 100) }),
        }),
      ),
    },
    { requiredKeys: [] },
  )
  const files = fc.record({
    hosts: fc.oneof(fc.constant([]), hosts),
    secrets: names,
    replicas: fc.integer({ min: 1, max: 5 }),
    steps: fc.oneof(
      fc.constant('auto'),
      tenths.map((first) => [first, 100]),
    ),
    gates: fc.array(gate, { maxLength: 2 }),
    success: fc.constantFrom('98%', '99%', '99.5%'),
  })

  it('a plan that is made judges no looser than the policy', () => {
    let made = 0
    fc.assert(
      fc.property(
        policies,
        looseness,
        fc.constantFrom('auto', [5, 25], [5, 60, 100]),
        (policy, loose, steps) => {
          const { bake, onNoTraffic, onFailure, analysis } = policy
          const listed = loose.strategy === 'immediate' ? {} : { steps }
          const plan = planned(
            { release: { ...loose, ...listed } },
            JSON.parse(JSON.stringify({ bake, onNoTraffic, onFailure, analysis })),
          )
          if (!plan) return
          made += 1
          const { judge, spec } = plan
          const { release } = spec
          const least = readPolicy(JSON.parse(JSON.stringify({ bake, analysis })))
          expect(bakeOf(release)).toBeGreaterThanOrEqual(least.bake ?? 0)
          if (onNoTraffic === 'hold') expect(release.onNoTraffic).toBe('hold')
          if (onFailure === 'rollback') expect(release.onFailure ?? 'rollback').toBe('rollback')
          if (!analysis || !judge) return
          if (judge.kind === 'thresholds') {
            expect(analysis.thresholds).toBeDefined()
            expect(judge.looks).toBeLessThanOrEqual(least.analysis?.thresholds?.looks ?? 100)
            expect(judge.requests).toBeLessThanOrEqual(least.analysis?.thresholds?.requests ?? 100)
            return
          }
          const { method } = judge
          const { falseRollbackRate = 0, promoteWithin = 1, deadline = 0, weight = {} } = least.analysis ?? {}
          expect(method.alpha).toBeGreaterThanOrEqual(falseRollbackRate)
          expect(method.errorMargin).toBeLessThanOrEqual(promoteWithin)
          expect(method.deadline * 1000).toBeGreaterThanOrEqual(deadline)
          expect(1 - method.fullWeight).toBeGreaterThanOrEqual((weight.holdback ?? 0) / 1000 - 1e-9)
          if (judge.kind === 'ramp')
            expect(method.unprovenMax * 1000).toBeLessThanOrEqual(weight.unprovenMax ?? 1000)
          for (const step of plan.steps)
            if (step.weight < 1000) expect(step.weight).toBeLessThanOrEqual(weight.unprovenMax ?? 1000)
          if (analysis.onInconclusive === 'rollback') expect(method.onInconclusive).toBe('rollback')
          if (analysis.onInconclusive === 'hold') expect(method.onInconclusive).not.toBe('promote')
        },
      ),
      { numRuns: 300 },
    )
    expect(made).toBeGreaterThan(5)
  })

  it('a plan that is made keeps the policy', () => {
    fc.assert(
      fc.property(policies, files, (policy, { hosts: own, secrets, replicas, steps, gates, success }) => {
        const written = JSON.parse(JSON.stringify(policy))
        const plan = planned(
          {
            run: { replicas, secrets },
            route: { hosts: own },
            release: { steps, gates, objectives: { success } },
          },
          written,
        )
        if (!plan) return
        const { spec, judge, steps: planSteps, gates: all = [] } = plan
        const { hosts: allowed, secrets: usable, minApprovals = 0, approvers } = policy
        if (allowed) {
          expect(spec.route.hosts).not.toEqual([])
          for (const host of spec.route.hosts) expect(allowed.some((one) => holds(one, host))).toBe(true)
        }
        if (usable) for (const { name } of spec.run.secrets ?? []) expect(usable).toContain(name)
        expect(most(spec.run)).toBeLessThanOrEqual(policy.maxReplicas ?? 5)
        if (policy.objectives) expect(spec.release.objectives.success).toBeGreaterThanOrEqual(0.99)
        const asked = all.flatMap((one) => (one.kind === 'approval' ? [one] : []))
        if (minApprovals > 0)
          expect(asked.some((one) => one.approvals >= minApprovals && one.otherwise === 'abort')).toBe(true)
        if (approvers)
          for (const one of asked) for (const { name } of one.approvers) expect(approvers).toContain(name)
        expect(asked.length).toBeGreaterThanOrEqual(policy.gates?.length ?? 0)
        const limit = Number.parseFloat(policy.maxFirstWeight ?? '100%') / 100
        const rates = [undefined, 0.1, 1, 10, 100]
        const begins =
          judge?.kind === 'ramp'
            ? rates.map((rate) =>
                firstWeight({ method: judge.method, baseline: { rate, interval: 5 } } as never),
              )
            : [(planSteps[0]?.weight ?? 1000) / 1000]
        for (const begin of begins) expect(begin).toBeLessThanOrEqual(limit + 1e-9)
      }),
      { numRuns: 300 },
    )
    expect(defaultMethod.rungSlack).toBeGreaterThan(1)
  })
})
