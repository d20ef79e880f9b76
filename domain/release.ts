// A Release: one attempt to bring one commit to 100 %. Its plan, its phases, its outcome, and what people see of it.
import type { AppRef, AppSpec } from './app.ts'
import type { Evidence } from './judge/judge.ts'

/** Which release; `seq` numbers the App's releases and never repeats. */
export interface ReleaseRef {
  readonly app: AppRef
  readonly seq: number
  /** The full 40-hex commit. */
  readonly sha: string
}

/** The Release object's name: `shop-7`. */
export const releaseName = (release: ReleaseRef): string => `${release.app.name}-${release.seq}`

/** The release's workflow id: `release/default/shop/7-3f2c1d0`. */
export const releaseWorkflowId = ({ app, seq, sha }: ReleaseRef): string =>
  `release/${app.namespace}/${app.name}/${seq}-${sha.slice(0, 7)}`

/** The App's workflow id: `app/default/shop`. */
export const appWorkflowId = (app: AppRef): string => `app/${app.namespace}/${app.name}`

export interface Commit {
  readonly sha: string
  readonly title: string
  readonly author: string
  /** Milliseconds since the epoch. */
  readonly committedAt: number
}

export type Phase =
  | 'pending'
  | 'reading'
  | 'building'
  | 'deploying'
  | 'rolling-out'
  | 'baking'
  | 'retiring'
  | 'rolling-back'
  | 'done'

/** Final and absorbing. */
export type Outcome = 'promoted' | 'rolled-back' | 'failed' | 'superseded' | 'aborted' | 'ignored'

/** A weight, in thousandths of the route's traffic, and the watch that follows it. */
export interface Step {
  readonly weight: number
  /** How long the watch looks at least, in milliseconds. */
  readonly for: number
}

/** What `read` decides once for the whole release; workflow code never recomputes it. */
export interface Plan {
  readonly release: ReleaseRef
  readonly commit: Commit
  /** Where the commit lies: the repository's URL without credentials. */
  readonly repository: string
  readonly spec: AppSpec
  readonly steps: readonly Step[]
  /** The hosts that the route serves when the release begins. A push's own hosts take their place with promotion. */
  readonly servedHosts?: readonly string[]
  /** The watch after full, in milliseconds. */
  readonly bake: number
}

/** One line of the release's history: what the weight was, what was seen, what was decided. */
export interface Transition {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly phase: Phase
  /** Thousandths. */
  readonly weight: number
  readonly message: string
  readonly evidence?: Evidence
}

/** What people see of a release: the status of the Release object, the answer of the `status` query. */
export interface ReleaseStatus {
  readonly release: ReleaseRef
  readonly phase: Phase
  readonly outcome?: Outcome
  /** One sentence: why the phase or the outcome is what it is. */
  readonly message: string
  readonly commit?: Commit
  readonly revision?: string
  readonly stable?: string
  readonly image?: string
  /** Thousandths that the canary holds at the gateway. */
  readonly weight: number
  /** `2/4` while rolling out. */
  readonly step?: string
  /** Waiting for data: what is missing. */
  readonly stalled?: string
  readonly evidence?: Evidence
  readonly transitions: readonly Transition[]
  readonly startedAt: number
  readonly finishedAt?: number
}
