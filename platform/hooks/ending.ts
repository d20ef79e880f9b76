// How a hook's pod ended, read from its status: an answer, or that it was lost and another try may bring one. Pure.
import type { ContainerStatus, Job, Pod } from '../kinds.ts'
import { hookContainer } from './job.ts'

export type Ending =
  | { readonly kind: 'passed' | 'refused'; readonly how: string; readonly said: string }
  | { readonly kind: 'lost'; readonly why: string }

/** Undefined while it goes on, and while there is hope that it begins. */
export function endingOf({ metadata, status }: Pod): Ending | undefined {
  const { phase, reason = '', message = '', conditions = [] } = status ?? {}
  const container = containerOf(status?.containerStatuses)
  if (phase !== 'Succeeded' && phase !== 'Failed') return stuck(container)
  const ended = container?.state?.terminated
  const said = ended?.message ?? ''
  if (phase === 'Succeeded') return { kind: 'passed', how: 'exit code 0', said }
  const disrupted = conditions.some((one) => one.type === 'DisruptionTarget' && one.status === 'True')
  if (metadata.deletionTimestamp || disrupted || reason || !ended || unknown.has(ended.reason ?? ''))
    return { kind: 'lost', why: `its pod was lost (${reasonOf(reason, message, disrupted)})` }
  return { kind: 'refused', how: howOf(ended), said }
}

/** A Job that has no pod any more, or never had one. */
export function endingOfJob(job: Job | undefined): Ending | undefined {
  if (!job) return { kind: 'lost', why: 'somebody removed its Job' }
  const is = (type: string) =>
    job.status?.conditions?.find((one) => one.type === type && one.status === 'True')
  if (is('Complete')) return { kind: 'passed', how: 'exit code 0', said: '' }
  const failed = is('Failed')
  if (!failed) return undefined
  return {
    kind: 'lost',
    why: `its pod is gone: ${[failed.reason, failed.message].filter(Boolean).join(', ')}`,
  }
}

/** The node does not know how it ended. */
const unknown = new Set(['ContainerStatusUnknown'])

const hopeless = new Set([
  'ErrImageNeverPull',
  'ImagePullBackOff',
  'InvalidImageName',
  'CreateContainerConfigError',
  'CreateContainerError',
])

function stuck(container: ContainerStatus | undefined): Ending | undefined {
  const { reason = '', message = '' } = container?.state?.waiting ?? {}
  if (!hopeless.has(reason)) return undefined
  return { kind: 'lost', why: `its pod does not start: ${reason}${message && `: ${message}`}` }
}

const containerOf = (all: readonly ContainerStatus[] = []): ContainerStatus | undefined =>
  all.find(({ name }) => name === hookContainer)

const reasonOf = (reason: string, message: string, disrupted: boolean): string =>
  [reason, message].filter(Boolean).join(': ') || (disrupted ? 'it was evicted' : 'it was deleted')

function howOf({ exitCode, reason }: { readonly exitCode: number; readonly reason?: string }): string {
  if (reason === 'OOMKilled') return 'it needed more memory than the revision’s pods have'
  if (reason === 'StartError' || reason === 'ContainerCannotRun') return 'it cannot be started'
  return `exit code ${exitCode}`
}
