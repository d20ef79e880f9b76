// A Command: what a person asks of a Release or an App. Created once, never changed; the answer lands in its status.
import type { ReleaseRef } from './release.ts'

/** Verbs that a release answers. This list grows; the custom RBAC verb has the same name. */
export const releaseVerbs = ['approve', 'pause', 'resume', 'promote', 'abort', 'rollback', 'retry'] as const
/** Verbs that an App answers. */
export const appVerbs = ['rollback', 'freeze', 'unfreeze', 'retry'] as const

export type ReleaseVerb = (typeof releaseVerbs)[number]
export type AppVerb = (typeof appVerbs)[number]

/** What travels to the workflow; `id` is the Command object's uid and the update's id. */
export interface CommandRequest {
  readonly id: string
  readonly verb: ReleaseVerb | AppVerb
  readonly reason: string
  /** Who asks, for people: as the API server authenticated them, or on whose behalf Slipway asks. */
  readonly by: string
  /** The same for gates: `user:ana@example.com`, `github:ana`. Absent from older Commands. */
  readonly principal?: string
  /** The gate that is approved: `before-50`; the one that waits when absent. */
  readonly step?: string
  /** Where `rollback` returns to: a revision, a release or a commit; what was stable before when absent. */
  readonly to?: string
  /** The release that the App is asked about: `retry` and, once it has ended, `rollback`. */
  readonly release?: ReleaseRef
}

/** The workflow's answer: accepted, with what will follow. A refusal is thrown and says why. */
export interface CommandAnswer {
  readonly message: string
}

/** Verbs about a release that its App answers: they begin a new one. `ended`: only once it has ended. */
export const answeredByApp: Readonly<Partial<Record<ReleaseVerb, 'always' | 'ended'>>> = {
  retry: 'always',
  rollback: 'ended',
}
