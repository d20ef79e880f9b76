// A Release: one attempt to bring one commit to 100 %. Its plan, its phases, its outcome, and what people see of it.
import type { AppRef, AppSpec } from './app.ts'
import type { Gate, Waiting, Windows } from './gate.ts'
import type { Baseline } from './judge/baseline.ts'
import type { Steps } from './judge/engine.ts'
import type { Evidence, Objectives } from './judge/judge.ts'
import type { Method } from './judge/method.ts'
import type { People } from './people.ts'
import type { Image } from './revision.ts'

/** Which release; `seq` numbers the App's releases and never repeats. */
export interface ReleaseRef {
  readonly app: AppRef
  readonly seq: number
  /** The full 40-hex commit. */
  readonly sha: string
}

/** The Release object's name: `shop-7`. */
export const releaseName = (release: ReleaseRef): string => `${release.app.name}-${release.seq}`

/** Where the page about it lies, below the page's own address: `/releases/default/shop-7`. */
export const pagePath = (release: ReleaseRef): string =>
  `/releases/${release.app.namespace}/${releaseName(release)}`

/** The release's workflow id: `release/default/shop/7-3f2c1d0`. */
export const releaseWorkflowId = ({ app, seq, sha }: ReleaseRef): string =>
  `release/${app.namespace}/${app.name}/${seq}-${sha.slice(0, 7)}`

/** The App's workflow id: `app/default/shop`. */
export const appWorkflowId = (app: AppRef): string => `app/${app.namespace}/${app.name}`

export interface Commit {
  readonly sha: string
  readonly title: string
  readonly author: string
  /** The author's, as git tells it. */
  readonly email?: string
  /** Milliseconds since the epoch. */
  readonly committedAt: number
}

/** A commit whose release ended like this is not tried again by itself. */
export const isBad = (outcome: Outcome | undefined): boolean =>
  outcome === 'rolled-back' || outcome === 'failed' || outcome === 'aborted'

/** How a release ended whose workflow was ended from outside, and could not say it. */
export const endingOfLost = (promoted: boolean): { readonly outcome: Outcome; readonly message: string } =>
  promoted
    ? { outcome: 'promoted', message: 'its workflow was ended from outside when it had all traffic' }
    : { outcome: 'failed', message: 'its workflow was ended from outside; the traffic was returned' }

/** What began a release: a push; `retry`; a ConfigMap or Secret that changed; a return to an earlier revision. */
export type Cause = 'push' | 'retry' | 'config' | 'return'

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

/** Which judge watches the canary, and who says what it weighs. */
export type JudgePlan =
  /** The weights follow the evidence. */
  | { readonly kind: 'ramp'; readonly method: Method }
  /** The weights are the plan's steps; the test and the rollback are the judge's. */
  | { readonly kind: 'steps'; readonly method: Method }
  /** Fixed objectives at the plan's steps: enough requests, and so many bad looks in a row are harm. */
  | { readonly kind: 'thresholds'; readonly requests: number; readonly looks: number }

/** What `read` decides once for the whole release; workflow code never recomputes it. */
export interface Plan {
  readonly release: ReleaseRef
  readonly commit: Commit
  /** Where the commit lies: the repository's URL without credentials. */
  readonly repository: string
  readonly spec: AppSpec
  /** Empty when the weights follow the evidence. */
  readonly steps: readonly Step[]
  /** Absent in plans that were made before there was a choice: fixed objectives. */
  readonly judge?: JudgePlan
  /** The hosts that the route serves when the release begins. A push's own hosts take their place with promotion. */
  readonly servedHosts?: readonly string[]
  /** The watch after full, in milliseconds. */
  readonly bake: number
  /** In the order in which they are reached. */
  readonly gates?: readonly Gate[]
  /** The file's own and the policy's: weight rises when all of them are open. */
  readonly windows?: readonly Windows[]
  /** Who is who, for the gates that must tell people apart. */
  readonly people?: People
  /** The repository's host says who pushes: what it has not said is not known. */
  readonly pushersAreTold?: true
  /** The image that this commit was built to before, with the same instructions: nothing is built. */
  readonly image?: Image
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

/** What a canary is judged by: told once, so that every number can be checked. */
export interface Judging {
  /** The question that the metrics are asked at each look. */
  readonly query: string
  readonly objectives?: Objectives
  /** Listed steps; absent when the weight follows the evidence. */
  readonly steps?: Steps
  readonly method: Method
  readonly baseline: Baseline
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
  readonly judging?: Judging
  /** Whether the release was shown to be safe, or only not shown to be harmful; absent until it is full. */
  readonly proven?: boolean
  readonly transitions: readonly Transition[]
  /** A push when absent: earlier versions said only what was none. */
  readonly cause?: Cause
  /** Who asked for it: who gave the command; of a push who pushed, as a principal, when the source knows it. */
  readonly by?: string
  /** Why nothing happens at this moment. */
  readonly waiting?: Waiting
  /** The newer release that took its place: `shop-8`. */
  readonly supersededBy?: string
  /** What runs beside the stable revision while the release lasts. */
  readonly surge?: Surge
  readonly startedAt: number
  readonly finishedAt?: number
}

/** The pods that a release needs at most beyond those of the stable revision, and what they are promised, as Kubernetes writes it. */
export interface Surge {
  readonly pods: number
  readonly cpu: string
  readonly memory: string
}
