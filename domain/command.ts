// A Command: what a person asks of a Release or an App. Created once, never changed; the answer lands in its status.

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
  /** Who created the Command, as the API server authenticated them. */
  readonly by: string
}

/** The workflow's answer: accepted, with what will follow. A refusal is thrown and says why. */
export interface CommandAnswer {
  readonly message: string
}
