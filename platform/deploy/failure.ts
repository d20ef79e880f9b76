// Why a revision's pods cannot become ready without a new revision; some reasons need a moment to be believed.
import type { Condition, ContainerStatus, Deployment, Pod } from '../kinds.ts'

/** Registries and quotas recover by themselves now and then: milliseconds for which they may. */
const grace = 30_000
/** A crash may be a neighbour's fault; three in a row are the revision's. */
const crashes = 3

const atOnce = ['InvalidImageName', 'ErrImageNeverPull']
const afterGrace = ['ErrImagePull', 'ImagePullBackOff', 'CreateContainerConfigError', 'CreateContainerError']

/** One sentence for people; undefined while there is hope. Pure. */
export function hopeless(deployment: Deployment, pods: readonly Pod[], now: number): string | undefined {
  for (const pod of pods) {
    const why = podFailure(pod, now)
    if (why) return why
  }
  return deploymentFailure(deployment, now)
}

function podFailure(pod: Pod, now: number): string | undefined {
  if (pod.metadata.deletionTimestamp) return undefined
  const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {}
  for (const container of [...initContainerStatuses, ...containerStatuses]) {
    const why = containerFailure(container, now - time(pod.status?.startTime, now))
    if (why) return `pod ${pod.metadata.name}: ${why}`
  }
  return undefined
}

function containerFailure(container: ContainerStatus, age: number): string | undefined {
  const { reason = '', message = '' } = container.state?.waiting ?? {}
  if (atOnce.includes(reason) || (afterGrace.includes(reason) && age > grace)) {
    return `${reason}: ${message || 'the container cannot be made'}`
  }
  if (reason !== 'CrashLoopBackOff' || container.restartCount < crashes) return undefined
  const last = container.lastState?.terminated
  const how = last
    ? ` with code ${last.exitCode}${last.reason === 'OOMKilled' ? ' (out of memory)' : ''}`
    : ''
  return `CrashLoopBackOff: ended ${container.restartCount} times${how}; see its log`
}

function deploymentFailure({ status }: Deployment, now: number): string | undefined {
  const is = (type: string, state: Condition['status'], reason?: string) =>
    status?.conditions?.find(
      (one) => one.type === type && one.status === state && (!reason || one.reason === reason),
    )
  const denied = is('ReplicaFailure', 'True')
  if (denied && now - time(denied.lastTransitionTime, now) > grace) {
    return `pods are denied: ${denied.message ?? denied.reason ?? 'no reason given'}`
  }
  const late = is('Progressing', 'False', 'ProgressDeadlineExceeded')
  return late && `ProgressDeadlineExceeded: ${late.message ?? 'the pods did not become ready'}`
}

const time = (text: string | undefined, otherwise: number): number => (text ? Date.parse(text) : otherwise)
