// Whatever happens to an App, in whatever order, the invariants hold: thousands of random lives on a real Temporal server.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { realServer, type Temporal } from '../temporal.ts'
import { openHouse } from './house.ts'
import { losesItsWorker } from './script.ts'
import { cutDown, keep, known, liveAll, seedsOf } from './seeds.ts'

let temporal: Temporal
beforeAll(async () => {
  temporal = await realServer()
})
afterAll(() => temporal?.close())

const minutes = 60_000
/** How many are lived, and how many side by side. */
const [usual, atOnce] = [200, Number(process.env.SLIPWAY_LIVES_AT_ONCE ?? 12)]
const replays = (seed: number) => seed % 8 === 1

async function check(scripts: Parameters<typeof liveAll>[1], options: { replays?: boolean }, many = atOnce) {
  const house = await openHouse(temporal, options)
  const failed = await liveAll(house, scripts, many)
  const told: string[] = []
  for (const lived of failed) told.push(keep(told.length < 3 ? await cutDown(house, lived) : lived))
  await house.close()
  expect(told.join('\n\n')).toBe('')
}

it('what failed once does not fail again', () => check(known(), {}, 4), 10 * minutes)

it(
  'lives that keep their worker',
  () => {
    const seeds = seedsOf((seed) => !losesItsWorker(seed) && !replays(seed), usual)
    return check(seeds, {})
  },
  30 * minutes,
)

it(
  'lives whose workflows are replayed from the beginning at every task',
  () => {
    return check(seedsOf(replays, usual), { replays: true }, 4)
  },
  30 * minutes,
)

it(
  'lives that lose their worker, and their neighbours with them',
  () => {
    return check(seedsOf(losesItsWorker, usual), {}, 4)
  },
  30 * minutes,
)
