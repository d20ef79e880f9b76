// What can be said to a running workflow, and asked of it. Imported by the workflows and by api/.
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow'
import type { AppRef } from '../domain/app.ts'
import type { CommandAnswer, CommandRequest } from '../domain/command.ts'
import type { Cause, Outcome, ReleaseRef, ReleaseStatus } from '../domain/release.ts'

/** Every workflow and its activities run from this queue. */
export const taskQueue = 'slipway'

/** "Look again": the branch may have moved. Nothing in it is believed but that. */
export interface SourceMoved {
  /** `refs/heads/main`. */
  readonly ref: string
  /** The commit that the sender saw; 40 hex, all zeros when none caused this look. */
  readonly after: string
  /** The delivery's id, for people: a push receives one outcome however often it is delivered. */
  readonly delivery: string
  /** Who pushed, as a principal (`github:ana`), when the source knows it. */
  readonly pusher?: string
}

/** Several when they came close together. */
export type Moves = [SourceMoved, ...SourceMoved[]]
export const sourceMoved = defineSignal<Moves>('sourceMoved')

/** A release's last word to its App; the App also awaits the child, this survives its continue-as-new. */
export interface ReleaseFinished {
  readonly release: ReleaseRef
  readonly outcome: Outcome
  readonly message: string
  /** The revision that holds the traffic now, as far as this release knows. */
  readonly stable?: { readonly revision: string; readonly sha: string }
}
export const releaseFinished = defineSignal<[ReleaseFinished]>('releaseFinished')

/** A newer push takes this release's place: it returns the traffic and ends `superseded`. */
export interface Supersession {
  /** The newer commit. */
  readonly by: string
  readonly release?: ReleaseRef
  /** A release that has had traffic stays. */
  readonly unlessServed?: boolean
  /** What took its place, when it was no push. */
  readonly why?: string
}
export const supersede = defineSignal<[Supersession]>('supersede')

/** The App was frozen, or is not any more (null): a frozen release's weight does not rise. */
export const freeze = defineSignal<[Frozen | null]>('freeze')

/** Who pushed the commit that is being released, as a principal: its source says so after the release began. */
export const pushed = defineSignal<[string]>('pushed')

/** A person's command; answered at once, refused with the reason. The update's id is the Command's uid. */
export const command = defineUpdate<CommandAnswer, [CommandRequest]>('command')

/** A release's status, as people see it. */
export const releaseStatus = defineQuery<ReleaseStatus>('status')

/** An App's workflow: what is stable, what runs, what waits. */
export interface AppState {
  readonly v: 1
  /** The number of the newest release. */
  readonly seq: number
  readonly stable?: { readonly revision: string; readonly sha: string }
  readonly active?: ReleaseRef
  /** What the active release was begun by, when no push did. */
  readonly activeFor?: Wanted
  /** The newest push that waits for the active release to end, with the number that is kept for it. */
  readonly waiting?: Waiting
  readonly frozen?: Frozen
  /** The freeze that ended last, until something begins: what it held up is told so. */
  readonly thawed?: Frozen
  /** What `retry`, `rollback` and a changed configuration asked for, and has not begun. */
  readonly wanted?: Wanted
  /** The branch's newest commit when it was last seen. */
  readonly head?: string
  /** What ended badly: not tried again until `retry`. A commit; or a commit and a configuration that changed under it. */
  readonly rejected: readonly string[]
  /** The latest outcomes, newest first, at most 20. */
  readonly outcomes: readonly { readonly release: string; readonly sha: string; readonly outcome: Outcome }[]
  /** Commits whose push has its outcome, newest first, at most 200: a late delivery of one of them is no news. */
  readonly seen: readonly string[]
  /** Ids of commands already answered, at most 200: Temporal forgets update ids at continue-as-new. */
  readonly answered: readonly string[]
}
export interface Waiting {
  readonly sha: string
  readonly seq?: number
}

export interface Frozen {
  readonly by: string
  readonly reason: string
  /** Milliseconds since the epoch. */
  readonly since: number
}

/** A release that no push began. */
export interface Wanted {
  readonly cause: Exclude<Cause, 'push'>
  readonly sha: string
  /** Who asked for it, when a person did. */
  readonly by?: string
  readonly reason?: string
  /** The revision that is returned to. */
  readonly revision?: string
  /** The configuration that is new: the digest of its copies. */
  readonly config?: string
}

export const appStatus = defineQuery<AppState>('status')

/** Arguments of the workflow `app`. */
export interface AppInput {
  readonly app: AppRef
  /** Absent on the first run and after a loss: then it is rebuilt from the cluster. */
  readonly state?: AppState
  /** Who pushed which commit, newest last. */
  readonly pushers?: readonly (readonly [sha: string, pusher: string])[]
  /** Begins a new history after so many looks; absent: when Temporal suggests it. For tests. */
  readonly renewAfter?: number
}

/** Arguments of the workflow `release`. */
export interface ReleaseInput {
  readonly release: ReleaseRef
  readonly stable?: { readonly revision: string; readonly sha: string }
  /** What began it, when no push did. */
  readonly wanted?: Wanted
  /** Who pushed, as a principal, when the source knows it. */
  readonly pusher?: string
  readonly frozen?: Frozen
  /** The freeze that its push waited for the end of. */
  readonly thawed?: Frozen
}
