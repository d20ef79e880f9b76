// A Release's and an App's status as Kubernetes objects, and the Event of a transition. Pure: no client in sight.
import { createHash } from 'node:crypto'
import type { ReleaseStatus } from '../../domain/release.ts'
import { releaseName } from '../../domain/release.ts'
import { appLabels } from '../deploy/objects.ts'
import type { Condition, Custom, Event } from '../kinds.ts'
import type { Named, Stored } from '../kubernetes.ts'
import type { AppEvent, AppStatus } from '../platform.ts'
import { proven } from './proven.ts'

/** What a release is and never ceases to be. */
export function releaseObject({ release }: ReleaseStatus): Named<Custom> {
  const { app, seq, sha } = release
  const labels = { ...appLabels(app), 'slipway.dev/commit': sha }
  return {
    metadata: { name: releaseName(release), namespace: app.namespace, labels },
    spec: { app: app.name, seq, sha },
  }
}

/** One for each phase and outcome: its name is made of them, so that a report told twice is recorded once. */
export function releaseEvent(status: ReleaseStatus, release: Stored<Custom>, now: number): Named<Event> {
  const { phase, outcome, message } = status
  const bad = phase === 'rolling-back' || (outcome !== undefined && outcome !== 'promoted')
  const reason = pascal(outcome ?? phase)
  const said = { reason, type: bad ? 'Warning' : 'Normal', message } as const
  return event('Release', release, said, outcome ?? phase, now)
}

/** One a day for what is said: its name is made of both. */
export function appEvent(said: AppEvent, app: Stored<Custom>, now: number): Named<Event> {
  const words = createHash('sha256').update(`${said.reason} ${said.message}`).digest('hex').slice(0, 12)
  return event('App', app, said, `${words}.${dayOf(now)}`, now)
}

/** `2026-01-31`. */
export const dayOf = (now: number): string => new Date(now).toISOString().slice(0, 10)

function event(
  kind: 'App' | 'Release',
  { metadata }: Stored<Custom>,
  { reason, type, message }: AppEvent,
  name: string,
  now: number,
): Named<Event> {
  const { namespace, uid, resourceVersion } = metadata
  return {
    metadata: { name: `${metadata.name}.${uid.slice(0, 8)}.${name}`, namespace },
    eventTime: new Date(now).toISOString().replace('Z', '000Z'),
    reportingController: 'slipway.dev/report',
    reportingInstance: 'slipway',
    action: kind,
    reason,
    type,
    note: message.slice(0, 1000),
    regarding: {
      apiVersion: 'slipway.dev/v1beta1',
      kind,
      name: metadata.name,
      namespace,
      uid,
      resourceVersion,
    },
  }
}

/**
 * By the rules of kstatus: Ready is what is wanted, Reconciling what is under way, Stalled what will not move by itself.
 * Proven and Waiting are ours: a release may be promoted without the one, and goes on when the other ends.
 */
export function releaseConditions(
  status: ReleaseStatus,
  there: Stored<Custom>,
  now: number,
): readonly Condition[] {
  const { phase, outcome, message, stalled, waiting } = status
  const reason = pascal(outcome ?? phase)
  const failed = outcome !== undefined && outcome !== 'promoted'
  return settled(there, now, [
    { type: 'Ready', status: outcome === 'promoted' ? 'True' : 'False', reason, message },
    { type: 'Reconciling', status: outcome ? 'False' : 'True', reason, message },
    stalled === undefined
      ? { type: 'Stalled', status: failed ? 'True' : 'False', reason, message }
      : { type: 'Stalled', status: 'True', reason: 'NoData', message: stalled },
    { type: 'Proven', ...proven(status) },
    waiting && !outcome
      ? { type: 'Waiting', status: 'True', reason: pascal(waiting.for), message: waiting.message }
      : { type: 'Waiting', status: 'False', reason, message: 'it waits for nobody' },
  ])
}

export function appConditions(status: AppStatus, there: Stored<Custom>, now: number): readonly Condition[] {
  const { stable, active, message, frozen } = status
  const reason = active ? 'Releasing' : stable ? 'Serving' : 'NothingReleased'
  return settled(there, now, [
    { type: 'Ready', status: stable ? 'True' : 'False', reason, message },
    { type: 'Reconciling', status: active ? 'True' : 'False', reason, message },
    { type: 'Stalled', status: 'False', reason, message },
    frozen
      ? { type: 'Frozen', status: 'True', reason: 'Frozen', message: frozenBy(frozen) }
      : { type: 'Frozen', status: 'False', reason: 'NotFrozen', message: 'nobody froze it' },
  ])
}

const frozenBy = ({ by, reason }: NonNullable<AppStatus['frozen']>): string =>
  `frozen by ${by}${reason && `: ${reason}`}; nothing new begins, and no weight rises, until unfreeze`

/** A condition keeps its time for as long as it keeps its status. */
function settled(there: Stored<Custom>, now: number, conditions: readonly Condition[]): readonly Condition[] {
  const before = (there.status?.conditions ?? []) as readonly Condition[]
  const observedGeneration = there.metadata.generation ?? 1
  return conditions.map((condition) => {
    const same = before.find(({ type, status }) => type === condition.type && status === condition.status)
    const lastTransitionTime = same?.lastTransitionTime ?? new Date(now).toISOString().replace(/\.\d+Z$/, 'Z')
    const message = (condition.message ?? '').slice(0, 1000)
    return { ...condition, message, observedGeneration, lastTransitionTime }
  })
}

/** `rolling-out` → `RollingOut`. */
const pascal = (word: string): string =>
  word.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase())
