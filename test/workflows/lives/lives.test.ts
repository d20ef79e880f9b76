// Whatever happens to an App, in whatever order, the invariants hold: thousands of random lives, each drawn whole by its seed, time
// and chance included; and a few of the same scripts on the real Temporal server, which keeps the played one honest.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadWorkflows, type Workflows } from '../played/execution.ts'
import { bundleWorkflows, realServer, type Temporal } from '../temporal.ts'
import { activityNames, type HouseOptions, playedHouse, realHouse } from './house.ts'
import { live } from './life.ts'
import { losesItsWorker, type Script, scriptOf } from './script.ts'
import { cutDown, keep, known, type Live, liveAll, seedsOf } from './seeds.ts'

const minutes = 60_000
const replays = (seed: number) => seed % 8 === 1

async function check(lived: Live, scripts: readonly Script[], atOnce = 1): Promise<void> {
  const failed = await liveAll(lived, scripts, atOnce)
  const told: string[] = []
  for (const one of failed.slice(0, 3)) told.push(keep(await cutDown(lived, one)))
  const others = failed.slice(3).map(({ script, broken }) => `seed ${script.seed}: ${broken.join('; ')}`)
  expect([...told, ...others].join('\n\n')).toBe('')
  console.log(`${scripts.length} lives were lived: ${expect.getState().currentTestName}`)
}

describe('on the played server', () => {
  let workflows: Workflows
  beforeAll(async () => {
    workflows = loadWorkflows(await bundleWorkflows(), activityNames)
  })
  afterAll(() => workflows?.destroy())

  const lived: Live = (script) =>
    playedHouse(workflows, script.seed, { replays: replays(script.seed) }, (house) => live(house, script))

  it('what failed once does not fail again', () => check(lived, known()), 10 * minutes)

  it('no life breaks a rule', () => check(lived, seedsOf(2_000).map(scriptOf)), 60 * minutes)

  it('the same seed lives the same life', async () => {
    const [one, again] = [await lived(scriptOf(7)), await lived(scriptOf(7))]
    const named = ({ log }: typeof one) => log.map((line) => line.replaceAll(/life-7-\d+/g, 'life'))
    expect(named(again)).toEqual(named(one))
    expect(again.calls()).toEqual(one.calls())
  })
})

describe('on the real server', () => {
  let temporal: Temporal
  beforeAll(async () => {
    temporal = await realServer()
  })
  afterAll(() => temporal?.close())

  async function checkReal(seeds: readonly number[], options: HouseOptions, atOnce: number): Promise<void> {
    const house = await realHouse(temporal, options)
    await check((script) => live(house, script), seeds.map(scriptOf), atOnce)
    await house.close()
  }
  // Who loses the worker would take his neighbours' with it.
  const some = seedsOf(12, 'SLIPWAY_REAL_SEEDS').filter((seed) => !losesItsWorker(seed))

  it(
    'no life breaks a rule',
    () =>
      checkReal(
        some.filter((seed) => !replays(seed)),
        {},
        4,
      ),
    20 * minutes,
  )

  it(
    'nor does one whose workflows are told their history anew at every task',
    () => checkReal(some.filter(replays), { replays: true }, 2),
    20 * minutes,
  )
})
