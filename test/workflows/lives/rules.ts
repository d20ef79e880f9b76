// The invariants, checked from outside at every call to the platform and once more when nothing goes on.
import { Context } from '@temporalio/activity'
import type { ReleaseStatus } from '../../../domain/release.ts'
import type { Revision } from '../../../domain/revision.ts'
import { compareEpochs, formatEpoch, sameWeights } from '../../../domain/route.ts'
import type { Written } from '../../../platform/memory/gateway.ts'
import type { WorldCall } from '../../../platform/memory/world.ts'
import { gateOfTwo } from './file.ts'
import type { Home } from './home.ts'

const mutating = /^(?:traffic\.write|deploy\.(?:create|scale|keep|remove)|build\.build)$/

export function rules({ world, app, known }: Pick<Home, 'world' | 'app' | 'known'>) {
  const broken: string[] = []
  const refuse = (rule: string, why: string) => void broken.push(`${rule}: ${why}`)
  let seen = 0
  /** A reading was answered since the last write. */
  let looked = false
  /** The newest release that changed anything. */
  let newest = 0

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
    const order = before ? compareEpochs(one.epoch, before.epoch) : 1
    // What another changed is written once more as it was.
    if (order < 0 || (order === 0 && !sameWeights(one.weights, before?.weights ?? [])))
      refuse(
        'epochs only rise',
        `${formatEpoch(one.epoch)} after ${before ? formatEpoch(before.epoch) : 'none'}`,
      )
    for (const { revision, weight } of one.weights) {
      const had = before?.weights.find((other) => other.revision === revision)?.weight ?? 0
      if (weight > had) risen(one, before, { revision, weight, had })
    }
    looked = false
  }

  function risen(
    one: Written,
    before: Written | undefined,
    { revision, weight, had }: { revision: string; weight: number; had: number },
  ) {
    if (isReturn(one, revision)) return
    if (world.readyPods(revision) === 0)
      refuse('ready comes before weight', `${revision} got ${weight} without a ready pod`)
    const release = `${app.name}-${one.epoch.seq}`
    const goesOn = before?.epoch.seq === one.epoch.seq && hadWeight(one, revision)
    if (goesOn && !looked && !known.hurried(release))
      refuse('weight rises after a look', `${revision} rose ${had} → ${weight} unseen`)
    const status = world.releasesOf(app).find((other) => other.release.seq === one.epoch.seq)
    const file = known.files.get(status?.release.sha ?? '') ?? ''
    const isGated = file.includes(gateOfTwo) && status?.stable && status.cause !== 'return' && weight >= 500
    if (isGated && known.approvals(release) < 2 && !known.hurried(release))
      refuse('gates hold', `${revision} rose to ${weight} with ${known.approvals(release)} of 2 approvals`)
  }

  /** Nobody can have looked at what has had no request yet. */
  const hadWeight = ({ epoch }: Written, revision: string) =>
    world.gateway
      .writes(app)
      .some(
        (other) =>
          other.epoch.seq === epoch.seq &&
          other.epoch.n < epoch.n &&
          other.weights.some((share) => share.revision === revision && share.weight > 0),
      )

  /** Back to what holds the rest: its pods may be gone, there is nothing better. */
  const isReturn = (one: Written, revision: string) =>
    world.gateway.route(app)?.stable === revision && one.weights.length <= 2 && !takesAll(one, revision)
  /** From this write on the route returns to it: it was the canary. */
  const takesAll = (one: Written, revision: string) => {
    const status = world.releasesOf(app).find(({ release }) => release.seq === one.epoch.seq)
    return status?.revision === revision && status.stable !== undefined && status.stable !== revision
  }

  function ended(status: ReleaseStatus) {
    const route = world.gateway.route(app)
    const { release, outcome, stable, revision } = status
    if (!route || outcome === 'promoted' || !stable || route.epoch.seq > release.seq) return
    const { weights } = route.drift?.written ?? route
    const others = weights.filter((one) => one.weight > 0 && one.revision !== stable)
    if (others.length > 0)
      refuse('back to what was stable', `${outcome} ${revision} leaves ${JSON.stringify(route.weights)}`)
  }

  /** By what they do, not by what was reported: a release's last word may come when the next one has begun. */
  function oneAtATime(verb: string): void {
    const seq = caller()
    if (seq === undefined || !mutating.test(verb)) return
    if (seq < newest) refuse('one release at a time', `${verb} by ${seq}, and ${newest} is under way`)
    newest = Math.max(newest, seq)
  }

  return {
    broken,
    refuse,
    /** What is there now was there before. */
    begin() {
      seen = world.gateway.writes(app).length
    },
    before({ verb, arguments: [first, second] }: WorldCall) {
      if (!known.violent()) oneAtATime(verb)
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
      const status = first as ReleaseStatus
      if (status.outcome) ended(status)
    },
    /** Nothing goes on any more. */
    atRest(first: string | undefined) {
      const releases = world.releasesOf(app)
      const open = releases.filter(({ outcome }) => !outcome).map(({ release }) => release.seq)
      if (open.length > 0) refuse('every release ends', `${open.join()} have no outcome`)
      for (const sha of known.told()) {
        const outcomes = releases.filter(
          ({ release, cause = 'push' }) => release.sha === sha && cause === 'push',
        )
        const few = known.forgotten().has(sha) ? 0 : 1
        const many = known.again.has(sha) ? Number.POSITIVE_INFINITY : 1
        if (outcomes.length < few || outcomes.length > many)
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

/** The number of the release on whose behalf the platform is called. */
function caller(): number | undefined {
  try {
    const [kind, , , ref = ''] = (Context.current().info.workflowExecution?.workflowId ?? '').split('/')
    return kind === 'release' ? Number(ref.split('-')[0]) : undefined
  } catch {
    return undefined
  }
}
