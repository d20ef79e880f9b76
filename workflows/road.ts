// What a rollout goes on, and the one way to move its traffic.
import { ApplicationFailure, patched } from '@temporalio/workflow'
import type { Served, Shift } from '../activities/traffic.ts'
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

/** What becomes of the canary while it may not have more: ends when the gates would let it rise. */
export type Meanwhile = () => Promise<void>

/** Raises the weight as soon as nothing keeps it from rising. Undefined when a person promoted the canary meanwhile. */
export async function raise(
  { gates }: Road,
  rise: () => Promise<number | undefined>,
  meanwhile: Meanwhile,
): Promise<number | undefined> {
  for (;;) {
    const servedAt = await rise()
    if (servedAt !== undefined) return servedAt
    await meanwhile()
    if (gates.promoted()) return undefined
  }
}

/** Ends when the gateway serves the weight; says since when. Undefined when it would rise, and may not at this moment. */
export async function shiftTo(
  road: Road,
  phase: Phase,
  weight: number,
  step: string,
): Promise<number | undefined> {
  const { story, canary } = road
  const before = story.status().weight
  const summary = `weight ${percent(before)} → ${percent(weight)}`
  const route = shared(road, weight)
  // Who takes traffic from the canary waits neither for its pods, which may be why, nor for a window.
  const { servedAt } =
    weight > before
      ? await riseNow(road, { route, rise: riseTo(road, weight) }, summary)
      : await shift({ route }, summary)
  if (servedAt === undefined) return undefined
  story.note(phase, `the gateway serves ${percent(weight)} from ${canary.name}`, { weight, step })
  return servedAt
}

/** The watch that let it rise has ended: what has changed since is asked for again. */
async function riseNow(
  { gates, plan: { windows }, story }: Road,
  asked: Shift,
  summary: string,
): Promise<Partial<Served>> {
  if (gates.isHeld() && patched('held at the rise')) return {}
  const risen = await shift({ ...asked, ...(windows && { windows }) }, summary)
  const { phase, weight } = story.status()
  if (risen.servedAt === undefined) story.note(phase, `stays at ${percent(weight)}: ${risen.closed}`)
  return risen
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
  const { canary, stable } = road
  const { servedAt = Date.now() } = await shift(all(road), `100 % for ${canary.name}`)
  if (!stable) road.story.tell('rolling-out', `${canary.name} has all traffic`, { weight: 1000 })
  return servedAt
}

/** The same for what was watched: as soon as nothing keeps it from rising. What a person promotes meanwhile waits for nothing. */
export async function takeAllInTime(road: Road, meanwhile: Meanwhile): Promise<number> {
  const rise = async () => (await riseNow(road, all(road), `100 % for ${road.canary.name}`)).servedAt
  return (await raise(road, rise, meanwhile)) ?? takeAll(road)
}

function all(road: Ground): Shift {
  const { canary, hosts } = road
  const route = { ...write(road, [alone(canary.name)]), hosts: hosts.own, stable: canary.name }
  return { route, rise: riseTo(road, 1000) }
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
