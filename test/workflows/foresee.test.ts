// A pull request's plan reaches its commit, however often it is asked for, and however long its host is away.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { temporalPlans } from '../../api/plans.ts'
import { RateLimited } from '../../domain/failure.ts'
import { foreseeWorkflowId } from '../../domain/foresight.ts'
import { forgeWorld } from '../../platform/memory/forge.ts'
import { hold, manifestOf, stableStage } from './stage.ts'
import { realServer, type Temporal } from './temporal.ts'

let temporal: Temporal
beforeAll(async () => {
  temporal = await realServer()
})
afterAll(() => temporal.close())

const quick = manifestOf().replaceAll('for: 5s', 'for: 1s').replace('bake: 5s', 'bake: 1s')

/** An App that serves, and a commit that is offered to its branch. */
async function offered() {
  const forge = forgeWorld()
  const { stage, first } = await stableStage(temporal, { forge })
  const { app, client, source, world } = stage
  const sha = world.push({ ...source, branch: 'feature' }, { 'slipway.yaml': quick })
  const plans = temporalPlans(client, app.namespace)
  const asked = { app, sha, fork: false }
  return {
    stage,
    first,
    foresee: () => plans.foresee(asked),
    said: () => client.workflow.getHandle(foreseeWorkflowId(asked)).result(),
    plan: () => forge.checks.get(`plan/${app.namespace}/shop/${sha}`),
    told: () => world.calls.filter(({ verb }) => verb === 'forge.foretell').length,
  }
}

describe('a pull request', () => {
  it('shows its plan, and nothing is released', async () => {
    const { stage, first, foresee, said, plan } = await offered()
    await foresee()
    await said()
    expect(plan()).toMatchObject({ conclusion: 'success' })
    await stage.close({ serves: first })
  })

  it('that is told of many times at once is foreseen once', async () => {
    const { stage, first, foresee, said, told } = await offered()
    const held = hold(stage, 'source.read')
    await Promise.all(Array.from({ length: 20 }, foresee))
    await held.reached()
    await foresee()
    held.letGo()
    await said()
    expect(told()).toBe(1)
    await stage.close({ serves: first })
  })

  it('waits for a host that says when it may be asked again', async () => {
    const { stage, first, foresee, said, plan, told } = await offered()
    let refuses = true
    stage.hooks.push(({ verb }) => {
      if (verb !== 'forge.foretell' || !refuses) return
      refuses = false
      throw new RateLimited('GitHub refuses POST: its secondary limit', 3_000)
    })
    const began = Date.now()
    await foresee()
    await said()
    expect(Date.now() - began).toBeGreaterThanOrEqual(3_000)
    expect([told(), plan()?.conclusion]).toEqual([2, 'success'])
    await stage.close({ serves: first })
  })
})
