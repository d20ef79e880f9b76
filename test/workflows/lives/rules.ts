// The invariants, checked from outside at every call to the platform and once more when nothing goes on.
import type { AppRef } from '../../../domain/app.ts'
import type { ReleaseStatus } from '../../../domain/release.ts'
import type { Revision } from '../../../domain/revision.ts'
import { compareEpochs, formatEpoch } from '../../../domain/route.ts'
import type { Written } from '../../../platform/memory/gateway.ts'
import type { World, WorldCall } from '../../../platform/memory/world.ts'

export type Rules = ReturnType<typeof rules>

/** What a life knows that the world does not. */
export interface Known {
  /** The pushes that somebody told of. */
  readonly told: ReadonlySet<string>
  /** Commits that the branch was set back to. */
  readonly again: ReadonlySet<string>
  /** People asked for something that lets weight rise without a look. */
  readonly hurried: () => boolean
  /** Somebody ended a workflow from outside. */
  readonly violent: () => boolean
  /** Pods of running revisions changed, or answers went bad, by the script. */
  readonly healthy: () => boolean
}

export function rules(world: World, app: AppRef, known: Known) {
  const broken: string[] = []
  const refuse = (rule: string, why: string) => void broken.push(`${rule}: ${why}`)
  let seen = world.gateway.writes(app).length
  /** A reading was answered since the last write. */
  let looked = false

  function inUse(name: string): string | undefined {
    const route = world.gateway.route(app)
    if (route?.stable === name) return 'the route returns to it'
    const share = [...(route?.weights ?? []), ...(world.gateway.serves(app) ?? [])].find(
      ({ revision, weight }) => revision === name && weight > 0,
    )
    return share && `it has weight ${share.weight}`
  }

  function written(one: Written, before: Written | undefined) {
    const sum = one.weights.reduce((all, { weight }) => all + weight, 0)
    const whole = one.weights.every(({ weight }) => Number.isInteger(weight) && weight >= 0)
    if (sum !== 1000 || !whole) refuse('weights are a whole', JSON.stringify(one.weights))
    if (before && compareEpochs(one.epoch, before.epoch) <= 0)
      refuse('epochs only rise', `${formatEpoch(one.epoch)} after ${formatEpoch(before.epoch)}`)
    for (const { revision, weight } of one.weights) {
      const had = before?.weights.find((other) => other.revision === revision)?.weight ?? 0
      if (weight <= had) continue
      if (world.readyPods(revision) === 0 && !isReturn(one, revision))
        refuse('ready comes before weight', `${revision} got ${weight} without a ready pod`)
      const goesOn = before?.epoch.seq === one.epoch.seq
      if (goesOn && !isReturn(one, revision) && !looked && !known.hurried())
        refuse('weight rises after a look', `${revision} rose ${had} → ${weight} unseen`)
    }
    looked = false
  }
  /** Back to what holds the rest: its pods may be gone, there is nothing better. */
  const isReturn = (one: Written, revision: string) =>
    world.gateway.route(app)?.stable === revision && one.weights.length <= 2

  function ended(status: ReleaseStatus) {
    const route = world.gateway.route(app)
    const { release, outcome, stable, revision } = status
    if (!route || outcome === 'promoted' || !stable || route.epoch.seq > release.seq) return
    const others = route.weights.filter((one) => one.weight > 0 && one.revision !== stable)
    if (others.length > 0)
      refuse('back to what was stable', `${outcome} ${revision} leaves ${JSON.stringify(route.weights)}`)
  }

  function oneAtATime() {
    const open = world
      .releasesOf(app)
      .filter(({ outcome, phase }) => !outcome && phase !== 'pending')
      .map(({ release }) => release.seq)
    if (open.length > 1) refuse('one release at a time', `${open.join()} are under way`)
  }

  return {
    broken,
    refuse,
    before({ verb, arguments: [first, second] }: WorldCall) {
      const name = verb === 'deploy.remove' ? (second as string) : undefined
      const stops = verb === 'deploy.keep' || (verb === 'deploy.scale' && second === 0)
      const gone = name ?? (stops ? (first as Revision).name : undefined)
      const why = gone && inUse(gone)
      if (why) refuse('nothing in use is removed', `${gone} is stopped or removed: ${why}`)
    },
    after({ verb, arguments: [first] }: WorldCall) {
      if (verb === 'metrics.counters') looked = true
      const writes = world.gateway.writes(app)
      for (; seen < writes.length; seen += 1) written(writes[seen] as Written, writes[seen - 1])
      if (verb !== 'report.release') return
      if (!known.violent()) oneAtATime()
      const status = first as ReleaseStatus
      if (status.outcome) ended(status)
    },
    /** Nothing goes on any more. */
    atRest(first: string | undefined) {
      const releases = world.releasesOf(app)
      const open = releases.filter(({ outcome }) => !outcome).map(({ release }) => release.seq)
      if (open.length > 0) refuse('every release ends', `${open.join()} have no outcome`)
      for (const sha of known.told) {
        const outcomes = releases.filter(
          ({ release, cause = 'push' }) => release.sha === sha && cause === 'push',
        )
        const right = known.again.has(sha) ? outcomes.length > 0 : outcomes.length === 1
        if (!right)
          refuse('one outcome a push', `${sha.slice(0, 7)} has [${outcomes.map(({ outcome }) => outcome)}]`)
      }
      // A first release keeps the traffic however it ends: nothing served before it.
      const keeps = ({ outcome, stable, weight }: ReleaseStatus) =>
        outcome === 'promoted' || (!stable && weight === 1000)
      const last = releases.findLast(keeps)?.revision ?? first
      const serves = (world.gateway.serves(app) ?? []).filter(({ weight }) => weight > 0)
      const holds = serves.map(({ revision, weight }) => `${revision} ${weight}`).join()
      if (last ? holds !== `${last} 1000` : holds !== '')
        refuse('what was promoted last serves', `${last ?? 'nothing'} should, ${holds || 'nothing'} does`)
      const others = [...world.revisions.values()].filter(
        ({ revision, pods }) => pods > 0 && revision.name !== last,
      )
      if (others.length > 0 && !known.violent())
        refuse('what does not serve has no pods', others.map(({ revision }) => revision.name).join())
      const failed = world.gateway.failed(app)
      if (known.healthy() && failed > 0)
        refuse('healthy to healthy fails nobody', `${failed} requests failed`)
    },
  }
}
