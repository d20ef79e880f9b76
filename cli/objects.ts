// How the cluster's objects are read: leniently, an object half written is shown as far as it goes.
import type { Evidence } from '../domain/judge/judge.ts'
import type { ReleaseStatus } from '../domain/release.ts'
import type { AppView, CommandView, ReleaseView } from './cluster.ts'
import { harmless } from './screen.ts'

/** An object of one of our kinds as the API server returns it. */
export interface Stored<Spec, Status> {
  readonly metadata: {
    readonly namespace?: string
    readonly name?: string
    readonly resourceVersion?: string
    readonly creationTimestamp?: string | Date
    readonly labels?: Readonly<Record<string, string>>
  }
  readonly spec?: Partial<Spec>
  readonly status?: Partial<Status>
}

export interface AppSpecRead {
  readonly source: { readonly repository?: string; readonly branch?: string }
}

export type AppStatusRead = Pick<AppView, 'stable' | 'active' | 'waiting' | 'frozen' | 'rejected' | 'message'>

export interface ReleaseSpecRead {
  readonly app: string
  readonly seq: number
  readonly sha: string
}

export interface CommandStatusRead {
  readonly state: string
  readonly message: string
}

export function appView({ metadata, spec, status }: Stored<AppSpecRead, AppStatusRead>): AppView {
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name ?? '',
    repository: spec?.source?.repository ?? '',
    branch: spec?.source?.branch ?? '',
    ...(status?.stable && { stable: status.stable }),
    ...(status?.active && { active: status.active }),
    ...(status?.waiting && { waiting: status.waiting }),
    ...(status?.frozen && { frozen: { ...status.frozen, reason: line(status.frozen.reason) } }),
    ...(status?.rejected && { rejected: status.rejected }),
    message: line(status?.message),
  }
}

/** A Release that was created a moment ago has no status yet: it is pending. */
export function releaseView(object: Stored<ReleaseSpecRead, ReleaseStatus>): ReleaseView {
  const { metadata, status } = object
  const { commit, message, stalled, waiting, evidence, judging, transitions = [] } = status ?? {}
  return {
    phase: 'pending',
    weight: 0,
    startedAt: Date.parse(String(metadata.creationTimestamp ?? '')) || 0,
    ...status,
    ...(commit && { commit: { ...commit, title: line(commit.title) } }),
    message: harmless(message ?? '').trim(),
    ...(stalled !== undefined && { stalled: line(stalled) }),
    ...(waiting && { waiting: { ...waiting, message: line(waiting.message) } }),
    ...(evidence && { evidence: harmlessEvidence(evidence) }),
    ...(judging && { judging: { ...judging, query: line(judging.query) } }),
    transitions: transitions.map((one) => ({
      ...one,
      message: harmless(one.message).trim(),
      ...(one.evidence && { evidence: harmlessEvidence(one.evidence) }),
    })),
    namespace: metadata.namespace ?? '',
    name: metadata.name ?? '',
    release: status?.release ?? releaseRef(object),
  }
}

const harmlessEvidence = ({ test, ...counts }: Evidence): Evidence => ({
  ...counts,
  ...(test && { test: { ...test, why: line(test.why) } }),
})

function releaseRef({ metadata, spec }: Stored<ReleaseSpecRead, ReleaseStatus>): ReleaseStatus['release'] {
  const name = metadata.name ?? ''
  const dash = name.lastIndexOf('-')
  return {
    app: { namespace: metadata.namespace ?? '', name: spec?.app ?? name.slice(0, dash) },
    seq: spec?.seq ?? Number(name.slice(dash + 1)),
    sha: spec?.sha ?? metadata.labels?.['slipway.dev/commit'] ?? '',
  }
}

export const commandView = (object: Stored<unknown, CommandStatusRead>): CommandView | undefined =>
  object.status?.state === undefined
    ? undefined
    : { accepted: object.status.state === 'accepted', message: line(object.status.message) }

/** One line of text that others wrote. */
const line = (text = ''): string => harmless(text).replace(/\s+/g, ' ').trim()

/** Newest first. */
export const byStart = (a: ReleaseView, b: ReleaseView): number =>
  b.startedAt - a.startedAt || b.release.seq - a.release.seq
