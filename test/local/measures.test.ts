// What is computed from the records of a release: from the verdict to the gateway, from the API server's log.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Evidence } from '../../domain/judge/judge.ts'
import type { ReleaseStatus } from '../../domain/release.ts'
import { type ApiCall, byKind, callsAbout, callsSince, endOf, readCall } from '../../local/audit.ts'
import { measure, type ReleaseRecord, servedDelays } from '../../local/measures.ts'
import { weightsOf } from '../../local/served.ts'

const evidence = {} as Evidence
const canary = 'shop-3f2c1d0-ab12'
const stable = 'shop-9a8b7c6-cd34'

const status: ReleaseStatus = {
  release: { app: { namespace: 'default', name: 'shop' }, seq: 3, sha: '3f2c1d0' },
  phase: 'done',
  outcome: 'rolled-back',
  message: 'success 80% < 99%',
  revision: canary,
  stable,
  weight: 0,
  transitions: [
    { at: 1_200, phase: 'reading', weight: 0, message: '' },
    { at: 1_500, phase: 'building', weight: 0, message: '' },
    { at: 7_000, phase: 'deploying', weight: 0, message: '' },
    { at: 9_100, phase: 'rolling-out', weight: 200, message: 'serves 20%' },
    { at: 15_000, phase: 'rolling-out', weight: 200, message: 'harmful', evidence },
    { at: 15_050, phase: 'rolling-back', weight: 200, message: '' },
    { at: 15_400, phase: 'done', weight: 0, message: '' },
  ],
  startedAt: 1_100,
  finishedAt: 15_400,
}

const write = (at: number, verb = 'update', code = 200): ApiCall => ({
  at,
  account: 'slipway-worker',
  verb,
  resource: 'httproutes',
  name: 'shop',
  namespace: 'default',
  uri: '',
  code,
})

const record: ReleaseRecord = {
  pushedAt: 1_000,
  version: '3',
  status,
  served: [
    { at: 500, weights: { [stable]: 1000 } },
    { at: 9_080, weights: { [stable]: 800, [canary]: 200 } },
    { at: 15_220, weights: { [stable]: 1000 } },
  ],
  samples: [
    { at: 9_000, took: 1, status: 200, version: '2' },
    { at: 9_100, took: 1, status: 500, version: '3' },
  ],
  calls: [write(9_000), write(15_100), { ...write(15_300), verb: 'get' }],
  temporalEvents: 71,
}

describe('the measures of a release', () => {
  it('are differences between what different records saw', () => {
    expect(measure(record)).toEqual({
      release: 'shop-3',
      outcome: 'rolled-back',
      pushToStarted: 100,
      startedToImage: 5_900,
      imageToFirstRequest: 2_100,
      decisionToZero: 220,
      weightToServed: { changes: 2, median: 120, max: 120 },
      whole: 14_400,
      temporalEvents: 71,
      kubernetesCalls: 3,
      kubernetesCallsByKind: { 'update httproutes': 2, 'get httproutes': 1 },
    })
  })

  it('leave out what was not seen', () => {
    const transitions = status.transitions.slice(0, 2)
    const measured = measure({ ...record, status: { ...status, transitions }, served: [], calls: [] })
    for (const key of ['startedToImage', 'imageToFirstRequest', 'decisionToZero', 'weightToServed']) {
      expect(measured).not.toHaveProperty(key)
    }
  })

  it('count no write that was refused or changed nothing', () => {
    const calls = [write(9_000, 'update', 409), write(9_010), write(9_200), write(15_100)]
    expect(servedDelays({ ...record, calls })).toEqual([70, 120])
  })
})

describe("the API server's record", () => {
  const event = (part: object) =>
    JSON.stringify({
      stage: 'ResponseComplete',
      verb: 'get',
      user: { username: 'system:serviceaccount:slipway-system:slipway-worker' },
      requestURI: '/apis/slipway.dev/v1beta1/namespaces/default/releases/shop-3/status',
      objectRef: { resource: 'releases', subresource: 'status', name: 'shop-3', namespace: 'default' },
      responseStatus: { code: 200 },
      stageTimestamp: '1970-01-01T00:00:05.250000Z',
      ...part,
    })

  it('yields the finished calls of our accounts', () => {
    expect(readCall(event({}))).toEqual({
      at: 5_250,
      account: 'slipway-worker',
      verb: 'get',
      resource: 'releases/status',
      name: 'shop-3',
      namespace: 'default',
      uri: '/apis/slipway.dev/v1beta1/namespaces/default/releases/shop-3/status',
      code: 200,
    })
  })

  it.each([
    ['another user', event({ user: { username: 'system:kube-scheduler' } })],
    ['a watch', event({ verb: 'watch' })],
    ['a request that has only begun', event({ stage: 'RequestReceived' })],
    [
      'an account of that name elsewhere',
      event({ user: { username: 'x:system:serviceaccount:slipway-system:y' } }),
    ],
    ['half a line', event({}).slice(0, 200)],
  ])('is silent about %s', (_what, line) => expect(readCall(line)).toBeUndefined())

  it("knows one App's calls from another's", () => {
    const pods = {
      ...write(1, 'list'),
      name: '',
      uri: '/api/v1/namespaces/x/pods?labelSelector=slipway.dev%2Fapp%3Dshop',
    }
    const revision = { ...write(2), name: 'shop-3f2c1d0-ab12' }
    const others = [
      { ...write(3), name: 'my-shop' },
      { ...write(4), name: 'shopping' },
      { ...pods, uri: pods.uri.replace('shop', 'harbor') },
    ]
    expect(callsAbout([pods, revision, ...others], 'shop')).toEqual([pods, revision])
  })

  it('is read from where one looked before', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'audit-'))
    const log = join(folder, 'audit.log')
    expect(endOf(log)).toBe(0)
    writeFileSync(log, `${event({ verb: 'list' })}\n`)
    const seen = endOf(log)
    writeFileSync(log, `${event({})}\n${event({})}\n`, { flag: 'a' })
    expect(byKind(await callsSince(log, seen))).toEqual({ 'get releases/status': 2 })
    rmSync(folder, { recursive: true })
  })
})

describe("the gateway's configuration", () => {
  const weighted = (services: { name: string; weight?: number }[]) => ({ weighted: { services } })
  const route = 'httproute-default-shop-gw-slipway-gateway-slipway-ep-web-0-abc-wrr@kubernetesgateway'
  const backend = (revision: string, index: number) =>
    `httproute-default-shop-gw-slipway-gateway-slipway-ep-web-0-abc-svc-default-${revision}-${index}@kubernetesgateway`

  it('says which revision has which weight', () => {
    const services = {
      [route]: weighted([
        { name: backend(stable, 0), weight: 800 },
        { name: backend(canary, 1), weight: 200 },
      ]),
    }
    expect(weightsOf({ services }, status.release.app)).toEqual({ [stable]: 800, [canary]: 200 })
  })

  it("does not take another App's route for this one's", () => {
    const other = route.replace('shop', 'shop-two')
    const services = { [other]: weighted([{ name: backend(stable, 0), weight: 1 }]) }
    expect(weightsOf({ services }, status.release.app)).toBeUndefined()
    expect(weightsOf({}, status.release.app)).toBeUndefined()
  })
})
