// What a release cost and how quick it was, from records that are not Slipway's own wherever there are any.
import { readFileSync } from 'node:fs'
import type { ReleaseStatus } from '../domain/release.ts'
import { type ApiCall, byKind } from './audit.ts'
import { firstOf, type Sample } from './load.ts'
import type { Served } from './served.ts'

/** Everything that was recorded while a release ran. */
export interface ReleaseRecord {
  /** When `git push` was started, in milliseconds since the epoch. */
  readonly pushedAt: number
  /** What the app answers in its version header. */
  readonly version: string
  readonly status: ReleaseStatus
  readonly served: readonly Served[]
  readonly samples: readonly Sample[]
  readonly calls: readonly ApiCall[]
  readonly temporalEvents: number
}

/** Milliseconds and counts; what was not seen is absent, never 0. */
export interface ReleaseMeasures {
  readonly release: string
  readonly outcome: string
  readonly pushToStarted: number
  readonly startedToImage?: number
  readonly imageToFirstRequest?: number
  readonly decisionToZero?: number
  readonly weightToServed?: { readonly changes: number; readonly median: number; readonly max: number }
  readonly whole?: number
  readonly temporalEvents: number
  readonly kubernetesCalls: number
  readonly kubernetesCallsByKind: Readonly<Record<string, number>>
}

export function measure(record: ReleaseRecord): ReleaseMeasures {
  const { status, calls } = record
  const { app, seq } = status.release
  const image = arrivedAt(status, 'deploying')
  const delays = servedDelays(record)
  return {
    release: `${app.name}-${seq}`,
    outcome: status.outcome ?? status.phase,
    pushToStarted: status.startedAt - record.pushedAt,
    ...only('startedToImage', image && image - status.startedAt),
    ...only('imageToFirstRequest', image && firstRequest(record, image)),
    ...only('decisionToZero', decisionToZero(record)),
    ...only('weightToServed', delays.length > 0 ? spread(delays) : undefined),
    ...only('whole', status.finishedAt && status.finishedAt - record.pushedAt),
    temporalEvents: record.temporalEvents,
    kubernetesCalls: calls.length,
    kubernetesCallsByKind: byKind(calls),
  }
}

/** When the release reached a phase for the first time. */
const arrivedAt = ({ transitions }: ReleaseStatus, phase: string): number | undefined =>
  transitions.find((transition) => transition.phase === phase)?.at

function firstRequest({ samples, version }: ReleaseRecord, image: number): number | undefined {
  const first = firstOf(samples, version, image)
  return first === undefined ? undefined : first - image
}

/** From the verdict, or the command, that ended the release until the gateway gave the canary nothing. */
export function decisionToZero({ status, served }: ReleaseRecord): number | undefined {
  const { transitions, revision } = status
  const back = transitions.findIndex(({ phase }) => phase === 'rolling-back')
  if (back < 0 || !revision) return undefined
  const before = transitions[back - 1]
  const decided = (before?.evidence ? before : transitions[back])?.at ?? 0
  const zero = served.find(({ at, weights }) => at >= decided && !weights[revision])
  return zero && zero.at - decided
}

/** For each write of the route: how long until the gateway was seen to serve something new. A write without effect counts not. */
export function servedDelays({
  status,
  served,
  calls,
}: Pick<ReleaseRecord, 'status' | 'served' | 'calls'>): number[] {
  const writes = calls.filter(
    ({ resource, verb, code, name }) =>
      resource === 'httproutes' &&
      (verb === 'update' || verb === 'patch') &&
      code < 300 &&
      name === status.release.app.name,
  )
  return writes.flatMap(({ at }, index) => {
    const next = writes[index + 1]?.at ?? Number.POSITIVE_INFINITY
    const change = served.find((one) => one.at >= at && one.at < next)
    return change ? [change.at - at] : []
  })
}

function spread(values: readonly number[]): { changes: number; median: number; max: number } {
  const sorted = [...values].sort((a, b) => a - b)
  return {
    changes: sorted.length,
    median: sorted[Math.floor(sorted.length / 2)] ?? 0,
    max: sorted.at(-1) ?? 0,
  }
}

const only = <Key extends string, Value>(key: Key, value: Value | undefined): { [K in Key]?: Value } =>
  (value === undefined ? {} : { [key]: value }) as { [K in Key]?: Value }

/** Resident memory of a process in MiB; undefined when it is gone. */
export function residentMemory(pid: number): number | undefined {
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return kilobytes === undefined ? undefined : Math.round(Number(kilobytes) / 1024)
  } catch {
    return undefined
  }
}
