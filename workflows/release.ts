// One release, told in order: read → build → deploy → roll out → bake → retire. One catch takes it back.
import {
  CancellationScope,
  getExternalWorkflowHandle,
  isCancellation,
  log,
  patched,
  setHandler,
} from '@temporalio/workflow'
import type { Ran } from '../activities/deploy.ts'
import { surgeOf } from '../domain/capacity.ts'
import { appWorkflowId, type Plan } from '../domain/release.ts'
import { keptByDefault } from '../domain/retirement.ts'
import { imageReference, type Revision } from '../domain/revision.ts'
import type { Epoch } from '../domain/route.ts'
import { building, reading, running } from './activities.ts'
import { bakeFirst, takeOver } from './alone.ts'
import { answerCommands } from './commands.ts'
import { failureOf } from './failure.ts'
import { type Gates, openGates } from './gates.ts'
import { awaitInterruption, type Ending, type Interruption } from './interruption.ts'
import {
  type Frozen,
  freeze,
  pushed,
  type ReleaseFinished,
  type ReleaseInput,
  releaseFinished,
} from './messages.ts'
import { bringBack } from './return.ts'
import { type Ground, giveBack, type Meanwhile, type Road, show, takeAll, takeAllInTime } from './road.ts'
import { rollOut } from './rollout.ts'
import { type Story, tellStory } from './story.ts'
import { tail } from './waiting.ts'

/** What takes back the steps that were taken. Registered before the step: it may have half happened. */
type Undo = (() => Promise<void>)[]

export async function release(input: ReleaseInput): Promise<ReleaseFinished> {
  const story = tellStory(input)
  const interruption = awaitInterruption(story.status)
  const gates = openGates(story, input.frozen)
  answerCommands(story.status, interruption, gates)
  setHandler(pushed, gates.learn, { description: 'Who pushed this commit' })
  setHandler(freeze, gates.freeze, { description: 'The App was frozen, or is not any more' })
  const undo: Undo = []
  try {
    const road = await interruption.scope.run(() => bringToFull(input, { story, gates, interruption, undo }))
    await CancellationScope.nonCancellable(() => retireOld(road))
  } catch (error) {
    interruption.close('it is being taken back')
    const ending = interruption.ending() ?? endingOf(error, story)
    await CancellationScope.nonCancellable(() => takeBack(story, ending, undo))
  }
  return CancellationScope.nonCancellable(() => finish(input, story))
}

interface Means {
  readonly story: Story
  readonly gates: Gates
  readonly interruption: Interruption
  readonly undo: Undo
}

async function bringToFull(
  input: ReleaseInput,
  { story, gates, interruption, undo }: Means,
): Promise<Ground> {
  const nextEpoch = epochsOf(input)
  const { stable, release } = input
  if (input.wanted?.cause === 'return') return bringBack(input, { story, interruption, undo, nextEpoch })
  const plan = await read(input, story)
  const canary = await build(plan, story)
  const { app, seq } = release
  const { hosts: own } = plan.spec.route
  const hosts = { own, served: plan.servedHosts ?? own }
  const keepServed = plan.spec.release.keep ?? keptByDefault
  const scale = plan.spec.release.scale ?? 'full'
  const road: Road = { story, app, seq, keepServed, scale, plan, canary, stable, hosts, nextEpoch, gates }
  prepareGates(road, input)
  const ran = (await deploy(road, undo)) ?? {}
  if (!input.stable)
    interruption.passPointOfNoReturn('it is the first release, there is nothing to return to')
  const meanwhile = input.stable && (await convince(road, { undo, interruption }, ran))
  const since = await (meanwhile ? takeAllInTime(road, meanwhile) : takeAll(road))
  interruption.passPointOfNoReturn('it is promoted already')
  if (!input.stable && patched('watch the first release')) {
    // What has all traffic, and nothing to give it back to, is not taken back any more.
    undo.splice(0)
    await bakeFirst(road, since, interruption)
  }
  return road
}

function epochsOf({ release: { seq } }: ReleaseInput): () => Epoch {
  let n = 0
  return () => ({ seq, n: ++n })
}

async function read({ release, wanted, thawed }: ReleaseInput, story: Story): Promise<Plan> {
  if (thawed) story.note('pending', whatHeld(thawed))
  story.tell('reading', `reading slipway.yaml at ${release.sha.slice(0, 7)}`)
  const summary = `slipway.yaml at ${release.sha.slice(0, 7)}`
  const asked = wanted ? { ...release, cause: wanted.cause } : release
  return reading.readPlan.executeWithOptions({ summary }, [asked])
}

const whatHeld = ({ by, reason, since }: Frozen): string =>
  `waited until the App was unfrozen: ${by} had frozen it at ${new Date(since).toISOString().slice(0, 16)}Z${tail(reason)}`

async function build(plan: Plan, story: Story): Promise<Revision> {
  const { commit, image } = plan
  const told = image ? `${commit.sha.slice(0, 7)} is built already` : `building ${commit.sha.slice(0, 7)}`
  story.tell('building', `${told}: ${commit.title}`, { commit })
  const summary = `image of ${commit.sha.slice(0, 7)}`
  return building.buildRevision.executeWithOptions({ summary }, [plan])
}

/** From here on gates know what they decide about. */
function prepareGates(
  { plan, canary, stable, story, gates }: Road,
  { release, pusher, wanted }: ReleaseInput,
): void {
  const { commit, people = {}, pushersAreTold = false } = plan
  const authors = commit.email ? [`email:${commit.email}`] : []
  // Nobody pushes a configuration.
  const missing = pushersAreTold && wanted?.cause !== 'config'
  if (pusher) gates.learn(pusher)
  gates.prepare(plan, { people, authors, ...(missing && { pusherMissing: true }) }, (gate) => ({
    release,
    gate,
    revision: canary,
    ...(stable && { stable: stable.revision }),
    weight: story.status().weight,
  }))
}

async function deploy(road: Road, undo: Undo): Promise<Ran> {
  const { canary, story, stable, scale } = road
  const surge = stable && { surge: surgeOf(canary.run) }
  const facts = { revision: canary.name, image: imageReference(canary.image), ...surge }
  story.tell('deploying', `starting ${canary.name}`, facts)
  undo.push(() => remove(road, road.stable?.revision))
  const asked = { revision: canary, scale, ...(stable && { stable: stable.revision }) }
  return running.runRevision.executeWithOptions({ summary: `${canary.name} ready` }, [asked])
}

/**
 * The canary earns its traffic in comparison with the stable revision. Gives back how it is watched on while it may not be promoted
 * yet; undefined when nothing keeps it from that.
 */
async function convince(
  road: Road,
  { undo, interruption }: Pick<Means, 'undo' | 'interruption'>,
  { stableAlive = true, stableFails }: Ran,
): Promise<Meanwhile | undefined> {
  const { plan, story } = road
  if (!stableAlive) {
    const why = `${road.stable?.revision} has no ready pod: there is nothing to compare with, and nobody is served`
    story.tell('rolling-out', `emergency: ${why}; ${road.canary.name} takes over as soon as it can`)
    return undefined
  }
  undo.push(() => giveBack(road))
  // Who decides at a gate wants to see it first.
  if (plan.spec.route.preview || plan.gates) await show(road)
  if (stableFails !== undefined) return takeOver(road, stableFails, interruption)
  return rollOut(road)
}

/** The release is promoted whatever becomes of the old revision: what stays is removed by the next one. */
async function retireOld(road: Ground): Promise<void> {
  const { story, canary, stable } = road
  if (stable) {
    story.tell('retiring', `${canary.name} has all traffic; retiring ${stable.revision}`, { weight: 1000 })
    await remove(road, canary.name).catch((error: unknown) =>
      log.warn('the old revision stays for now', { error }),
    )
  }
  story.end('promoted', `${canary.name} has all traffic`)
}

async function remove(
  { app, canary, stable, seq, keepServed }: Ground,
  keep: string | undefined,
): Promise<void> {
  const leaves = keep === canary.name ? stable?.revision : canary.name
  // Only what had all traffic is worth going back to.
  const served = keep === canary.name
  const retirement = {
    app,
    upTo: seq,
    keepServed,
    served,
    ...(keep && { keep }),
    ...(leaves && { revision: leaves }),
    ...(!served && canary.config && { copies: canary.config }),
  }
  const summary = `retire ${leaves ?? 'what is left over'}`
  await running.retire.executeWithOptions({ summary }, [retirement])
}

async function takeBack(story: Story, { outcome, message, supersededBy }: Ending, undo: Undo): Promise<void> {
  if (undo.length > 0) story.tell('rolling-back', message)
  let told = message
  for (const step of undo.reverse()) {
    const failure = await step().then(() => undefined, failureOf)
    if (!failure) continue
    log.error('the way back was cut short', { ...failure })
    if (failure.reason === 'NotFound') return story.end('failed', `${message}; ${failure.message}`)
    if (failure.reason !== 'Fenced') continue
    told = `${message}; the traffic has a newer owner and stays as it is`
    // A newer release may use what this one made. Who took the traffic by hand does not, and nobody else removes it soon.
    if (failure.detail === undefined || !patched('tidy-after-a-hand')) break
    story.note('rolling-back', `${failure.detail}: all traffic is on ${story.status().stable}`, { weight: 0 })
  }
  story.end(outcome, told, supersededBy)
}

function endingOf(error: unknown, story: Story): Ending {
  if (isCancellation(error)) return { outcome: 'aborted', message: 'cancelled in Temporal' }
  const { reason, message, detail } = failureOf(error)
  if (reason === 'GateClosed') return { outcome: 'aborted', message }
  if (reason === 'NothingBefore') return { outcome: 'failed', message }
  // A person took the traffic by hand, and said why on the route.
  if (reason === 'Fenced' && detail) return { outcome: 'aborted', message: detail }
  if (reason === 'Fenced')
    return { outcome: 'superseded', message: `something newer owns the traffic: ${message}` }
  const hadTraffic = story.status().transitions.some(({ weight }) => weight > 0)
  const told = detail ? `${message}\n${detail}` : message
  return { outcome: hadTraffic ? 'rolled-back' : 'failed', message: told }
}

/** The outcome is told to the App and to the world before the workflow ends. */
async function finish({ release, stable }: ReleaseInput, story: Story): Promise<ReleaseFinished> {
  const { outcome = 'failed', message, revision, weight } = story.status()
  // A first release keeps the traffic however it ends.
  const holds = outcome === 'promoted' || (!stable && weight === 1000)
  const serves = holds && revision ? { revision, sha: release.sha } : stable
  const finished = { release, outcome, message, ...(serves && { stable: serves }) }
  await Promise.all([
    getExternalWorkflowHandle(appWorkflowId(release.app))
      .signal(releaseFinished, finished)
      .catch((error: unknown) => log.warn('the App does not run; it will find out by itself', { error })),
    story.told(),
  ])
  return finished
}
