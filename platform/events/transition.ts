// What becomes of a release as CloudEvents, typed by CDEvents 0.4.1. Pure: no client in sight.
import { appKey } from '../../domain/app.ts'
import { type Outcome, type ReleaseStatus, releaseName, type Transition } from '../../domain/release.ts'
import type { CloudEvent } from '../platform.ts'
import { leftOut } from '../report/trim.ts'

/**
 * The events of what happened beyond the first `told` transitions, in order. The same transition makes the same ids, so that who
 * gets it twice can tell.
 */
export const eventsOf = (status: ReleaseStatus, told = 0): readonly CloudEvent[] =>
  tellings(status, told).flatMap(({ events }) => events)

/** What one transition is told by, and how many transitions are told with it. */
interface Telling {
  readonly events: readonly CloudEvent[]
  readonly told: number
}

/** The same events, one transition after the other. */
export const tellings = (status: ReleaseStatus, told = 0): readonly Telling[] =>
  momentsOf(status)
    .filter(({ index }) => index >= told)
    .map((moment) => ({
      events: happenings(status, moment).map((happening) => event(status, moment, happening)),
      told: moment.index + 1,
    }))

/** How many transitions there were so far, also those that the history has no room for: what `told` is next time. */
export const transitionsOf = ({ transitions }: ReleaseStatus): number =>
  transitions.reduce((count, { message }) => count + (leftOut(message) || 1), 0)

/** A transition, and how it stands in its history. */
interface Moment {
  readonly transition: Transition
  /** Among all that there ever were: leaving some out moves none of the others. */
  readonly index: number
  /** What the canary held before it. */
  readonly before: number
  /** It has had traffic before. */
  readonly served: boolean
}

function momentsOf({ transitions }: ReleaseStatus): readonly Moment[] {
  const moments: Moment[] = []
  let [index, before, served] = [0, 0, false]
  for (const transition of transitions) {
    const gone = leftOut(transition.message)
    if (gone === 0) moments.push({ transition, index, before, served })
    index += gone || 1
    before = transition.weight
    served ||= transition.weight > 0
  }
  return moments
}

/** One thing that happened: CDEvents' type of it, and what it happened to. */
interface Happening {
  readonly type: string
  /** What tells it from another one of the same transition. */
  readonly also?: string
  readonly subject: { readonly id: string; readonly type: string; readonly content: object }
}

/** Each transition is one, as the release's; where the service itself became another, it is one of the service's, too. */
function happenings(status: ReleaseStatus, moment: Moment): readonly Happening[] {
  const change = serviceChange(status, moment)
  return [ofRelease(status, moment), ...(change ? [ofService(status, change)] : [])]
}

/** A release is a run of Slipway's pipeline. CDEvents has no word for what lies between its start and its end: that has one of ours. */
function ofRelease(status: ReleaseStatus, { transition, index }: Moment): Happening {
  const { app } = status.release
  const id = `${app.namespace}/${releaseName(status.release)}`
  const run = (type: string, content: object) => ({ type, subject: { id, type: 'pipelineRun', content } })
  const { phase, weight } = transition
  if (phase === 'done') return run('dev.cdevents.pipelinerun.finished.0.2.0', ending(status))
  if (index === 0) return run('dev.cdevents.pipelinerun.started.0.2.0', { pipelineName: appKey(app) })
  const type = 'slipway-release'
  return { type: `dev.cdeventsx.${type}.changed.0.1.0`, subject: { id, type, content: { phase, weight } } }
}

function ending({ release: { app }, outcome, message }: ReleaseStatus): object {
  const pipelineName = appKey(app)
  return outcome === 'promoted'
    ? { pipelineName, outcome: 'success' }
    : { pipelineName, outcome: 'failure', errors: message }
}

type Change = 'deployed' | 'upgraded' | 'rolledback'

/** Deployed: it answers its first requests. Upgraded: it took the place of what was there. Rolled back: what was there has all of it again. */
function serviceChange(status: ReleaseStatus, { transition, before, served }: Moment): Change | undefined {
  const { cause, stable, revision } = status
  const { phase, weight } = transition
  const outcome: Outcome | undefined = phase === 'done' ? status.outcome : undefined
  if (cause === 'return') return outcome === 'promoted' ? 'rolledback' : undefined
  if (before > 0 && weight === 0 && (phase === 'rolling-back' || phase === 'done')) return 'rolledback'
  if (outcome === 'promoted' && stable !== undefined && stable !== revision) return 'upgraded'
  return weight > 0 && !served ? 'deployed' : undefined
}

function ofService(status: ReleaseStatus, change: Change): Happening {
  const { app } = status.release
  const content = { environment: { id: app.namespace }, artifactId: artifactOf(status, change) }
  return {
    type: `dev.cdevents.service.${change}.0.2.0`,
    also: 'service',
    subject: { id: appKey(app), type: 'service', content },
  }
}

/** The image that serves from now on, as a package URL; of what was there before, only the revision is known. */
function artifactOf(
  { release: { app }, image, stable, revision, cause }: ReleaseStatus,
  change: Change,
): string {
  const serves = change === 'rolledback' && cause !== 'return' ? stable : revision
  const [repository, digest] = image?.split('@') ?? []
  if (serves !== revision || !repository || !digest)
    return `pkg:generic/${app.namespace}/${app.name}@${serves}`
  const name = repository.split('/').at(-1) ?? app.name
  return `pkg:oci/${name}@${encodeURIComponent(digest)}?repository_url=${encodeURIComponent(repository)}`
}

function event(
  status: ReleaseStatus,
  { transition, index }: Moment,
  { type, also, subject }: Happening,
): CloudEvent {
  const { app, sha } = status.release
  const source = `/slipway/${appKey(app)}`
  const run = `${releaseName(status.release)}/${sha.slice(0, 7)}`
  const id = [run, index, ...(also ? [also] : [])].join('/')
  const time = new Date(transition.at).toISOString()
  return {
    specversion: '1.0',
    id,
    source,
    type,
    subject: subject.id,
    time,
    datacontenttype: 'application/json',
    data: {
      context: { version: '0.4.1', id, source, type, timestamp: time, chainId: `${app.namespace}/${run}` },
      subject: { ...subject, source },
      customData: { namespace: app.namespace, app: app.name, ...ours(status, transition) },
      customDataContentType: 'application/json',
    },
  }
}

/** What Slipway knows beyond CDEvents' words. Weights are thousandths. */
function ours(status: ReleaseStatus, { phase, weight, message, evidence }: Transition): object {
  const { release, commit, cause = 'push', by, revision, stable, image, outcome, supersededBy } = status
  const told = {
    release: releaseName(release),
    commit: release.sha,
    title: commit?.title,
    author: commit?.author,
    cause,
    by,
    phase,
    weight,
    message,
    revision,
    stable,
    image,
    evidence,
    ...(phase === 'done' && { outcome, supersededBy }),
  }
  return Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined))
}
