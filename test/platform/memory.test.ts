// What the memory platform does beyond the contracts: the levers that tests of the workflows pull.
import { expect, test } from 'vitest'
import { memoryClock } from '../../platform/memory/clock.ts'
import { memoryPlatform } from '../../platform/memory.ts'
import { aClock, aRevision, aRun } from '../contract/fixtures.ts'

const app = { namespace: 'default', name: 'shop' }
const [stable, canary] = [aRevision(app, 'stable'), aRevision(app, 'canary', { run: aRun({ replicas: 2 }) })]

test('the clock jumps to whoever wakes first, in order', async () => {
  const { now, sleep } = memoryClock()
  const begun = now()
  const woken: string[] = []
  const note = (name: string) => () => woken.push(`${name} ${Math.round((now() - begun) / 1000)}`)
  const every = async () => {
    for (const name of ['a', 'b', 'c']) await sleep(20_000).then(note(name))
  }
  await Promise.all([sleep(3_600_000).then(note('hour')), sleep(30_000).then(note('half')), every()])
  expect(woken).toEqual(['a 20', 'half 30', 'b 40', 'c 60', 'hour 3600'])
})

test('a sleeper that is aborted wakes at once with the reason', async () => {
  const { sleep } = memoryClock()
  const abort = new AbortController()
  const asleep = expect(sleep(3_600_000, abort.signal)).rejects.toThrow('enough')
  abort.abort(new Error('enough'))
  await asleep
  await expect(sleep(1, AbortSignal.abort(new Error('before')))).rejects.toThrow('before')
})

test('visitors are split by weight, and meet what the commit does', async () => {
  const { platform, world } = memoryPlatform({ load: 100, clock: aClock() })
  world.plan(canary.sha, { errors: 0.2, slow: 0.5 })
  await platform.deploy.create(stable)
  await platform.deploy.create(canary)
  const weights = [
    { revision: stable.name, weight: 900 },
    { revision: canary.name, weight: 100 },
  ]
  const write = { app, hosts: [], weights, epoch: { seq: 1, n: 1 }, stable: stable.name }
  await platform.traffic.write(write)
  await world.clock.sleep(60_000)
  const { counts } = await platform.metrics.counters(app, [stable.name, canary.name], [0.5, 2.5])
  expect(counts).toMatchObject([
    { revision: stable.name, requests: 5400, errors: 0, timed: 5400, within: [5400, 5400] },
    { revision: canary.name, requests: 600, errors: 120, timed: 600, within: [300, 600] },
  ])
  expect(world.gateway.writes(app)).toMatchObject([{ epoch: { seq: 1, n: 1 }, weights }])
})

test('who has no ready pod lets the gateway answer by itself', async () => {
  const { platform, world } = memoryPlatform({ clock: aClock() })
  world.plan(canary.sha, { podsFail: 'no such image' })
  await platform.deploy.create(canary)
  expect(await platform.deploy.readiness(canary)).toEqual({ ready: 0, wanted: 2, failure: 'no such image' })
  const weights = [{ revision: canary.name, weight: 1000 }]
  await platform.traffic.write({ app, hosts: [], weights, epoch: { seq: 1, n: 1 }, stable: '' })
  await world.clock.sleep(1000)
  const { counts, route } = await platform.metrics.counters(app, [canary.name], [])
  expect(counts).toEqual([])
  expect(route).toMatchObject([{ requests: 100, errors: 100 }])
  expect(world.gateway.failed(app)).toBe(100)
})

test('pods take the time that they are given', async () => {
  const { platform, world } = memoryPlatform()
  world.plan(canary.sha, { readyAfter: 5000, readyPods: 1 })
  await platform.deploy.create(canary)
  expect((await platform.deploy.readiness(canary)).ready).toBe(0)
  await world.clock.sleep(5000)
  expect((await platform.deploy.readiness(canary)).ready).toBe(1)
})

test('a proxy that starts again counts from nothing under another name', async () => {
  const { platform, world } = memoryPlatform({ clock: aClock() })
  await platform.deploy.create(stable)
  const weights = [{ revision: stable.name, weight: 1000 }]
  await platform.traffic.write({
    app,
    hosts: [],
    weights,
    epoch: { seq: 1, n: 1 },
    stable: stable.name,
  })
  await world.clock.sleep(10_000)
  const count = async () => (await platform.metrics.counters(app, [stable.name], [])).counts[0]
  const before = await count()
  world.gateway.restart(app)
  await world.clock.sleep(1000)
  const after = await count()
  expect([before?.requests, after?.requests]).toEqual([1000, 100])
  expect(after?.instance).not.toBe(before?.instance)
})

test('every call is written down, and the hook may refuse or hold it', async () => {
  const { platform, world } = memoryPlatform()
  world.before = ({ verb }) => {
    if (verb === 'metrics.counters') throw new Error('Prometheus is away')
  }
  await expect(platform.metrics.counters(app, [], [])).rejects.toThrow('Prometheus is away')
  expect(await platform.traffic.read(app)).toBeUndefined()
  expect(world.calls.map(({ verb }) => verb)).toEqual(['metrics.counters', 'traffic.read'])
})
