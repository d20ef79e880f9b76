// The road of one push: promoted, or taken back.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { manifestOf, openStage, type Stage } from './stage.ts'
import { type Temporal, temporalServer } from './temporal.ts'

let temporal: Temporal
beforeAll(async () => {
  temporal = await temporalServer()
})
afterAll(() => temporal?.close())

/** A stage on which a first commit holds the traffic. */
async function stableStage(): Promise<{ stage: Stage; first: string }> {
  const stage = await openStage(temporal)
  const first = await stage.push()
  await stage.ended(first)
  return { stage, first }
}

describe('a push', () => {
  it('becomes the stable revision when it is the first, with no steps', async () => {
    const stage = await openStage(temporal)
    const sha = await stage.push()
    expect(await stage.ended(sha)).toMatchObject({ outcome: 'promoted', weight: 1000 })
    expect(stage.weightsOf(sha)).toEqual([1000])
    await stage.close({ serves: sha })
  })

  it('is promoted step by step, and the old revision is removed', async () => {
    const { stage } = await stableStage()
    const sha = await stage.push()
    expect(await stage.ended(sha)).toMatchObject({ outcome: 'promoted', weight: 1000, release: { seq: 2 } })
    expect(stage.weightsOf(sha)).toEqual([100, 250, 500, 1000, 1000])
    expect(stage.world.gateway.failed(stage.app)).toBe(0)
    await stage.close({ serves: sha })
  })
})
