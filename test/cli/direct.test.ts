// Traffic moved by hand while Slipway is down: the real driver, a real client, and an API server that keeps what it is sent.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Direct } from '../../cli/direct.ts'
import { exitCodes } from '../../cli/exit.ts'
import type { RouteState } from '../../domain/route.ts'
import { kinds } from '../../platform/kinds.ts'
import { kubernetes } from '../../platform/kubernetes.ts'
import { gatewayApiTraffic } from '../../platform/traffic/gateway-api.ts'
import { type KubeServer, kubeServer } from '../api/kube-server.ts'
import { anApp, aRelease, slipway } from './screen.ts'

const app = { namespace: 'default', name: 'shop' }
const [stable, canary] = ['shop-9a8b7c6-cd34', 'shop-3f2c1d0-ab12']
const gateway = { namespace: 'slipway-gateway', name: 'slipway' }
const split = [
  { revision: stable, weight: 750 },
  { revision: canary, weight: 250 },
]
const alone = [{ revision: stable, weight: 1000 }]
const world = { releases: [aRelease()], apps: [anApp()] }
let kube: KubeServer
let direct: Direct
let slipwaysOwn: ReturnType<typeof gatewayApiTraffic>

beforeEach(async () => {
  kube = await kubeServer()
  const client = kubernetes({ config: kube.config })
  const served = async () => undefined
  slipwaysOwn = gatewayApiTraffic({ kube: client, gateway, served })
  direct = {
    traffic: gatewayApiTraffic({ kube: client, served }),
    endpoints: ({ namespace }) => client.list(kinds.EndpointSlice, namespace),
  }
  pods(true)
})
afterEach(() => kube.close())

function pods(ready: boolean): void {
  const endpoints = [{ addresses: ['10.0.0.1'], conditions: { ready } }]
  const slice = { metadata: { namespace: 'default', name: `${stable}-x` }, endpoints }
  kube.put('endpointslices', slice)
}

/** What release 7 wrote before Slipway went down. */
const written = (n: number, weights: RouteState['weights'] = split) =>
  slipwaysOwn.write({ app, hosts: ['shop.example.com'], weights, epoch: { seq: 7, n }, stable })
const abort = (...args: string[]) => slipway(['abort', '--direct', ...args], { ...world, direct })

describe('abort --direct', () => {
  it('gives stable all traffic, keeps hosts and gateway, and says who did it and why', async () => {
    await written(3)
    const before = kube.get('httproutes', 'default', 'shop')
    const { code, out } = await abort('shop-7', '--reason', 'prices are wrong')
    expect(code).toBe(exitCodes.ok)
    expect(await slipwaysOwn.read(app)).toMatchObject({
      hosts: ['shop.example.com'],
      weights: alone,
      stable,
      epoch: { seq: 8, n: 0 },
      note: 'aborted by ana: prices are wrong',
    })
    expect(kube.get('httproutes', 'default', 'shop')?.spec?.parentRefs).toEqual(before?.spec?.parentRefs)
    expect(out).toContain(`all traffic to ${stable}; before: ${stable} 75%, ${canary} 25%`)
    expect(out).toContain('Writes of shop-7 are refused')
  })

  it('fences the release that ran, with the reason; the next one writes again, and the note is gone', async () => {
    await written(3)
    await abort('shop')
    await expect(written(4)).rejects.toMatchObject({ reason: 'Fenced', detail: 'aborted by ana' })
    const next = { app, hosts: [], weights: split, epoch: { seq: 8, n: 1 }, stable }
    await slipwaysOwn.write(next)
    const route = await slipwaysOwn.read(app)
    expect(route).toMatchObject({ weights: split })
    expect(route).not.toHaveProperty('note')
  })

  it('fences also a release that has a number and has written nothing yet', async () => {
    await slipwaysOwn.write({ app, hosts: [], weights: alone, epoch: { seq: 5, n: 2 }, stable })
    await abort('shop')
    await expect(written(1)).rejects.toMatchObject({ reason: 'Fenced' })
    expect(await slipwaysOwn.read(app)).toMatchObject({ epoch: { seq: 8, n: 0 }, weights: alone })
  })

  it('is one JSON document for programs', async () => {
    await written(3)
    const { out } = await abort('shop', '--json')
    expect(JSON.parse(out)).toMatchObject({ app: 'shop', stable, epoch: '8.0', before: split })
  })

  it('does not move traffic to pods that are not ready, unless it is told to', async () => {
    await written(3)
    pods(false)
    const { code, err } = await abort('shop')
    expect(code).toBe(exitCodes.error)
    expect(err).toContain('none of its pods is ready')
    expect(await slipwaysOwn.read(app)).toMatchObject({ weights: split })
    expect((await abort('shop', '--force')).code).toBe(exitCodes.ok)
    expect(await slipwaysOwn.read(app)).toMatchObject({ weights: alone })
  })

  it('writes nothing where all is as it should be', async () => {
    await written(3, alone)
    const ended = aRelease({ phase: 'done', outcome: 'promoted' })
    const { code, out } = await slipway(['abort', '--direct', 'shop'], {
      ...world,
      releases: [ended],
      direct,
    })
    expect(code).toBe(exitCodes.ok)
    expect(out).toContain('already')
    expect(await slipwaysOwn.read(app)).toMatchObject({ epoch: { seq: 7, n: 3 } })
  })

  it('refuses a release that has ended', async () => {
    await written(3)
    const ended = aRelease({ phase: 'done', outcome: 'promoted' })
    const { code, err } = await slipway(['abort', '--direct', 'shop-7'], {
      ...world,
      releases: [ended],
      direct,
    })
    expect(code).toBe(exitCodes.error)
    expect(err).toContain('it has ended already: promoted')
    expect(await slipwaysOwn.read(app)).toMatchObject({ weights: split })
  })

  it.each([
    [[], exitCodes.usage, 'needs the name of a release or of an App'],
    [['shp'], exitCodes.notFound, 'The Apps: shop.'],
    [['shop'], exitCodes.notFound, 'has no route'],
  ])('%j is refused', async (args, expected, says) => {
    const { code, err } = await abort(...args)
    expect(code).toBe(expected)
    expect(err).toContain(says)
  })
})
