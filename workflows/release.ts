// One release, told in order: read → build → deploy → roll out → bake → retire. One catch takes it back.
import { CancellationScope, getExternalWorkflowHandle, isCancellation, log } from '@temporalio/workflow'
import { appWorkflowId, type Plan } from '../domain/release.ts'
import { imageReference, type Revision } from '../domain/revision.ts'
import type { Epoch } from '../domain/route.ts'
import { building, reading, running } from './activities.ts'
import { failureOf } from './failure.ts'
import { awaitInterruption, type Ending, type Interruption } from './interruption.ts'
import { type ReleaseFinished, type ReleaseInput, releaseFinished } from './messages.ts'
import { giveBack, type Road, takeAll } from './road.ts'
import { bake, rollOut } from './rollout.ts'
import { type Story, tellStory } from './story.ts'

/** What takes back the steps that were taken. Registered before the step: it may have half happened. */
type Undo = (() => Promise<void>)[]

export async function release(input: ReleaseInput): Promise<ReleaseFinished> {
  const story = tellStory(input)
  const interruption = awaitInterruption()
  const undo: Undo = []
  try {
    const road = await interruption.scope.run(() => bringToFull(input, story, interruption, undo))
    await CancellationScope.nonCancellable(() => retireOld(road))
  } catch (error) {
    interruption.close('it is being taken back')
    const ending = interruption.ending() ?? endingOf(error, story)
    await CancellationScope.nonCancellable(() => takeBack(story, ending, undo))
  }
  return CancellationScope.nonCancellable(() => finish(input, story))
}

async function bringToFull(input: ReleaseInput, story: Story, interruption: Interruption, undo: Undo) {
  const plan = await read(input, story)
  const canary = await build(plan, story)
  const road: Road = { story, plan, canary, stable: input.stable, nextEpoch: epochs(input) }
  await deploy(road, undo)
  if (input.stable) await convince(road, undo)
  else interruption.passPointOfNoReturn('it is the first release, there is nothing to return to')
  await takeAll(road)
  interruption.passPointOfNoReturn('it is promoted already')
  return road
}

function epochs({ release: { seq } }: ReleaseInput): () => Epoch {
  let n = 0
  return () => ({ seq, n: ++n })
}

async function read({ release }: ReleaseInput, story: Story): Promise<Plan> {
  story.tell('reading', `reading slipway.yaml at ${release.sha.slice(0, 7)}`)
  const summary = `slipway.yaml at ${release.sha.slice(0, 7)}`
  return reading.readPlan.executeWithOptions({ summary }, [release])
}

async function build(plan: Plan, story: Story): Promise<Revision> {
  const { commit } = plan
  story.tell('building', `building ${commit.sha.slice(0, 7)}: ${commit.title}`, { commit })
  const summary = `image of ${commit.sha.slice(0, 7)}`
  return building.buildRevision.executeWithOptions({ summary }, [plan])
}

async function deploy(road: Road, undo: Undo): Promise<void> {
  const { canary, story } = road
  const facts = { revision: canary.name, image: imageReference(canary.image) }
  story.tell('deploying', `starting ${canary.name}`, facts)
  undo.push(() => remove(road, road.stable?.revision))
  await running.runRevision.executeWithOptions({ summary: `${canary.name} ready` }, [canary])
}

/** The canary earns its traffic in comparison with the stable revision. */
async function convince(road: Road, undo: Undo): Promise<void> {
  undo.push(() => giveBack(road))
  const climbed = await rollOut(road)
  if (climbed) await bake(road, climbed)
}

/** The release is promoted whatever becomes of the old revision: what stays is removed by the next one. */
async function retireOld(road: Road): Promise<void> {
  const { story, canary, stable } = road
  if (stable) {
    story.tell('retiring', `${canary.name} has all traffic; removing ${stable.revision}`, { weight: 1000 })
    await remove(road, canary.name).catch((error: unknown) =>
      log.warn('the old revision stays for now', { error }),
    )
  }
  story.end('promoted', `${canary.name} has all traffic`)
}

async function remove({ plan, canary, stable }: Road, keep: string | undefined): Promise<void> {
  const { app, seq } = plan.release
  const leaves = keep === canary.name ? stable?.revision : canary.name
  const retirement = { app, upTo: seq, ...(keep && { keep }), ...(leaves && { revision: leaves }) }
  const summary = `remove ${leaves ?? 'what is left over'}`
  await running.retire.executeWithOptions({ summary }, [retirement])
}

async function takeBack(story: Story, { outcome, message }: Ending, undo: Undo): Promise<void> {
  if (undo.length > 0) story.tell('rolling-back', message)
  for (const step of undo.reverse()) {
    const failure = await step().then(() => undefined, failureOf)
    if (!failure) continue
    log.error('the way back was cut short', { ...failure })
    if (failure.reason !== 'Fenced') continue
    return story.end(outcome, `${message}; the traffic has a newer owner and stays as it is`)
  }
  story.end(outcome, message)
}

function endingOf(error: unknown, story: Story): Ending {
  if (isCancellation(error)) return { outcome: 'aborted', message: 'cancelled in Temporal' }
  const { reason, message, detail } = failureOf(error)
  if (reason === 'Fenced')
    return { outcome: 'superseded', message: `something newer owns the traffic: ${message}` }
  const hadTraffic = story.status().transitions.some(({ weight }) => weight > 0)
  const told = detail ? `${message}\n${detail}` : message
  return { outcome: hadTraffic ? 'rolled-back' : 'failed', message: told }
}

/** The outcome is told to the App and to the world before the workflow ends. */
async function finish({ release, stable }: ReleaseInput, story: Story): Promise<ReleaseFinished> {
  const { outcome = 'failed', message, revision } = story.status()
  const promoted = outcome === 'promoted' && revision ? { revision, sha: release.sha } : undefined
  const serves = promoted ?? stable
  const finished = { release, outcome, message, ...(serves && { stable: serves }) }
  await Promise.all([
    getExternalWorkflowHandle(appWorkflowId(release.app))
      .signal(releaseFinished, finished)
      .catch((error: unknown) => log.warn('the App does not run; it will find out by itself', { error })),
    story.told(),
  ])
  return finished
}
