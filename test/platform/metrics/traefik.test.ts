import { expect, test } from 'vitest'
import { traefikCounters } from '../../../platform/metrics/traefik.ts'

const app = { namespace: 'default', name: 'shop' }
const revision = 'shop-2222222-bbbb'
const tail = 'gw-slipway-gateway-slipway-ep-web-0-289a2fce63195bbde506'
/** As Traefik names them: the dots of a route's name are dashes here. */
const services = (route: string) =>
  [`${tail}-svc-default-${revision}-0`, `${tail}-wrr`].map(
    (service) => `httproute-default-${route}-${service}@kubernetesgateway`,
  )
const read = (service: string) =>
  traefikCounters.read({ __name__: 'traefik_service_requests_total', service, code: '200' }, app)
const asked = new RegExp(`^(?:${/"(.*)"/.exec(traefikCounters.ofApp(app))?.[1]})$`)

test('counts what came by weight', () => {
  const [backend = '', split = ''] = services('shop')
  expect(read(backend)).toEqual({ counter: 'answers', revision, source: '#0' })
  expect([backend, split].filter((service) => asked.test(service))).toHaveLength(2)
})

test.for(['shop-direct-slipway-dev', 'shop-preview-slipway-dev'])(
  'what came by the route %s counts neither for nor against a revision',
  (route) => {
    for (const service of services(route)) {
      expect(asked.test(service)).toBe(false)
      expect(read(service)).toBeUndefined()
    }
  },
)
