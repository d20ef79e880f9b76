// Why a build ended badly, read from what its pod left: the commit's own fault, a limit, or the cluster's.
import { normalize } from 'node:path/posix'
import type { Condition, ContainerStatus, Job, Pod } from '../kinds.ts'
import { type BuildLimits, buildContainer, exitCodes } from './job.ts'

/** `commit`: trying again changes nothing. `cluster`: another try may do. */
export interface BuildFailure {
  readonly fault: 'commit' | 'cluster'
  readonly message: string
}

/** A pod that will not run as things are; undefined while there is hope. */
export function stuck(pod: Pod): BuildFailure | undefined {
  const waiting = containerOf(pod)?.state?.waiting
  if (waiting?.reason === undefined || !hopeless.has(waiting.reason)) return undefined
  return { fault: 'cluster', message: `its pod does not start: ${waiting.reason}: ${waiting.message ?? ''}` }
}

const hopeless = new Set([
  'ImagePullBackOff',
  'InvalidImageName',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
])

export interface Terms {
  readonly limits: BuildLimits
  /** Seconds. */
  readonly deadline: number
  /** The folder of the repository that was built. */
  readonly context: string
}

/** Why a pod that ended did not succeed. */
export function explain(pod: Pod, log: string, terms: Terms): BuildFailure {
  const { limits, deadline } = terms
  const { reason = '', message = '' } = pod.status ?? {}
  const ended = containerOf(pod)?.state?.terminated
  if (reason === 'DeadlineExceeded') {
    return { fault: 'commit', message: `it took longer than ${deadline} s, the limit for a build` }
  }
  if (reason === 'Evicted' && /exceed/i.test(message)) {
    return {
      fault: 'commit',
      message: `it needed more disk than the build's ${limits.storage}: ${message.trim()}`,
    }
  }
  if (ended?.reason === 'OOMKilled' || ended?.exitCode === exitCodes.died) {
    return { fault: 'commit', message: `it needed more memory than the build's ${limits.memory}` }
  }
  if (ended === undefined || ended.exitCode !== 1) {
    const why = [reason, message, ended && `exit code ${ended.exitCode}`].filter(Boolean).join(', ')
    return { fault: 'cluster', message: `its pod was lost (${why || 'no reason given'})` }
  }
  return explainLog(log, terms)
}

/** A Job that ended and has no pod to ask. */
export function explainJob({ status }: Job): BuildFailure | undefined {
  const failed = status?.conditions?.find(isTrue('Failed'))
  if (failed === undefined) return undefined
  return {
    fault: 'cluster',
    message: `its pod never ran or is gone: ${failed.reason ?? ''} ${failed.message ?? ''}`.trim(),
  }
}

export const isTrue =
  (type: string) =>
  (condition: Condition): boolean =>
    condition.type === type && condition.status === 'True'

export const containerOf = (pod: Pod): ContainerStatus | undefined =>
  pod.status?.containerStatuses?.find(({ name }) => name === buildContainer)

/** BuildKit ends its log with the step, the place in the Dockerfile and, to the end, `error: …`. */
function explainLog(log: string, { limits, context }: Terms): BuildFailure {
  const error = log.split(/^error: /im).at(-1) ?? ''
  if (error === log) return { fault: 'commit', message: 'it ended without saying why; see the log' }
  const place = last(log, /^(\S.*:\d+)\n-{10,}$/gm)?.[1]
  // BuildKit knows nothing of what lies around the folder.
  const at = place === undefined ? '' : ` (${normalize(`${context}/${place}`)})`
  const code = /did not complete successfully: exit code: (\d+)/.exec(error)?.[1]
  if (code !== undefined) {
    const step = last(log, /^ > (\[.+\] .+):$/gm)?.[1] ?? 'a step'
    const killed =
      code === '137' ? `; it was killed, as happens above the build's ${limits.memory} of memory` : ''
    return { fault: 'commit', message: `step ${step} ended with exit code ${code}${at}${killed}` }
  }
  const message = `${unwrap(error).slice(0, 500)}${at}`
  return { fault: passing.test(error) && !gone.test(error) ? 'cluster' : 'commit', message }
}

/**
 * What the network does to anybody, what fetching does after the manifest could be read, and what a registry does with an image
 * that is built; not a name that does not exist.
 */
const passing =
  /connection (refused|reset)|i\/o timeout|handshake timeout|server misbehaving|unexpected EOF|broken pipe|deadline exceeded|transport is closing|unexpected status.*: (429|5\d\d)|failed to fetch remote|failed to push/i
const gone = /not our ref/

/** The words around the reason are about BuildKit's inside. */
const unwrap = (error: string): string =>
  error
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/^failed to (solve|build): /, '')
    .replace(/^(\S+): failed to resolve source metadata for \1: /, '')
    .replace(/^failed to compute cache key: /, '')
    .replace(/^failed to calculate checksum of ref \S+: /, '')
    .replace(/^failed to load LLB: /, '')

const last = (text: string, pattern: RegExp): RegExpMatchArray | undefined =>
  [...text.matchAll(pattern)].at(-1)
