// How the API asks, of workflows that run, that have ended, and that were lost: one Command, one answer.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { temporalAsk } from '../../api/commands.ts'
import type { CommandRequest } from '../../domain/command.ts'
import { appWorkflowId, releaseWorkflowId } from '../../domain/release.ts'
import { type Stage, stableStage, until } from './stage.ts'
import { realServer, type Temporal } from './temporal.ts'

let temporal: Temporal
beforeAll(async () => {
  temporal = await realServer()
})
afterAll(() => temporal?.close())

const asking = ({ client, app }: Stage) => temporalAsk(client, { queue: app.namespace })
const request = (part: Partial<CommandRequest> & Pick<CommandRequest, 'verb'>): CommandRequest => ({
  id: `command-${part.verb}`,
  reason: '',
  by: 'ana',
  principal: 'user:ana',
  ...part,
})

/** A release that builds until somebody ends it. */
async function building(stage: Stage) {
  const sha = await stage.push({ buildWaitsFor: new Promise(() => {}) })
  await until(
    () => stage.world.building.has(sha),
    () => 'the build has not begun',
  )
  const { release } = stage.releaseOf(sha) ?? {}
  if (!release) throw new Error('there is no release')
  return { sha, id: releaseWorkflowId(release) }
}

describe('a release', () => {
  it('gives the answer that it gave before it ended, and none to what is new', async () => {
    const { stage, first } = await stableStage(temporal)
    const { sha, id } = await building(stage)
    const ask = asking(stage)
    const abort = request({ verb: 'abort' })
    const answer = await ask.running(id, abort)
    expect(answer).toMatchObject({ state: 'accepted' })
    expect(await stage.ended(sha)).toMatchObject({ outcome: 'aborted' })
    await stage.client.workflow.getHandle(id).result()
    expect(await ask.running(id, abort)).toEqual(answer)
    expect(await ask.running(id, request({ verb: 'pause' }))).toBeUndefined()
    await stage.close({ serves: first })
  })

  it('refuses with a sentence', async () => {
    const { stage, first } = await stableStage(temporal)
    const { sha, id } = await building(stage)
    const said = await asking(stage).running(id, request({ verb: 'resume' }))
    expect(said).toEqual({ state: 'refused', message: 'cannot resume: it is not paused' })
    await asking(stage).running(id, request({ verb: 'abort' }))
    await stage.ended(sha)
    await stage.close({ serves: first })
  })
})

describe('an App', () => {
  it('whose workflow was lost is started to answer, and remembers what it is told', async () => {
    const { stage, first } = await stableStage(temporal)
    await until(
      async () => (await stage.state()).active === undefined,
      () => 'the App is busy',
    )
    await stage.appHandle().terminate('lost')
    const ask = asking(stage)
    const freeze = request({ verb: 'freeze', reason: 'holidays' })
    expect(await ask.running(appWorkflowId(stage.app), freeze)).toBeUndefined()
    expect(await ask.starting(stage.app, freeze)).toMatchObject({ state: 'accepted' })
    const knows = async () => {
      const { frozen, stable } = await stage.state()
      return frozen?.by === 'ana' && stable?.sha === first
    }
    await until(knows, () => 'it has forgotten what it was told, or what it was')
    expect(await ask.starting(stage.app, freeze)).toMatchObject({ state: 'accepted' })
    const again = await ask.starting(stage.app, request({ verb: 'freeze', id: 'another' }))
    expect(again).toMatchObject({ state: 'refused', message: expect.stringContaining('frozen already') })
    await stage.close({ serves: first })
  })

  it('has no answer while nobody works, which is no refusal', async () => {
    const { stage, first } = await stableStage(temporal)
    await stage.stopWork()
    const impatient = temporalAsk(stage.client, { deadline: 300 })
    const asked = impatient.running(appWorkflowId(stage.app), request({ verb: 'freeze' }))
    await expect(asked).rejects.toThrow('does a worker run?')
    await stage.work()
    await stage.close({ serves: first })
  })
})
