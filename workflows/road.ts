// What a rollout goes on, and the one way to move its traffic.
import { ApplicationFailure } from '@temporalio/workflow'
import type { Shift } from '../activities/traffic.ts'
import type { AppRef } from '../domain/app.ts'
import type { Scale } from '../domain/capacity.ts'
import type { Phase, Plan } from '../domain/release.ts'
import type { Revision } from '../domain/revision.ts'
import type { Epoch, Weight } from '../domain/route.ts'
import { returning, shifting } from './activities.ts'
import { percent } from './details.ts'
import type { Gates } from './gates.ts'
import type { ReleaseInput } from './messages.ts'
import type { Story } from './story.ts'

/** What traffic is moved on. */
export interface Ground {
  readonly story: Story
  readonly app: AppRef
  /** The release’s number. */
  readonly seq: number
  /** How many revisions that served before stay addressable. */
  readonly keepServed: number
  /** How many pods the canary has on its way. */
  readonly scale: Scale
  /** What gets the traffic. */
  readonly canary: Revision
  /** What had it before. */
  readonly stable: ReleaseInput['stable']
  /** The hosts that are served with promotion, and until then. */
  readonly hosts: { readonly own: readonly string[]; readonly served: readonly string[] }
  /** Each write of the route carries the next one. */
  readonly nextEpoch: () => Epoch
}

/** The same from the first step to the last. */
export interface Road extends Ground {
  readonly plan: Plan
  /** What keeps the weight from rising. */
  readonly gates: Gates
}

/** Ends when the gateway serves the weight; says since when. */
export async function shiftTo(road: Road, phase: Phase, weight: number, step: string): Promise<number> {
  const { story, canary } = road
  const before = story.status().weight
  const summary = `weight ${percent(before)} → ${percent(weight)}`
  // Who takes traffic from the canary does not wait for its pods: they may be why.
  const rise = weight > before ? { rise: riseTo(road, weight) } : {}
  const { servedAt } = await shift({ route: shared(road, weight), ...rise }, summary)
  story.note(phase, `the gateway serves ${percent(weight)} from ${canary.name}`, { weight, step })
  return servedAt
}

const riseTo = ({ canary, stable, scale }: Ground, share: number): Shift['rise'] & object => ({
  canary,
  share,
  scale,
  ...(stable && { beside: stable.revision }),
})

/** Silence may mean that the route was changed: it is written again, or found to have a newer owner. */
export async function shiftAgain(road: Road, weight: number): Promise<void> {
  await shift({ route: shared(road, weight) }, `still ${percent(weight)}`)
}

/** The canary was seen to harm: the way forward ends here, unless the App has a person decide. Returns when they promoted it. */
export async function endForHarm({ plan, gates }: Road, reason: string): Promise<void> {
  if (plan.spec.release.onFailure !== 'hold') throw ApplicationFailure.nonRetryable(reason, 'Harmful')
  await gates.decide(reason)
}

/** The canary gets no traffic. */
export async function shiftToNothing(road: Road, reason: string): Promise<void> {
  await shift({ route: shared(road, 0) }, `weight 0 %: ${reason}`)
}

/** Before its first weight the canary can be met by those who ask for it by name. */
export async function show(road: Road): Promise<void> {
  if (road.stable) await shiftToNothing(road, 'only for those who ask for it')
}

/** All traffic, for good, and at the push's own hosts: from this write on a rescue returns to the canary. Says since when. */
export async function takeAll(road: Ground): Promise<number> {
  const { canary, stable, hosts } = road
  const route = { ...write(road, [alone(canary.name)]), hosts: hosts.own, stable: canary.name }
  const { servedAt } = await shift({ route, rise: riseTo(road, 1000) }, `100 % for ${canary.name}`)
  if (!stable) road.story.tell('rolling-out', `${canary.name} has all traffic`, { weight: 1000 })
  return servedAt
}

/** All traffic back to the stable revision, and the canary off the route. Never gives up, but to something newer. */
export async function giveBack(road: Ground): Promise<void> {
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
const shares = ({ canary, stable }: Ground, weight: number): readonly Weight[] => [
  ...(stable ? [{ revision: stable.revision, weight: 1000 - weight }] : []),
  { revision: canary.name, weight },
]

/** The canary's share, and the ways to it beside its share. */
function shared(road: Road, weight: number): Shift['route'] {
  const { canary, stable, plan } = road
  const { preview } = plan.spec.route
  return {
    ...write(road, shares(road, weight)),
    direct: [...(stable ? [stable.revision] : []), canary.name],
    ...(preview && { preview: { hosts: preview, revision: canary.name } }),
  }
}

/** While it can be taken back, the route keeps the hosts that it has. */
function write(
  { app, hosts, canary, stable, nextEpoch }: Ground,
  weights: readonly Weight[],
): Shift['route'] {
  const returnTo = stable?.revision ?? canary.name
  return { app, hosts: hosts.served, weights, epoch: nextEpoch(), stable: returnTo }
}
