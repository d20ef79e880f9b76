// Fixed objectives, chosen deliberately: the first version's judge, step by step, told by real workflows.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { manifestOf, stableStage } from './stage.ts'
import { type Temporal, timeSkippingServer } from './temporal.ts'

let temporal: Temporal
beforeAll(async () => {
  temporal = await timeSkippingServer()
})
afterAll(() => temporal?.close())

const fixed = (more = '') => manifestOf(`analysis: {thresholds: {requests: 20, looks: 3}}\n${more}`)

it('a version that meets them goes up its steps and is promoted', async () => {
  const { stage } = await stableStage(temporal)
  const sha = await stage.push({}, fixed())
  const status = await stage.ended(sha)
  expect(status).toMatchObject({ outcome: 'promoted', weight: 1000 })
  expect(status.proven).toBeUndefined()
  expect(status.transitions.some(({ message }) => message.includes('every objective is met'))).toBe(true)
  expect(stage.weightsOf(sha)).toEqual([100, 250, 500, 1000, 1000])
  await stage.close({ serves: sha })
})

it('a version that misses them is taken back after so many bad looks in a row', async () => {
  const { stage, first } = await stableStage(temporal)
  const sha = await stage.push({ errors: 0.5 }, fixed())
  const status = await stage.ended(sha)
  expect(status).toMatchObject({ outcome: 'rolled-back', weight: 0 })
  expect(status.message).toContain('in 3 looks in a row')
  await stage.close({ serves: first })
})

it('without traffic a step holds, or goes on when the file says so', async () => {
  const { stage } = await stableStage(temporal)
  stage.world.gateway.visitors(stage.app, 0)
  const held = await stage.push({}, fixed())
  expect((await stage.release(held, ({ stalled }) => stalled !== undefined)).stalled).toContain('no request')
  const sha = await stage.push({}, fixed('onNoTraffic: promote'))
  expect(await stage.ended(held)).toMatchObject({ outcome: 'superseded' })
  const status = await stage.ended(sha)
  expect(status).toMatchObject({ outcome: 'promoted' })
  expect(status.transitions.some(({ message }) => message.includes('unproven'))).toBe(true)
  await stage.close({ serves: sha })
})

it('a minute without metrics takes the weight to 0 until they return; then the step begins again', async () => {
  const { stage } = await stableStage(temporal)
  const sha = stage.commit({}, fixed())
  stage.hooks.push(({ verb, arguments: [write] }) => {
    const weights = verb === 'traffic.write' ? (write as { weights: { weight: number }[] }).weights : []
    if (weights.some(({ weight }) => weight === 250)) stage.world.metrics('silent')
  })
  await stage.say(sha)
  await stage.release(sha, ({ weight, stalled }) => weight === 0 && stalled !== undefined)
  stage.hooks.pop()
  stage.world.metrics('well')
  expect(await stage.ended(sha)).toMatchObject({ outcome: 'promoted' })
  expect(stage.weightsOf(sha)).toEqual([100, 250, 0, 250, 500, 1000, 1000])
  await stage.close({ serves: sha })
})
