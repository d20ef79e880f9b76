// A rise of weight, as an activity: windows that close while it is prepared hold it back, and nothing else.
import { MockActivityEnvironment } from '@temporalio/testing'
import { expect, it } from 'vitest'
import type { Shift } from '../../activities/traffic.ts'
import type { Windows } from '../../domain/gate.ts'
import { app, sharing } from './sharing.ts'

/** Half the traffic is on its way to the canary, under the route's second epoch; the night is a minute long, and ends with it. */
async function rising() {
  const { world, platform, activities } = await sharing(100)
  const now = world.clock.now()
  const night = { name: 'night', from: now - 30_000, until: now + 30_000 }
  const windows: Windows[] = [{ timeZone: 'UTC', allow: [], deny: [], freezes: [night] }]
  const weights = [
    { revision: 'stable', weight: 500 },
    { revision: 'canary', weight: 500 },
  ]
  const route = { app, hosts: [], weights, epoch: { seq: 1, n: 2 }, stable: 'stable' }
  const shift = (asked: Shift) => new MockActivityEnvironment().run(activities.shiftTraffic, asked)
  return { world, platform, windows, route, shift }
}

const closed = { closed: expect.stringContaining('the freeze night lasts until') }
const served = { servedAt: expect.any(Number) }

it('writes nothing while a window is closed, and says why', async () => {
  const { world, windows, route, shift } = await rising()
  expect(await shift({ route, windows })).toEqual(closed)
  expect(world.gateway.writes(app)).toHaveLength(1)
  await world.clock.sleep(31_000)
  expect(await shift({ route, windows })).toEqual(served)
  expect(world.gateway.serves(app)).toEqual(route.weights)
})

it('asks when the pods are ready, not before', async () => {
  const { world, platform, windows, route, shift } = await rising()
  const [canary] = (await platform.deploy.describe(app)).revisions.filter(({ name }) => name === 'canary')
  if (!canary) throw new Error('there is no canary')
  world.plan(canary.sha, { readyAfter: 40_000 })
  const rise = { canary, share: 500, scale: 'full', beside: 'stable' } as const
  expect(await shift({ route, rise, windows })).toEqual(served)
})

it('proves what an earlier try has written before the window closed', async () => {
  const { platform, windows, route, shift } = await rising()
  await platform.traffic.write(route)
  expect(await shift({ route, windows })).toEqual(served)
})

it('asks for no window where none is given', async () => {
  const { route, shift } = await rising()
  expect(await shift({ route })).toEqual(served)
})
