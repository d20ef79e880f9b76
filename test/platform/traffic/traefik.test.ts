import { afterEach, expect, test } from 'vitest'
import { servedWeights, traefikServed } from '../../../platform/traffic/traefik.ts'
import { type Answering, httpServer, sendJson } from '../http-server.ts'

const app = { namespace: 'default', name: 'shop' }
const [stable, canary] = ['shop-1111111-aaaa', 'shop-2222222-bbbb']
const route = 'httproute-default-shop-gw-slipway-gateway-slipway-ep-web-0-98b41c72bc932cdc0037'
const service = (revision: string, position: number) => `${route}-svc-default-${revision}-${position}`
const url = 'http://10.244.0.9:8080'

const split = (...weights: (readonly [string, number])[]) => ({
  weighted: { services: weights.map(([name, weight]) => ({ name, weight })) },
})
const up = { loadBalancer: { servers: [{ url }] }, serverStatus: { [url]: 'UP' } }
const down = { loadBalancer: { servers: [{ url }] }, serverStatus: { [url]: 'DOWN' } }
const empty = { loadBalancer: {} }
const services = (canaryIs: object) => ({
  [`${route}-wrr@kubernetesgateway`]: split([service(stable, 1), 950], [service(canary, 0), 50]),
  [`${service(stable, 1)}@kubernetesgateway`]: up,
  [`${service(canary, 0)}@kubernetesgateway`]: canaryIs,
  'httproute-default-shop-two-gw-slipway-gateway-slipway-ep-web-0-wrr@kubernetesgateway': split(['x', 1]),
})

test('tells the weights by the Services’ names, wherever they stand', () => {
  expect(servedWeights({ services: services(up) }, app)).toEqual([
    { revision: stable, weight: 950 },
    { revision: canary, weight: 50 },
  ])
})

test.for([
  ['no server', empty],
  ['a server that is down', down],
] as const)('a share with %s is not served', ([, canaryIs]) => {
  expect(servedWeights({ services: services(canaryIs) }, app)).toEqual([{ revision: stable, weight: 950 }])
})

test('an App without a route is not served', () => {
  expect(servedWeights({ services: services(up) }, { ...app, name: 'blog' })).toBeUndefined()
})

test('listeners that disagree are no answer', () => {
  const other = `${route.replace('ep-web', 'ep-secure')}-wrr@kubernetesgateway`
  const both = { ...services(up), [other]: split([service(stable, 1), 1000]) }
  expect(() => servedWeights({ services: both }, app)).toThrow('different weights at once')
})

const opened: { close: () => Promise<void> }[] = []
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close()
})
const asking = async (answering: Answering) => {
  const server = await httpServer(answering)
  opened.push(server)
  return traefikServed({ url: server.url })(app)
}

test('asks Traefik itself', async () => {
  const served = await asking(({ url: asked }, response) =>
    sendJson(response, asked === '/api/rawdata' ? 200 : 404, { services: services(up), routers: {} }),
  )
  expect(served).toHaveLength(2)
})

test('fails plainly when Traefik shows nothing', async () => {
  await expect(asking((_, response) => sendJson(response, 404, {}))).rejects.toThrow('HTTP 404')
  await expect(asking((_, response) => void response.destroy())).rejects.toThrow('cannot ask Traefik')
})
