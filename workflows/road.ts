// What a rollout goes on, and the one way to move its traffic.
import type { Shift } from '../activities/traffic.ts'
import type { Phase, Plan } from '../domain/release.ts'
import type { Revision } from '../domain/revision.ts'
import type { Epoch, Weight } from '../domain/route.ts'
import { returning, shifting } from './activities.ts'
import { percent } from './details.ts'
import type { ReleaseInput } from './messages.ts'
import type { Story } from './story.ts'

/** The same from the first step to the last. */
export interface Road {
  readonly story: Story
  readonly plan: Plan
  readonly canary: Revision
  readonly stable: ReleaseInput['stable']
  /** Each write of the route carries the next one. */
  readonly nextEpoch: () => Epoch
}

/** Ends when the gateway serves the weight; says since when. */
export async function shiftTo(road: Road, phase: Phase, weight: number, step: string): Promise<number> {
  const { story, canary } = road
  const before = story.status().weight
  const summary = `weight ${percent(before)} → ${percent(weight)}`
  // Who takes traffic from the canary does not wait for its pods: they may be why.
  const rises = weight > before ? { rises: canary } : {}
  const { servedAt } = await shift({ route: write(road, shares(road, weight)), ...rises }, summary)
  story.note(phase, `the gateway serves ${percent(weight)} from ${canary.name}`, { weight, step })
  return servedAt
}

/** Silence may mean that the route was changed: it is written again, or found to have a newer owner. */
export async function shiftAgain(road: Road, weight: number): Promise<void> {
  await shift({ route: write(road, shares(road, weight)) }, `still ${percent(weight)}`)
}

/** The canary gets no traffic. */
export async function shiftToNothing(road: Road, reason: string): Promise<void> {
  await shift({ route: write(road, shares(road, 0)) }, `weight 0 %: ${reason}`)
}

/** All traffic, for good, and at the push's own hosts: from this write on a rescue returns to the canary. */
export async function takeAll(road: Road): Promise<void> {
  const { canary, stable, plan } = road
  const { hosts } = plan.spec.route
  const route = { ...write(road, [alone(canary.name)]), hosts, stable: canary.name }
  await shift({ route, rises: canary }, `100 % for ${canary.name}`)
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

const shift = (asked: Shift, summary: string) =>
  shifting.shiftTraffic.executeWithOptions({ summary }, [asked])

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
