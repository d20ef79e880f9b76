// The cluster's policy: what it refuses, what it adds to each plan, and that no push gets around it.
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
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

describe('a push that asks for more is refused where it does', () => {
  it.each([
    [{ route: { hosts: ['bank.example.com'] } }, { hosts: ['*.shop.example'] }, 'spec.route.hosts[0]: bank'],
    [{ route: { hosts: ['a.io'], preview: ['b.io'] } }, { hosts: ['a.io'] }, 'spec.route.preview[0]: b.io'],
    [{}, { hosts: ['a.io'] }, 'names no host'],
    [
      { run: { secrets: ['bank-db'] } },
      { secrets: ['shop-db'] },
      'spec.run.secrets[0]: bank-db may not be used',
    ],
    [{ run: { config: [{ name: 'b', mount: '/b' }] } }, { config: [] }, 'allows none'],
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
  })
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
