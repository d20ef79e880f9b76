// A gate: a point where a person, a window or a hook decides. The canary stays where it is until it opens, and the watch goes on.

/** Before which weight, in thousandths; 1: before the first request. `promotion`: before the old revision goes. */
export type GatePoint = number | 'promotion'

/** What becomes of a gate that nobody opened in time. */
export type Otherwise = 'abort' | 'pass'

interface GateBase {
  /** Unique in its release: `before-50`, `before-promotion`; a second one at the same point ends in `-2`. */
  readonly name: string
  readonly before: GatePoint
  /** Milliseconds from when it is reached. */
  readonly timeout: number
  readonly otherwise: Otherwise
}

/** People decide. */
export interface ApprovalGate extends GateBase {
  readonly kind: 'approval'
  /** Who may: names, each with the principals (`user:ana`, `github:ana`) that the policy gives them. Empty: whoever holds the verb. */
  readonly approvers: readonly Approver[]
  /** How many different ones must. */
  readonly approvals: number
  /** Four eyes: who pushed the commit, or wrote it, cannot. */
  readonly notPusher: boolean
  /** Milliseconds between reminders; none when absent. */
  readonly remind?: number
}

export interface Approver {
  readonly name: string
  readonly principals: readonly string[]
}

/** Another program decides: an HTTP endpoint, or a Job of the release's own image. */
export interface HookGate extends GateBase {
  readonly kind: 'hook'
  readonly hook: Hook
  /** Further tries after one that gave no answer. */
  readonly retries: number
}

/** What a hook calls. 2xx and exit 0 pass; any other answer refuses. */
export type Hook = { readonly url: string } | { readonly command: readonly string[] }

export type Gate = ApprovalGate | HookGate

/** When weight may rise. */
export interface Windows {
  /** IANA name: `Europe/Berlin`. */
  readonly timeZone: string
  /** Weight rises only in these; always when empty. */
  readonly allow: readonly WindowTime[]
  readonly deny: readonly WindowTime[]
  readonly freezes: readonly NamedFreeze[]
}

/** Each week: these days from one time to another; `to` at or before `from` is on the next day. */
export interface WindowTime {
  readonly days: readonly Day[]
  /** Minutes since midnight. */
  readonly from: number
  readonly to: number
}

export const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
export type Day = (typeof days)[number]

/** Milliseconds since the epoch. */
export interface NamedFreeze {
  readonly name: string
  readonly from: number
  readonly until: number
}

/** Whether weight may rise at a moment; when not, why, and when that may change. */
export type Opening =
  | { readonly open: true }
  | { readonly open: false; readonly why: string; readonly until?: number }

/** What a release waits for at this moment. */
export interface Waiting {
  readonly for: 'approval' | 'hook' | 'window' | 'resume' | 'unfreeze' | 'decision'
  /** The gate's name, when it is one. */
  readonly gate?: string
  /** One sentence for people: what for, who can end it, and what happens otherwise. */
  readonly message: string
  /** Milliseconds since the epoch; when it ends by itself. */
  readonly since: number
  readonly until?: number
  /** Who approved so far. */
  readonly approvedBy?: readonly string[]
  /** Why approvals that were given did not count; each reason once, and at most ten. */
  readonly turnedAway?: readonly string[]
}
