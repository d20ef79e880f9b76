// What Slipway does to the outside world, on one screen: the six words, the hooks that its gates ask, and the forge that shows a release on its commit. Each has a folder of drivers here and a contract test.
import type { AppRef, AppSource, AppSpec } from '../domain/app.ts'
import type { ConfigCopy } from '../domain/config.ts'
import type { Foretold } from '../domain/foresight.ts'
import type { HookGate } from '../domain/gate.ts'
import type { History, Reading } from '../domain/judge/judge.ts'
import type { Policy } from '../domain/policy.ts'
import type { Commit, Plan, ReleaseRef, ReleaseStatus } from '../domain/release.ts'
import type { Image, Revision } from '../domain/revision.ts'
import type { Epoch, Intent, RouteState, Weight } from '../domain/route.ts'

export interface Platform {
  readonly source: Source
  readonly build: Build
  readonly deploy: Deploy
  readonly traffic: Traffic
  readonly metrics: Metrics
  readonly report: Report
  readonly hooks: Hooks
  /** Absent where nobody is told on the commit. */
  readonly forge?: Forge
  /** Absent where nobody takes events. */
  readonly sink?: Sink
}

/** Reads repositories. Never a checkout: blobs at a commit. */
export interface Source {
  /** The branch's newest commit; undefined when the branch does not exist. */
  readonly head: (source: AppSource) => Promise<string | undefined>
  /** One file's text at a commit, with the commit. Fails `NotFound` (commit or file), `InvalidManifest` (link, too large, not UTF-8). */
  readonly read: (source: AppSource, sha: string, path: string) => Promise<{ commit: Commit; text: string }>
  /** Whether `ancestor` lies in the history of `descendant` (or is it). An unknown commit is no ancestor. */
  readonly isAncestor: (source: AppSource, ancestor: string, descendant: string) => Promise<boolean>
}

/** Makes an image of a commit, inside the cluster. */
export interface Build {
  /**
   * Starts the build, or attaches to it when it runs already, and follows it to its end.
   * Fails `BuildFailed` with the log's tail as `detail`. On abort the pod is gone before this rejects.
   */
  readonly build: (
    plan: Plan,
    follow: { readonly signal: AbortSignal; readonly progress: (line: string) => void },
  ) => Promise<Image>
}

/** Runs revisions. */
export interface Deploy {
  /**
   * The App as the cluster declares it and the revisions that exist, oldest first, also those that have no pods now;
   * `source` is undefined when the App is not (any more) declared.
   */
  readonly describe: (app: AppRef) => Promise<Declared>
  /** Every App that the cluster declares: read once for all of them. */
  readonly apps: () => Promise<readonly Listed[]>
  /** The revisions of all of these Apps: one read for each namespace. */
  readonly running: (apps: readonly AppRef[]) => Promise<readonly Running[]>
  /**
   * Makes the revision exist: same revision, same objects, however often it is called. `pods`: how many it begins with (at least,
   * with an autoscaler); as many as it declares when absent. One that exists keeps the number it has.
   */
  readonly create: (revision: Revision, pods?: number) => Promise<void>
  /** Gives the revision so many pods, or an autoscaler's least; 0 stops it, and its objects stay. */
  readonly scale: (revision: Revision, pods: number) => Promise<void>
  /** Stops a revision that served, and remembers when: it can be returned to. */
  readonly keep: (revision: Revision) => Promise<void>
  /** How many of the revision's pods are ready, of how many that it is to have now; `failure` when they cannot become so without a new revision. */
  readonly readiness: (revision: Revision) => Promise<{ ready: number; wanted: number; failure?: string }>
  /**
   * Removes the revision, with the copies that no other revision uses, and waits until its pods are gone. The caller has drained it.
   * `copies`: those that were made for it, also when it was never made itself.
   */
  readonly remove: (app: AppRef, revision: string, copies?: readonly ConfigCopy[]) => Promise<void>
  /**
   * The immutable copies of what `run` names, with the content of this moment. `make`: they are made where they are missing; else
   * only named. Fails `NotFound` when an object is missing, `Forbidden` when it may not be read.
   */
  readonly config: (app: AppRef, run: AppSpec['run'], make: boolean) => Promise<readonly ConfigCopy[]>
  /** Makes what others changed of these Apps' revisions ours again: one read for each namespace, and nothing written where nothing was. */
  readonly repair: (apps: readonly AppRef[]) => Promise<readonly Repair[]>
  /** From now on the cluster keeps a deleted App until this is called with `false`; it does so for none by itself. */
  readonly holdOnDelete: (app: AppRef, hold: boolean) => Promise<void>
}

/** An App in the cluster. */
export interface Declared {
  readonly source: AppSource | undefined
  /** What a push may ask for; absent: everything. */
  readonly policy?: Policy
  /** What becomes of what serves when the App is deleted. */
  readonly onDelete?: 'keep' | 'retire'
  readonly revisions: readonly Revision[]
  /** Those of them that served and were kept, the latest first; absent when there are none. */
  readonly kept?: readonly string[]
}

/** An App as the list of all of them shows it. */
export interface Listed extends Omit<Declared, 'revisions' | 'policy'> {
  readonly app: AppRef
  /** What its status says. */
  readonly remembered?: AppStatus
  /** It was deleted, and the cluster keeps it until it is let go. */
  readonly deleted?: boolean
  /** The cluster keeps it when it is deleted. */
  readonly held?: boolean
}

/** A revision that exists, and since when, in milliseconds since the epoch. */
export interface Running {
  readonly revision: Revision
  readonly since: number
}

/** Something of ours that another had changed, and that is again as it was. */
export interface Repair {
  readonly app: AppRef
  /** What had been changed, for people: `the weights of HTTPRoute shop`. */
  readonly what: string
  /** Who had, by the name of the field manager: `kubectl-edit`. */
  readonly manager: string
}

/** Moves traffic between revisions. The only object that changes is the route. */
export interface Traffic {
  /** The smallest share this driver can give, in thousandths. */
  readonly resolution: number
  /** What else it can do: a plan that needs what it cannot is refused when the file is read. */
  readonly abilities: Abilities
  /** What the route says; undefined when there is none. */
  readonly read: (app: AppRef) => Promise<RouteState | undefined>
  /**
   * Reads, decides, writes at the version that was read, carrying the epoch. Fails `Fenced` when the route carries a higher one;
   * the same epoch again is a no-op when the weights agree (unless another changed the route since) and `Fenced` when they do not.
   */
  readonly write: (route: RouteWrite) => Promise<void>
  /**
   * The weights that the gateway itself serves for the App at this moment. A share whose pods cannot answer is left out:
   * it is not served; undefined when nothing is.
   */
  readonly served: (app: AppRef) => Promise<readonly Weight[] | undefined>
  /** Makes what others changed of these Apps' routes ours again: one read for each namespace, and nothing written where nothing was. */
  readonly repair: (apps: readonly AppRef[]) => Promise<readonly Repair[]>
  /** Takes the App's route away; nothing when there is none, or when it is someone else's. */
  readonly remove: (app: AppRef) => Promise<void>
  /** Which of these hosts the routes of these other Apps serve already: one read for each namespace. */
  readonly taken: (hosts: readonly string[], by: readonly AppRef[]) => Promise<readonly Taken[]>
}

export interface Abilities {
  /** Who names a revision in the header `x-slipway-revision` gets it whatever its weight, also when that is 0. */
  readonly direct: boolean
  /** Hosts that show one revision alone. */
  readonly preview: boolean
}

/** A host that an App's route serves. */
export interface Taken {
  readonly host: string
  readonly app: AppRef
}

/** The route as it shall be. What others put on it besides stays. */
export interface RouteWrite extends Intent {
  readonly app: AppRef
  readonly epoch: Epoch
  readonly stable: string
  /** Why a person wrote it by hand; the next write without one removes it. */
  readonly note?: string
}

/** Reads counters as the proxy saw them: raw, never a rate. */
export interface Metrics {
  /**
   * The counters of these revisions now; counts are cumulative. A revision that has no series yet is absent from `counts`.
   * Each of `bounds` (seconds) must be a bucket's bound: else `Invalid`, naming those there are. A series whose sample is no count
   * (NaN, negative) is left out; fails plainly when none is left, or when Prometheus does not answer.
   */
  readonly counters: (
    app: AppRef,
    revisions: readonly string[],
    bounds: readonly number[],
  ) => Promise<Reading>
  /** The same counters at the end of each of the last `minutes`, with every latency bound that the gateway knows. */
  readonly history: (app: AppRef, revisions: readonly string[], minutes: number) => Promise<History>
  /** The question that `counters` asks, for people to ask it themselves. */
  readonly query: (app: AppRef, bounds: readonly number[]) => string
}

/** Tells people, and remembers for good what was told. A release never waits for it. */
export interface Report {
  /**
   * Makes the Release object say this, and records an Event when the phase or the outcome changed. False when it came too late: more
   * is known already, and nothing was written.
   */
  readonly release: (status: ReleaseStatus) => Promise<boolean>
  /** Makes the App object's status say what is stable, what runs and what waits. */
  readonly app: (app: AppRef, status: AppStatus) => Promise<void>
  /** What is remembered of one release; undefined when nothing is. */
  readonly recorded: (release: ReleaseRef) => Promise<ReleaseStatus | undefined>
  /** The releases remembered for the App, newest first, at most 50: from these an App's lost workflow is rebuilt. */
  readonly history: (app: AppRef) => Promise<readonly ReleaseStatus[]>
  /** What the App's status says; undefined when it says nothing or there is no App. */
  readonly remembered: (app: AppRef) => Promise<AppStatus | undefined>
  /** Every release of every App that has no outcome yet. */
  readonly unfinished: () => Promise<readonly ReleaseRef[]>
  /** Records an Event about the App; once a day for the same `reason` and `message`. */
  readonly happened: (app: AppRef, event: AppEvent) => Promise<void>
  /** Forgets the App's oldest ended releases beyond so many, a hundred at a time; returns how many. */
  readonly forget: (app: AppRef, beyond: number) => Promise<number>
}

/** Something that people should know of an App and that is no release's. */
export interface AppEvent {
  /** One word in PascalCase: `RouteRepaired`. */
  readonly reason: string
  readonly type: 'Normal' | 'Warning'
  readonly message: string
}

/** Lets other programs decide at a gate. */
export interface Hooks {
  /**
   * Asks once for this release and gate, however often it is called: a Job is attached to, a request carries the same id.
   * Returns the answer; fails `NoAnswer` when there was none, and another try may bring one. On abort a Job is gone before
   * this rejects with the signal's reason.
   */
  readonly ask: (
    question: HookQuestion,
    follow: { readonly signal: AbortSignal; readonly progress: (line: string) => void },
  ) => Promise<HookAnswer>
}

export interface HookQuestion {
  readonly release: ReleaseRef
  readonly gate: Pick<HookGate, 'name' | 'before' | 'hook' | 'retries' | 'timeout'>
  readonly revision: Revision
  readonly stable?: string
  /** Thousandths that the canary holds now. */
  readonly weight: number
}

export interface HookAnswer {
  readonly passed: boolean
  /** One sentence for people: what was answered. */
  readonly message: string
}

/** The host of a repository: shows a release on its commit, and knows who may do what there. */
export interface Forge {
  /** Whether this repository lies there. */
  readonly hosts: (repository: string) => boolean
  /**
   * Makes the commit show this status, however often it is called. `told` is what the last call for the same release returned; when
   * that was lost, what stands there is found again. How a release ended is never changed by what comes later.
   */
  readonly tell: (repository: string, status: ReleaseStatus, told?: Told) => Promise<Told>
  /** Of a release that is over and of which nothing is remembered: what was told of it and has not ended is ended as cancelled. */
  readonly forget: (repository: string, release: ReleaseRef, told: Told) => Promise<void>
  /**
   * Makes the commit show what a push of its file would do, however often it is called. That nothing is read of a fork never takes the
   * place of what was read.
   */
  readonly foretell: (repository: string, foretold: Foretold) => Promise<void>
  /** What somebody may do in the repository; `none` also for whom it does not know. */
  readonly permission: (repository: string, login: string) => Promise<Permission>
  /** A token that reads this repository's content, and does nothing else. */
  readonly readToken: (repository: string) => Promise<string>
}

export type Permission = 'none' | 'read' | 'write' | 'admin'

/** What stands on the commit of one release. Small and without secrets: it is kept in a history. */
export interface Told {
  /** The release's own check. */
  readonly check?: Shown
  /** The commit status that speaks for it while Slipway is not granted checks. */
  readonly status?: Shown
  /** The questions of its gates, by the gate's name. */
  readonly approvals?: Readonly<Record<string, Shown>>
  readonly deployment?: Shown
  /** What Slipway was not granted there: a plainer word takes its place, or none. */
  readonly refused?: readonly ('checks' | 'deployments')[]
}

/** One thing that stands on a commit. */
export interface Shown {
  readonly id: number
  /** A digest of what it says: the same is not said twice. */
  readonly says: string
  /** It says how it ended, and stays. */
  readonly ended?: true
}

/** Tells programs what becomes of releases. */
export interface Sink {
  /**
   * Sends what became of the release beyond its first `told` transitions; returns how many there are now. What is sent again is the
   * same by `source` and `id`. An event that is refused for good is passed over. Fails `NoAnswer` when one was not taken and may be
   * another time. `progress` hears how many are told so far, after each; `signal` ends it between two.
   */
  readonly tell: (
    status: ReleaseStatus,
    told: number,
    follow?: { readonly signal?: AbortSignal; readonly progress?: (told: number) => void },
  ) => Promise<number>
}

/** By CloudEvents 1.0. */
export interface CloudEvent {
  readonly specversion: '1.0'
  readonly id: string
  readonly source: string
  readonly type: string
  readonly subject: string
  /** By RFC 3339: when it happened. */
  readonly time: string
  readonly datacontenttype: 'application/json'
  readonly data: Readonly<Record<string, unknown>>
}

export interface AppStatus {
  readonly stable?: { readonly revision: string; readonly sha: string }
  readonly active?: string
  readonly waiting?: string
  readonly message: string
  /** Nothing new begins, and no weight rises. */
  readonly frozen?: Frozen
  /** What ended badly, newest first: not tried again until `retry`. */
  readonly rejected?: readonly string[]
}

export interface Frozen {
  readonly by: string
  readonly reason: string
  /** Milliseconds since the epoch. */
  readonly since: number
}
