// What a push of a file would do: decided from the file and from what is seen, without a cluster.
import { describe, expect, it } from 'vitest'
import { readManifest } from '../../domain/manifest.ts'
import { lookAhead, type Outlook, type Seen } from '../../domain/outlook.ts'
import { readPolicy } from '../../domain/policy.ts'
import { aRevision, aRun, fakeImage, fakeSha } from '../contract/fixtures.ts'

const app = { namespace: 'default', name: 'shop' }
const now = Date.UTC(2026, 2, 1, 12)
const stable = aRevision(app, 'stable', { release: 'shop-7', run: aRun({ env: { LOG_LEVEL: 'info' } }) })
const route = {
  hosts: ['shop.example.com'],
  weights: [{ revision: stable.name, weight: 1000 }],
  stable: stable.name,
  epoch: { seq: 7, n: 3 },
}

const nothing: Seen = {
  app,
  busy: { rejected: [] },
  revisions: [],
  served: [],
  seq: 0,
  config: [],
  taken: [],
  metered: { answer: { kind: 'not asked', why: 'no address' }, query: (bounds) => `counters ${bounds}` },
}
const running: Seen = {
  ...nothing,
  revisions: [stable],
  stable,
  stableAlive: true,
  route,
  served: [stable.name],
  seq: 7,
}

const file = (run: string, rest = 'release: {}') =>
  `apiVersion: slipway.dev/v1beta1\nkind: App\nmetadata: {name: shop}\nspec:\n  run: ${run}\n  route: {hosts: [shop.example.com]}\n  ${rest}\n`
const same =
  '{port: 8080, replicas: 1, env: {LOG_LEVEL: info}, resources: {cpu: 20m, memory: 64Mi}, health: /healthz}'

function told(text: string, seen: Seen, sha?: string) {
  const read = readManifest(text, app, seen.policy)
  if ('problems' in read) return read
  return lookAhead(text, { spec: read.spec, ...(sha !== undefined && { sha }) }, seen, now)
}

function ahead(text: string, seen: Seen, sha?: string): Outlook {
  const answer = told(text, seen, sha)
  if ('outlook' in answer) return answer.outlook
  throw new Error(`refused: ${JSON.stringify(answer.problems)}`)
}

describe('the first push', () => {
  it('is not judged, and no gate is asked', () => {
    const outlook = ahead(file(same, 'release: {gates: [{before: 50}]}'), nothing)
    expect(outlook).toMatchObject({
      release: 'shop-1',
      next: { kind: 'begins' },
      unjudged: 'first',
      changes: [],
      afterwards: { kept: [], removed: [] },
    })
    expect(outlook).not.toHaveProperty('stable')
    expect(outlook.gates.map(({ name }) => name)).toEqual(['before-50'])
  })
})

describe('a change', () => {
  it('is told by key, with what was and what will be', () => {
    const run = same
      .replace('LOG_LEVEL: info', 'LOG_LEVEL: debug, MODE: fast')
      .replace('replicas: 1', 'replicas: 3')
    const { changes, release, surge } = ahead(
      file(run).replace('[shop.example.com]', '[www.example.com]'),
      running,
    )
    expect(changes).toEqual([
      { what: 'run.env.LOG_LEVEL', from: 'info', to: 'debug' },
      { what: 'run.env.MODE', to: 'fast' },
      { what: 'run.replicas', from: 1, to: 3 },
      { what: 'route.hosts', from: ['shop.example.com'], to: ['www.example.com'] },
    ])
    expect(release).toBe('shop-8')
    expect(surge).toEqual({ pods: 3, cpu: '60m', memory: '192Mi' })
  })

  it('of nothing is said to be none, and is released all the same', () => {
    expect(ahead(file(same), running)).toMatchObject({ changes: [], next: { kind: 'begins' } })
  })

  it('of hosts is not told where the route may not be seen', () => {
    const { route: _, ...seen } = running
    expect(ahead(file(same).replace('[shop.example.com]', '[www.example.com]'), seen).changes).toEqual([])
  })

  it('of what a Secret holds is told by the names of its copies alone', () => {
    const before = { kind: 'Secret', name: 'db', copy: 'db-11111111' } as const
    const with_ = { ...stable, config: [before], run: { ...stable.run, secrets: [{ name: 'db' }] } }
    const seen: Seen = {
      ...running,
      revisions: [with_],
      stable: with_,
      config: [{ kind: 'Secret', name: 'db', keys: ['PASSWORD'], copy: 'db-22222222' }],
    }
    const { changes } = ahead(file(same.replace('health', 'secrets: [db], health')), seen)
    expect(changes).toEqual([{ what: 'the content of Secret db', from: 'db-11111111', to: 'db-22222222' }])
  })
})

describe('the revision', () => {
  const full = file(same)

  it('has a name as far as it can be known: not before its image is built', () => {
    expect(ahead(full, running).canary).toMatchObject({ name: 'shop-???????-????' })
    expect(ahead(full, running).canary).not.toHaveProperty('sha')
    const sha = fakeSha('new')
    expect(ahead(full, running, sha).canary).toMatchObject({ name: `shop-${sha.slice(0, 7)}-????`, sha })
  })

  it('is known whole where its commit was built before', () => {
    const [first, second] = ['LOG_LEVEL: a', 'LOG_LEVEL: b'].map((env) =>
      ahead(file(same.replace('LOG_LEVEL: info', env)), running, stable.sha),
    )
    expect(first?.canary).toMatchObject({ image: fakeImage('stable') })
    expect(first?.canary.name).toMatch(new RegExp(`^shop-${stable.sha.slice(0, 7)}-[0-9a-f]{4}$`))
    expect(first?.canary.name).not.toBe(second?.canary.name)
  })

  it('is not known where its configuration is not', () => {
    const seen: Seen = { ...running, config: [{ kind: 'Secret', name: 'db', unseen: 'you may not' }] }
    const text = file(same.replace('health', 'secrets: [db], health'))
    expect(ahead(text, seen, stable.sha).canary.name).toBe(`shop-${stable.sha.slice(0, 7)}-????`)
  })
})

describe('a refusal', () => {
  it('by the policy stands where the file asks for it', () => {
    const seen = { ...running, policy: readPolicy({ hosts: ['*.acme.example'], maxReplicas: 2 }) }
    const answer = told(file('{replicas: 3}'), seen)
    expect(answer).toMatchObject({
      problems: [
        { line: 5, column: 9, path: 'spec.run.replicas', reason: expect.stringContaining('3 pods are more') },
        {
          line: 6,
          column: 19,
          path: 'spec.route.hosts[0]',
          reason: expect.stringContaining('may not be served'),
        },
      ],
    })
  })

  it('of a host that another App serves, and of what is missing, stands there too', () => {
    const problem = 'cannot use ConfigMap b in default: it does not exist; create it'
    const seen: Seen = {
      ...running,
      taken: [{ host: 'shop.example.com', app: { namespace: 'web', name: 'other' } }],
      config: [
        { kind: 'ConfigMap', name: 'a', keys: [] },
        { kind: 'ConfigMap', name: 'b', problem },
      ],
    }
    expect(told(file('{config: [a, b]}'), seen)).toEqual({
      problems: [
        { line: 5, column: 21, path: 'spec.run.config[1]', reason: problem },
        {
          line: 6,
          column: 19,
          path: 'spec.route.hosts[0]',
          reason:
            'shop.example.com is served by the App web/other already; take another host, or remove it there',
        },
      ],
    })
  })

  it('of a latency that the gateway does not count by stands there', () => {
    const history = {
      bounds: [0.1, 1],
      readings: [0, 1].map((i) => ({
        at: now - 60_000 * (2 - i),
        counts: [
          {
            revision: stable.name,
            instance: 'a',
            at: 0,
            requests: 9 * i,
            errors: 0,
            timed: 9 * i,
            within: [i, i],
          },
        ],
        route: [],
      })),
    }
    const seen: Seen = { ...running, metered: { ...nothing.metered, answer: { kind: 'answered', history } } }
    const text = file(same, 'release: {objectives: {latency: {below: 500ms, for: 99%}}}')
    expect(told(text, seen)).toMatchObject({
      problems: [
        {
          line: 7,
          column: 43,
          reason: expect.stringContaining('the gateway counts only answers below 0.1, 1 s'),
        },
      ],
    })
  })
})

describe('the end', () => {
  const older = aRevision(app, 'older', { release: 'shop-5' })
  const oldest = aRevision(app, 'oldest', { release: 'shop-3' })
  const seen: Seen = { ...running, revisions: [oldest, older, stable], kept: [older.name, oldest.name] }

  it.each([
    ['{}', [older.name, stable.name], [oldest.name]],
    ['{keep: 0}', [], [stable.name, oldest.name, older.name]],
    ['{keep: 10}', [oldest.name, older.name, stable.name], []],
  ])('with %s keeps what it says, and names what goes', (release, kept, removed) => {
    expect(ahead(file(same, `release: ${release}`), seen).afterwards).toEqual({ kept, removed })
  })
})

describe('the way', () => {
  it('of the ramp has its rungs, its full weight and its bake', () => {
    expect(ahead(file(same), running).course).toEqual({
      strategy: 'canary',
      weights: { kind: 'ramp', rungs: [1, 10, 50, 100, 200, 500], deadline: 300_000 },
      judge: { kind: 'sequential test' },
      full: 950,
      bake: 600_000,
    })
  })

  it('begins no higher than the policy allows', () => {
    const seen: Seen = {
      ...running,
      policy: { maxFirstWeight: 10 },
      metered: { ...nothing.metered, rate: 0.5 },
    }
    expect(ahead(file(same), seen).expected?.first).toBe(10)
    expect(ahead(file(same), { ...seen, policy: {} }).expected?.first).toBe(100)
  })

  it('of listed steps has them; a step at full is the bake', () => {
    const { course } = ahead(
      file(same, 'release: {steps: [5, {weight: 50, for: 2m}, {weight: 100, for: 1h}]}'),
      running,
    )
    expect(course).toMatchObject({
      weights: {
        kind: 'steps',
        steps: [
          { weight: 50, for: 30_000 },
          { weight: 500, for: 120_000 },
        ],
      },
      full: 1000,
      bake: 3_600_000,
    })
  })

  it('of fixed thresholds and of all at once says by what it is judged', () => {
    const fixed = 'release: {steps: [5, 50], analysis: {thresholds: {requests: 7, looks: 2}}}'
    expect(ahead(file(same, fixed), running).course.judge).toEqual({
      kind: 'thresholds',
      requests: 7,
      looks: 2,
    })
    expect(ahead(file(same, 'release: {strategy: immediate}'), running).course).toMatchObject({
      strategy: 'immediate',
      weights: { kind: 'at-once' },
      judge: { kind: 'thresholds', requests: 20, looks: 3 },
      full: 1000,
    })
  })

  it('is an emergency when nothing of stable is ready', () => {
    expect(ahead(file(same), { ...running, stableAlive: false }).unjudged).toBe('emergency')
    expect(ahead(file(same), running)).not.toHaveProperty('unjudged')
  })

  it('has the gates of the file and of the policy, in the order in which they are reached', () => {
    const policy = readPolicy({
      gates: [{ before: 'promotion', hook: { url: 'https://x.example/a?key=s3cret' } }],
    })
    const { gates } = ahead(
      file(same, 'release: {gates: [{before: 50, approvers: [ana, bo], approvals: 2}]}'),
      {
        ...running,
        policy,
      },
    )
    expect(gates).toEqual([
      {
        name: 'before-50',
        kind: 'approval',
        before: 500,
        approvers: ['ana', 'bo'],
        approvals: 2,
        notPusher: false,
        timeout: 86_400_000,
        otherwise: 'abort',
        asks: 'waits for 2 approvals of ana, bo; after 1d it is taken back',
      },
      {
        name: 'before-promotion',
        kind: 'hook',
        before: 'promotion',
        timeout: 600_000,
        otherwise: 'abort',
        asks: 'asking x.example',
      },
    ])
    expect(JSON.stringify(gates)).not.toContain('s3cret')
  })

  it('says when closed windows open next, and which freezes are still to come', () => {
    // The first of March 2026 is a Sunday.
    const windows = `{timeZone: UTC, allow: [{days: [mon], from: "09:00", to: "16:00"}], freezes: [
      {name: past, from: 2025-12-20, until: 2026-01-03}, {name: easter, from: 2026-04-02, until: 2026-04-07}]}`
    expect(ahead(file(same, `release: {windows: ${windows}}`), running).windows).toEqual({
      now: {
        open: false,
        why: 'weight rises only on mon 09:00–16:00 (UTC)',
        until: Date.UTC(2026, 2, 2, 9),
      },
      timeZones: ['UTC'],
      freezes: [{ name: 'easter', from: Date.UTC(2026, 3, 2), until: Date.UTC(2026, 3, 7) }],
    })
    expect(ahead(file(same), running)).not.toHaveProperty('windows')
  })
})
