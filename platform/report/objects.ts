// A Release's and an App's status as Kubernetes objects, and the Event of a transition. Pure: no client in sight.
import type { ReleaseStatus } from '../../domain/release.ts'
import { releaseName } from '../../domain/release.ts'
import { appLabels } from '../deploy/objects.ts'
import type { Condition, Custom, Event } from '../kinds.ts'
import type { Named, Stored } from '../kubernetes.ts'
import type { AppStatus } from '../platform.ts'
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
  const { name, namespace, uid, resourceVersion } = release.metadata
  const bad = phase === 'rolling-back' || (outcome !== undefined && outcome !== 'promoted')
  return {
    metadata: { name: `${name}.${uid.slice(0, 8)}.${outcome ?? phase}`, namespace },
    eventTime: new Date(now).toISOString().replace('Z', '000Z'),
    reportingController: 'slipway.dev/report',
    reportingInstance: 'slipway',
    action: 'Release',
    reason: pascal(outcome ?? phase),
    type: bad ? 'Warning' : 'Normal',
    note: message.slice(0, 1000),
    regarding: { apiVersion: 'slipway.dev/v1beta1', kind: 'Release', name, namespace, uid, resourceVersion },
  }
}

/**
 * By the rules of kstatus: Ready is what is wanted, Reconciling what is under way, Stalled what will not move by itself.
 * Proven is ours: a release may be promoted without it.
 */
export function releaseConditions(
  status: ReleaseStatus,
  there: Stored<Custom>,
  now: number,
): readonly Condition[] {
  const { phase, outcome, message, stalled } = status
  const reason = pascal(outcome ?? phase)
  const failed = outcome !== undefined && outcome !== 'promoted'
  return settled(there, now, [
    { type: 'Ready', status: outcome === 'promoted' ? 'True' : 'False', reason, message },
    { type: 'Reconciling', status: outcome ? 'False' : 'True', reason, message },
    stalled === undefined
      ? { type: 'Stalled', status: failed ? 'True' : 'False', reason, message }
      : { type: 'Stalled', status: 'True', reason: 'NoData', message: stalled },
    { type: 'Proven', ...proven(status) },
  ])
}

export function appConditions(status: AppStatus, there: Stored<Custom>, now: number): readonly Condition[] {
  const { stable, active, message } = status
  const reason = active ? 'Releasing' : stable ? 'Serving' : 'NothingReleased'
  return settled(there, now, [
    { type: 'Ready', status: stable ? 'True' : 'False', reason, message },
    { type: 'Reconciling', status: active ? 'True' : 'False', reason, message },
    { type: 'Stalled', status: 'False', reason, message },
  ])
}

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
