import { expect, test } from 'vitest'
import type { HttpRoute } from '../../../platform/kinds.ts'
import type { RouteWrite } from '../../../platform/platform.ts'
import { namesBeside, routesBeside, saysSo, whoChanged } from '../../../platform/traffic/beside.ts'
import { httpRoute, routeState } from '../../../platform/traffic/route.ts'

const gateway = { namespace: 'slipway-gateway', name: 'slipway' }
const app = { namespace: 'default', name: 'shop' }
const [stable, canary] = ['shop-1111111-aaaa', 'shop-2222222-bbbb']
const write = (change: Partial<RouteWrite> = {}): RouteWrite => ({
  app,
  hosts: ['shop.example.com'],
  weights: [
    { revision: stable, weight: 1000 },
    { revision: canary, weight: 0 },
  ],
  epoch: { seq: 7, n: 3 },
  stable,
  ...change,
})
const beside = (main: HttpRoute): readonly HttpRoute[] => {
  const state = routeState(main)
  return state ? routesBeside(main, state) : []
}
const besideOf = (change: Partial<RouteWrite>) => beside(httpRoute(write(change), gateway))
const backend = (name: string, weight = 1) => ({ group: '', kind: 'Service', name, port: 80, weight })
const path = { type: 'PathPrefix', value: '/' }
const named = (value: string) => [{ type: 'Exact', name: 'x-slipway-revision', value }]

test('a route for those who name a revision', () => {
  expect(besideOf({ direct: [canary, stable] })).toEqual([
    {
      metadata: {
        name: 'shop.direct.slipway.dev',
        namespace: 'default',
        labels: { 'app.kubernetes.io/managed-by': 'slipway', 'slipway.dev/app': 'shop' },
        annotations: { 'slipway.dev/epoch': '7.3' },
      },
      spec: {
        hostnames: ['shop.example.com'],
        parentRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', ...gateway }],
        rules: [
          {
            matches: [
              { path, headers: named(canary) },
              { path, headers: named('canary') },
            ],
            backendRefs: [backend(canary)],
          },
          {
            matches: [
              { path, headers: named(stable) },
              { path, headers: named('stable') },
            ],
            backendRefs: [backend(stable)],
          },
        ],
      },
    },
  ])
})

test('a route for the hosts that show one revision alone', () => {
  const [route, ...rest] = besideOf({ preview: { hosts: ['next.example.com'], revision: canary } })
  expect(rest).toEqual([])
  expect(route).toMatchObject({
    metadata: { name: 'shop.preview.slipway.dev' },
    spec: {
      hostnames: ['next.example.com'],
      rules: [{ matches: [{ path }], backendRefs: [backend(canary)] }],
    },
  })
})

test('nothing stands beside a route that says nothing of it', () => {
  expect(besideOf({})).toEqual([])
  expect(besideOf({ direct: [] })).toEqual([])
})

test('what others put on the App’s rule holds for who names a revision, too', () => {
  const filters = [{ type: 'ResponseHeaderModifier' }]
  const headers = [{ type: 'Exact', name: 'tenant', value: 'blue' }]
  const rule = {
    name: 'shop',
    timeouts: { request: '10s' },
    matches: [{ path: { type: 'PathPrefix', value: '/shop' }, headers }],
    backendRefs: [{ ...backend(canary, 1000), filters }],
  }
  const there: HttpRoute = { metadata: app, spec: { rules: [rule] } }
  const [route] = beside(httpRoute(write({ direct: [canary] }), gateway, there))
  expect(route?.spec.rules).toEqual([
    {
      timeouts: { request: '10s' },
      matches: [
        { path: { type: 'PathPrefix', value: '/shop' }, headers: [...headers, ...named(canary)] },
        { path: { type: 'PathPrefix', value: '/shop' }, headers: [...headers, ...named('canary')] },
      ],
      backendRefs: [{ ...backend(canary), filters }],
    },
  ])
})

test('canary is nobody’s name while nobody or more than one could be meant', () => {
  const values = (change: Partial<RouteWrite>) =>
    besideOf(change)
      .flatMap(({ spec }) => spec.rules ?? [])
      .flatMap(({ matches = [] }) => matches as readonly { headers: readonly { value: string }[] }[])
      .map(({ headers }) => headers[0]?.value)
  const third = 'shop-3333333-cccc'
  const three = [...write().weights, { revision: third, weight: 0 }]
  expect(values({ direct: [canary, third], weights: three })).toEqual([canary, third])
  const alone = [{ revision: stable, weight: 1000 }]
  expect(values({ direct: [stable], weights: alone })).toEqual([stable, 'stable'])
})

test('no App is named as what stands beside another', () => {
  for (const name of namesBeside(app)) expect(name).toContain('.')
})

test('what the API server fills in is no change; what is asked for and lacks is one', () => {
  const [wanted] = besideOf({ direct: [canary] })
  if (!wanted) throw new Error('no route beside')
  const filled = { ...wanted, spec: { ...wanted.spec, useDefaultGateways: 'None' } }
  expect(saysSo(filled, wanted)).toBe(true)
  const [rule] = wanted.spec.rules ?? []
  const changes: Partial<HttpRoute['spec']>[] = [
    { rules: [] },
    { rules: [{ ...rule, backendRefs: [backend(stable)] }] },
    { rules: [{ ...rule, matches: [{ path }] }] },
    { hostnames: ['other.example.com'] },
    { parentRefs: [] },
  ]
  for (const change of changes) {
    expect(saysSo({ ...wanted, spec: { ...wanted.spec, ...change } }, wanted)).toBe(false)
  }
  const { hostnames: _, ...everywhere } = wanted.spec
  expect(saysSo(wanted, { ...wanted, spec: everywhere })).toBe(false)
})

test('who changed it, when another did', () => {
  const [route] = besideOf({ direct: [canary] })
  if (!route) throw new Error('no route beside')
  const owned = (manager: string, part: 'f:spec' | 'f:status') => ({
    manager,
    time: '2026-11-25T22:42:26Z',
    fieldsV1: { [part]: { 'f:rules': {} } },
  })
  const by = (...managedFields: ReturnType<typeof owned>[]) =>
    whoChanged({ ...route, metadata: { ...route.metadata, managedFields } })
  expect(by(owned('slipway', 'f:spec'), owned('traefik', 'f:status'))).toBeUndefined()
  expect(by(owned('slipway', 'f:spec'), owned('kubectl-edit', 'f:spec'))).toBe('kubectl-edit')
})
