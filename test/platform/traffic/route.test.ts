import { expect, test } from 'vitest'
import type { HttpRoute } from '../../../platform/kinds.ts'
import type { RouteWrite } from '../../../platform/platform.ts'
import { httpRoute, isOurs, routeState } from '../../../platform/traffic/route.ts'

const gateway = { namespace: 'slipway-gateway', name: 'slipway' }
const [stable, canary] = ['shop-1111111-aaaa', 'shop-2222222-bbbb']
const aWrite = (share: number, change: Partial<RouteWrite> = {}): RouteWrite => ({
  app: { namespace: 'default', name: 'shop' },
  hosts: ['shop.example.com'],
  weights: [
    { revision: stable, weight: 1000 - share },
    { revision: canary, weight: share },
  ],
  epoch: { seq: 7, n: 3 },
  stable,
  ...change,
})
const backend = (name: string, weight: number) => ({ group: '', kind: 'Service', name, port: 80, weight })

test('a route of its own', () => {
  const route = httpRoute(aWrite(50), gateway)
  expect(route).toEqual({
    metadata: {
      name: 'shop',
      namespace: 'default',
      labels: { 'app.kubernetes.io/managed-by': 'slipway', 'slipway.dev/app': 'shop' },
      annotations: {
        'slipway.dev/epoch': '7.3',
        'slipway.dev/stable': stable,
        'slipway.dev/weights': `{"epoch":"7.3","hosts":["shop.example.com"],"weights":{"${stable}":950,"${canary}":50}}`,
      },
    },
    spec: {
      hostnames: ['shop.example.com'],
      parentRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', ...gateway }],
      rules: [
        {
          matches: [{ path: { type: 'PathPrefix', value: '/' } }],
          backendRefs: [backend(stable, 950), backend(canary, 50)],
        },
      ],
    },
  })
  expect(isOurs(route)).toBe(true)
  const { hosts, weights, epoch } = aWrite(50)
  expect(routeState(route)).toEqual({ hosts, weights, epoch, stable })
})

test('no hosts: every host that reaches the gateway', () => {
  expect(httpRoute(aWrite(0, { hosts: [] }), gateway).spec).not.toHaveProperty('hostnames')
})

test('what others put on the route stays', () => {
  const timeouts = { request: '10s' }
  const redirect = {
    matches: [{ path: { type: 'Exact', value: '/old' } }],
    filters: [{ type: 'RequestRedirect' }],
  }
  const mesh = { kind: 'Service', name: 'shop' }
  const header = [{ type: 'ResponseHeaderModifier' }]
  const there: HttpRoute = {
    metadata: {
      name: 'shop',
      namespace: 'default',
      labels: { team: 'shoes' },
      annotations: { note: 'keep' },
      resourceVersion: '7',
    },
    spec: {
      hostnames: ['old.example.com'],
      parentRefs: [mesh],
      rules: [
        redirect,
        {
          timeouts,
          backendRefs: [{ ...backend(stable, 1000), filters: header }, backend('shop-0000000-0000', 0)],
        },
      ],
    },
  }
  const { metadata, spec } = httpRoute(aWrite(50), gateway, there)
  expect(metadata.labels).toMatchObject({ team: 'shoes', 'slipway.dev/app': 'shop' })
  expect(metadata.annotations).toMatchObject({ note: 'keep', 'slipway.dev/epoch': '7.3' })
  expect(spec.hostnames).toEqual(['shop.example.com'])
  expect(spec.parentRefs).toEqual([mesh, expect.objectContaining(gateway)])
  expect(spec.rules).toEqual([
    redirect,
    { timeouts, backendRefs: [{ ...backend(stable, 950), filters: header }, backend(canary, 50)] },
  ])
})

test('a route without Slipway’s annotations says nothing', () => {
  const { metadata, spec } = httpRoute(aWrite(50), gateway)
  expect(routeState({ metadata: { ...metadata, annotations: {} }, spec })).toBeUndefined()
  const broken = { ...metadata.annotations, 'slipway.dev/epoch': 'seven' }
  expect(routeState({ metadata: { ...metadata, annotations: broken }, spec })).toBeUndefined()
})
