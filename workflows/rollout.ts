// Moves the traffic step by step: shift, watch, and on to the next while the judge allows it.
import { ApplicationFailure } from '@temporalio/workflow'
import type { Watch, Watched } from '../activities/metrics.ts'
import type { Shift } from '../activities/traffic.ts'
import type { Phase, Plan, Step } from '../domain/release.ts'
import type { Revision } from '../domain/revision.ts'
import type { Epoch, Weight } from '../domain/route.ts'
import { awaiting, returning, shifting, watching } from './activities.ts'
import { percent } from './details.ts'
import type { ReleaseInput } from './messages.ts'
import type { Story } from './story.ts'

/** What a rollout goes on: the same from the first step to the last. */
export interface Road {
  readonly story: Story
  readonly plan: Plan
  readonly canary: Revision
  readonly stable: ReleaseInput['stable']
  /** Each write of the route carries the next one. */
  readonly nextEpoch: () => Epoch
}

/** What ends a step's watch. */
type Seen = Exclude<Watched, { kind: 'stalled' | 'watching' }>

/** Every step below full. */
export async function rollOut(road: Road): Promise<void> {
  const steps = road.plan.steps.filter(({ weight }) => weight < 1000)
  for (const [index, step] of steps.entries()) {
    await hold(road, 'rolling-out', step, `${index + 1}/${steps.length}`)
  }
}

/** The watch at full, while the old revision is still warm; a plan's own step at full is this one. */
export async function bake(road: Road): Promise<void> {
  const { steps, bake } = road.plan
  const full = steps.find(({ weight }) => weight === 1000)
  await hold(road, 'baking', { weight: 1000, for: Math.max(bake, full?.for ?? 0) }, 'full')
}

/** All traffic, for good, and at the push's own hosts: from this write on a rescue returns to the canary. */
export async function takeAll(road: Road): Promise<void> {
  const { canary, stable, plan } = road
  const { hosts } = plan.spec.route
  const route = { ...write(road, [alone(canary.name)]), hosts, stable: canary.name }
  await shift(road, route, `100 % for ${canary.name}`)
  if (!stable) road.story.tell('rolling-out', `${canary.name} has all traffic`, { weight: 1000 })
}

/** All traffic back to the stable revision, and the canary off the route. Never gives up, but to something newer. */
export async function giveBack(road: Road): Promise<void> {
  const { stable, story } = road
  if (!stable) return
  const summary = `100 % back to ${stable.revision}`
  await returning.returnTraffic.executeWithOptions({ summary }, [write(road, [alone(stable.revision)])])
  story.tell('rolling-back', `all traffic is back on ${stable.revision}`, { weight: 0 })
}

/** One weight, held until the judge is content with it. */
async function hold(road: Road, phase: Phase, step: Step, name: string): Promise<void> {
  for (;;) {
    const since = await shiftTo(road, phase, step.weight, name)
    if (step.for === 0) return
    const seen = await watch(road, step, since)
    if (seen.kind !== 'blind') return conclude(road, phase, step, seen)
    await waitInSafety(road, phase, seen.reason)
  }
}

async function shiftTo(road: Road, phase: Phase, weight: number, step: string): Promise<number> {
  const { story, canary } = road
  const summary = `weight ${percent(story.status().weight)} → ${percent(weight)}`
  const { servedAt } = await shift(road, write(road, shares(road, weight)), summary)
  story.note(phase, `the gateway serves ${percent(weight)} from ${canary.name}`, { weight, step })
  return servedAt
}

const shift = ({ canary }: Road, route: Shift['route'], summary: string) =>
  shifting.shiftTraffic.executeWithOptions({ summary }, [{ route, rises: canary }])

/** Watches until there is a verdict, however long there is nothing to see. */
async function watch(road: Road, step: Step, since: number): Promise<Seen> {
  const { story, plan } = road
  const { onNoTraffic } = plan.spec.release
  const summary = `watch ${percent(step.weight)} for ${step.for / 1000} s`
  let state: Watch['state']
  for (;;) {
    const status = story.status()
    const stalled = status.stalled !== undefined
    const question = { ...ask(road, since), for: step.for }
    const asked = { app: plan.release.app, question, onNoTraffic, stalled, status, ...(state && { state }) }
    const seen = await watching.watchStep.executeWithOptions({ summary }, [asked])
    if (seen.kind !== 'stalled' && seen.kind !== 'watching') return seen
    state = seen.state
    if (seen.kind === 'stalled') story.stall(seen.reason)
    // Silence may mean that the route was changed: it is written again, or found to have a newer owner.
    await shift(road, write(road, shares(road, step.weight)), `still ${percent(step.weight)}`)
  }
}

function conclude(
  { story }: Road,
  phase: Phase,
  step: Step,
  { kind, reason, evidence }: Exclude<Seen, { kind: 'blind' }>,
): void {
  story.stall(undefined)
  story.note(phase, `${percent(step.weight)} is ${kind}: ${reason}`, { evidence })
  if (kind === 'harmful') throw ApplicationFailure.nonRetryable(reason, 'Harmful')
}

/** Nobody sees what the canary does: it gets no traffic until somebody does. */
async function waitInSafety(road: Road, phase: Phase, reason: string): Promise<void> {
  const { story, plan } = road
  await shifting.shiftTraffic.executeWithOptions({ summary: `weight 0 %: ${reason}` }, [
    { route: write(road, shares(road, 0)) },
  ])
  story.tell(phase, `${reason}: the canary gets no traffic until they return`, { weight: 0 })
  story.stall(reason)
  const question = { ...ask(road, 0), for: 0 }
  await awaiting.awaitMetrics.executeWithOptions({ summary: 'until the metrics return' }, [
    { app: plan.release.app, question },
  ])
  story.stall(undefined)
}

const ask = ({ plan, canary, stable }: Road, since: number) => {
  const { objectives } = plan.spec.release
  return { canary: canary.name, stable: stable?.revision, objectives, since }
}

const alone = (revision: string): Weight => ({ revision, weight: 1000 })

/** The canary's weight and the stable revision's rest. */
const shares = ({ canary, stable }: Road, weight: number): readonly Weight[] => [
  ...(stable ? [{ revision: stable.revision, weight: 1000 - weight }] : []),
  { revision: canary.name, weight },
]

/** While it can be taken back, the route keeps the hosts that it has. */
function write({ plan, canary, stable, nextEpoch }: Road, weights: readonly Weight[]): Shift['route'] {
  const { app } = plan.release
  const hosts = plan.servedHosts ?? plan.spec.route.hosts
  const returnTo = stable?.revision ?? canary.name
  return { app, hosts, weights, epoch: nextEpoch(), stable: returnTo }
}
