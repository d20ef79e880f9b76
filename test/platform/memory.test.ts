// What the memory platform does beyond the contracts: the levers that tests of the workflows pull.
import { describe, expect, test } from 'vitest'
import { memoryClock } from '../../platform/memory/clock.ts'
import { sharesWithin } from '../../platform/memory/latency.ts'
import type { WorldOptions } from '../../platform/memory/world.ts'
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

describe('answers that take time', () => {
  const shares = (pace: { answersIn?: number; slow?: number }) =>
    sharesWithin(pace, [0.04, 0.08, 0.323, 10]).map((share) => Math.round(share * 1000) / 1000)

  test('spread about their median: one in a hundred takes four times as long', () => {
    expect(shares({ answersIn: 0.08 })).toEqual([0.124, 0.5, 0.99, 1])
    expect(shares({ answersIn: 0.16 })).toEqual([0.01, 0.124, 0.879, 1])
  })

  test('some are slower than every bound but the largest, whatever the others do', () => {
    expect(shares({ slow: 0.25 })).toEqual([0.75, 0.75, 0.75, 1])
    expect(shares({ answersIn: 0.08, slow: 0.5 })).toEqual([0.062, 0.25, 0.495, 1])
  })
})

describe('the metrics', () => {
  const served = async (options: WorldOptions = {}) => {
    const { platform, world } = memoryPlatform({ clock: aClock(), ...options })
    await platform.deploy.create(stable)
    const weights = [{ revision: stable.name, weight: 1000 }]
    await platform.traffic.write({ app, hosts: [], weights, epoch: { seq: 1, n: 1 }, stable: stable.name })
    const look = () => platform.metrics.counters(app, [stable.name], [0.5])
    return { platform, world, look, wait: world.clock.sleep }
  }

  test('count what was there when the gateway was last read', async () => {
    const { look, wait, world } = await served({ scrapeEvery: 5000 })
    const begun = world.clock.now()
    await wait(4000)
    expect(await look()).toEqual({ at: begun + 4000, scrapedAt: begun, counts: [], route: [] })
    await wait(9500)
    expect(await look()).toMatchObject({
      at: begun + 13_500,
      scrapedAt: begun + 10_000,
      interval: 5000,
      counts: [{ at: begun + 10_000, requests: 1000, within: [1000] }],
      route: [{ at: begun + 10_000, requests: 1000 }],
    })
  })

  test('remember the end of each minute', async () => {
    const { platform, wait, world } = await served()
    await wait(90_000)
    world.gateway.visitors(app, 10)
    await wait(3 * 3_600_000)
    const { bounds, readings } = await platform.metrics.history(app, [stable.name], 60)
    expect(bounds).toEqual(world.gateway.bounds)
    expect(readings).toHaveLength(60)
    const seen = readings.map(({ counts }) => counts[0]?.requests ?? 0)
    expect(seen.slice(1).map((count, index) => count - (seen[index] ?? 0))).toEqual(Array(59).fill(600))
    const all = await platform.metrics.history(app, [stable.name], 1440)
    expect(all.readings.slice(0, 3).map(({ counts }) => counts[0]?.requests)).toEqual([6000, 9300, 9900])
  })

  test('may not answer', async () => {
    const { platform, look, wait, world } = await served()
    await wait(5000)
    world.metrics('silent')
    await expect(look()).rejects.toThrow('do not answer')
    await expect(platform.metrics.history(app, [stable.name], 60)).rejects.toThrow('do not answer')
    world.metrics('well')
    await wait(1000)
    expect(await look()).toMatchObject({ counts: [{ requests: 600 }] })
  })

  test('may answer nonsense', async () => {
    const { look, wait, world } = await served()
    world.metrics('nonsense')
    expect(await look()).toMatchObject({ counts: [] })
    await wait(5000)
    await expect(look()).rejects.toThrow('NaN: no count')
  })

  test('may not read the gateway any more: what they have grows old, then it is no data', async () => {
    const { platform, look, wait, world } = await served()
    const begun = world.clock.now()
    await wait(5000)
    world.metrics('unscraped')
    const scrapedAt = begun + 5000
    await wait(25_000)
    expect(await look()).toMatchObject({ scrapedAt, counts: [{ at: scrapedAt, requests: 500 }] })
    await wait(6000)
    expect(await look()).toEqual({ at: begun + 36_000, counts: [], route: [] })
    await wait(90_000)
    world.metrics('well')
    expect(await look()).toMatchObject({ scrapedAt: begun + 126_000, counts: [{ requests: 12_600 }] })
    const { readings } = await platform.metrics.history(app, [stable.name], 60)
    expect(readings.map(({ at }) => at - begun)).toEqual([60_000])
  })
})

test('what a commit does from now on changes nothing of what it did', async () => {
  const { platform, world } = memoryPlatform({ clock: aClock() })
  await platform.deploy.create(stable)
  const weights = [{ revision: stable.name, weight: 1000 }]
  await platform.traffic.write({ app, hosts: [], weights, epoch: { seq: 1, n: 1 }, stable: stable.name })
  await world.clock.sleep(60_000)
  world.plan(stable.sha, { errors: 1 })
  await world.clock.sleep(1000)
  expect(world.gateway.failed(app)).toBe(100)
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
