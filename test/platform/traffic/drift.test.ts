import { expect, test } from 'vitest'
import type { HttpRoute, Metadata } from '../../../platform/kinds.ts'
import type { RouteWrite } from '../../../platform/platform.ts'
import { httpRoute, routeState } from '../../../platform/traffic/route.ts'

const gateway = { namespace: 'slipway-gateway', name: 'slipway' }
const [stable, canary] = ['shop-1111111-aaaa', 'shop-2222222-bbbb']
const split = (share: number) => [
  { revision: stable, weight: 1000 - share },
  { revision: canary, weight: share },
]
const write: RouteWrite = {
  app: { namespace: 'default', name: 'shop' },
  hosts: ['shop.example.com', 'www.example.com'],
  weights: split(50),
  epoch: { seq: 7, n: 3 },
  stable,
}
const route = httpRoute(write, gateway)
const changed = (spec: Partial<HttpRoute['spec']>, metadata: Partial<Metadata> = {}): HttpRoute => ({
  ...route,
  metadata: { ...route.metadata, ...metadata },
  spec: { ...route.spec, ...spec },
})
const sending = (...backends: readonly (readonly [name: string, weight: number, port?: number])[]) =>
  changed({ rules: [{ backendRefs: backends.map(([name, weight, port = 80]) => ({ name, weight, port })) }] })
const owner = (manager: string, minute: number, ...fields: string[]) => ({
  manager,
  time: `2026-11-25T22:${minute}:00Z`,
  fieldsV1: { 'f:spec': Object.fromEntries(fields.map((field) => [field, {}])) },
})

test('a route that says what it was written to say has not drifted', () => {
  expect(routeState(route)).not.toHaveProperty('drift')
  const another = { hostnames: ['www.example.com', 'shop.example.com'] }
  expect(routeState(changed(another))).not.toHaveProperty('drift')
  // A share of nothing need not be listed.
  const none = httpRoute({ ...write, weights: split(0) }, gateway)
  const shorter = [{ backendRefs: [{ name: stable, port: 80, weight: 1000 }] }]
  expect(routeState({ ...none, spec: { ...none.spec, rules: shorter } })).not.toHaveProperty('drift')
})

test.for([
  ['other shares', sending([stable, 500], [canary, 500])],
  ['a revision less', sending([stable, 1000])],
  ['a backend of another’s', sending([stable, 950], [canary, 50], ['theirs', 1])],
  ['another port', sending([stable, 950, 8080], [canary, 50])],
  ['no rule of ours', changed({ rules: [{ filters: [{ type: 'RequestRedirect' }] }] })],
] as const)('%s are a drift of the weights', ([, there]) => {
  const { hosts, weights } = write
  expect(routeState(there)?.drift).toEqual({
    what: 'the weights of HTTPRoute shop',
    manager: 'somebody',
    written: { hosts, weights },
  })
})

test('other hosts are a drift, and so are none', () => {
  for (const hostnames of [['shop.example.com'], []]) {
    expect(routeState(changed({ hostnames }))?.drift?.what).toBe('the hosts of HTTPRoute shop')
  }
  const both = changed({ hostnames: [], rules: [] })
  expect(routeState(both)?.drift?.what).toBe('the weights and hosts of HTTPRoute shop')
})

test('the newest but ourselves who owns what changed is named', () => {
  const managedFields = [
    owner('argocd-controller', 10, 'f:hostnames', 'f:rules'),
    owner('kubectl-edit', 30, 'f:rules'),
    owner('kubectl-patch', 40, 'f:hostnames'),
    owner('slipway', 50, 'f:rules'),
    { manager: 'traefik', time: '2026-11-25T22:55:00Z', fieldsV1: {} },
  ]
  const weights = { ...sending([stable, 500], [canary, 500]), metadata: { ...route.metadata, managedFields } }
  expect(routeState(weights)?.drift?.manager).toBe('kubectl-edit')
  expect(routeState(changed({ hostnames: [] }, { managedFields }))?.drift?.manager).toBe('kubectl-patch')
})

test('the state is what is there; what was written is told beside it', () => {
  expect(routeState(sending([stable, 500], [canary, 500]))).toMatchObject({
    weights: split(500),
    drift: { written: { weights: split(50) } },
  })
})

test.for([
  ['an earlier version did not tell what it wrote', { 'slipway.dev/weights': undefined }],
  ['what it tells is nothing', { 'slipway.dev/weights': '{"weights":7}' }],
  ['a person gave it an epoch of his own', { 'slipway.dev/epoch': '8.0' }],
] as const)('no drift: %s', ([, annotations]) => {
  const all = { ...route.metadata.annotations, ...annotations }
  const there = sending([stable, 500], [canary, 500])
  const metadata = { ...route.metadata, annotations: JSON.parse(JSON.stringify(all)) }
  expect(routeState({ ...there, metadata })).toMatchObject({ weights: split(500), stable })
  expect(routeState({ ...there, metadata })).not.toHaveProperty('drift')
})

test('written again, a drifted route is as it was', () => {
  const there = changed({ hostnames: [], rules: [{ filters: [{ type: 'RequestRedirect' }] }] })
  const back = httpRoute(write, gateway, there)
  expect(routeState(back)).not.toHaveProperty('drift')
  // The other's rule stays, as every rule that is not ours.
  expect(back.spec.rules).toHaveLength(2)
})

test('without a gateway the route keeps the parents that it has', () => {
  const parentRefs = [{ kind: 'Service', name: 'shop' }]
  expect(httpRoute(write, undefined, changed({ parentRefs })).spec.parentRefs).toEqual(parentRefs)
})
