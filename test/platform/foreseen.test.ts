// The objects that a release would touch: from the functions that make them.
import { describe, expect, it } from 'vitest'
import { AppSpec } from '../../domain/app.ts'
import { lookAhead, type Seen } from '../../domain/outlook.ts'
import { foresee } from '../../platform/foreseen.ts'
import { aRevision, aRun } from '../contract/fixtures.ts'

const app = { namespace: 'default', name: 'shop' }
const autoscale = { min: 2, max: 9, cpu: 70 }
const copy = { kind: 'ConfigMap', name: 'settings', copy: 'settings-11111111' } as const
const stable = aRevision(app, 'stable', { run: aRun({ autoscale }), config: [copy] })
const seen: Seen = {
  app,
  busy: { rejected: [] },
  revisions: [stable],
  stable,
  served: [stable.name],
  seq: 1,
  config: [{ ...copy, keys: ['A', 'B'] }],
  taken: [],
  metered: { answer: { kind: 'not asked', why: '' }, query: () => '' },
}

function foreseenFrom(all: Seen, spec: object, sha?: string) {
  const parsed = AppSpec.parse(spec)
  const answer = lookAhead('a: {}', { spec: parsed, ...(sha !== undefined && { sha }) }, all, 0)
  if (!('outlook' in answer)) throw new Error(JSON.stringify(answer.problems))
  const { scale = 'full' } = parsed.release
  return foresee(answer.outlook, all, { scale, ...parsed.route })
}
const foreseen = (spec: object, more: Partial<Seen> = {}, sha?: string) =>
  foreseenFrom({ ...seen, ...more }, { run: { config: ['settings'] }, ...spec }, sha)
const of = (list: ReturnType<typeof foreseen>, kind: string) =>
  list.filter((one) => one.kind === kind).map(({ does, name, what }) => [does, name, what])

describe('objects', () => {
  it('of the new revision are made; its autoscaler too', () => {
    const run = { config: ['settings'], autoscale: { min: 3, max: 9 } }
    const list = foreseen({ run })
    expect(of(list, 'Service')).toEqual([['create', 'shop-???????-????', 'port 80 → 8080']])
    expect(of(list, 'HorizontalPodAutoscaler')[0]).toEqual(['create', 'shop-???????-????', '3 to 9 pods'])
    expect(of(list, 'Deployment')[0]?.[2]).toMatch(/^3 pods, each/)
    expect(of(foreseen({ run, release: { scale: 'follow' } }), 'Deployment')[0]?.[2]).toMatch(
      /^1 pod at first, each/,
    )
  })

  it('that are there already are kept: the revision of a commit that was built, and copies of the same content', () => {
    const run = { ...stable.run, config: ['settings'] }
    const first = foreseen({ run }, {}, stable.sha)
    const [, name = ''] = of(first, 'Service')[0] ?? []
    expect(
      of(foreseen({ run }, { revisions: [stable, { ...stable, name }] }, stable.sha), 'Service'),
    ).toEqual([['keep', name, 'port 80 → 8080']])
    expect(of(first, 'ConfigMap')).toEqual([
      ['keep', 'settings-11111111', `copy of settings for ${name}; its keys: A, B`],
    ])
  })

  it('whose content changed are new, and are not foretold where they may not be seen', () => {
    const changed = foreseen({}, { config: [{ ...copy, copy: 'settings-22222222', keys: [] }] })
    expect(of(changed, 'ConfigMap')[0]?.slice(0, 2)).toEqual(['create', 'settings-22222222'])
    const hidden = foreseen({}, { config: [{ kind: 'ConfigMap', name: 'settings', unseen: 'you may not' }] })
    expect(of(hidden, 'ConfigMap')[0]?.slice(0, 2)).toEqual(['unsure', 'settings-????????'])
  })

  it('of what is stopped stay, but for its autoscaler, which would start it again', () => {
    const list = foreseen({}).filter(({ name }) => name === stable.name)
    expect(list.map(({ does, kind }) => [does, kind])).toEqual([
      ['stop', 'Deployment'],
      ['remove', 'HorizontalPodAutoscaler'],
    ])
  })

  it('of what leaves go with it: its autoscaler as well', () => {
    const list = foreseen({ release: { keep: 0 } })
    expect(list.filter(({ does }) => does === 'remove').map(({ kind, name }) => [kind, name])).toEqual([
      ['Service', stable.name],
      ['Deployment', stable.name],
      ['HorizontalPodAutoscaler', stable.name],
    ])
    expect(list.filter(({ does }) => does === 'stop')).toEqual([])
  })
})

describe('the routes', () => {
  it('are the App’s own alone in its first release', () => {
    const { stable: _, ...first } = seen
    const list = foreseenFrom({ ...first, revisions: [], config: [] }, {})
    expect(of(list, 'HTTPRoute')).toEqual([
      ['create', 'shop', 'shop-???????-???? 100%; at every host of the gateway'],
    ])
  })

  it('go from what was written, not from what somebody made of it since', () => {
    const written = { hosts: ['a.example'], weights: [{ revision: stable.name, weight: 1000 }] }
    const route = {
      ...written,
      hosts: ['evil.example'],
      stable: stable.name,
      epoch: { seq: 1, n: 2 },
      drift: { what: 'the hosts', manager: 'kubectl-edit', written },
    }
    const list = foreseen({ route: { hosts: ['a.example'] } }, { route })
    expect(of(list, 'HTTPRoute')[0]).toEqual([
      'change',
      'shop',
      `${stable.name} 100% → shop-???????-???? 100%; at a.example`,
    ])
    expect(of(list, 'HTTPRoute')[1]?.[1]).toBe('shop.direct.slipway.dev')
  })
})
