// What the command line asks of a cluster, and nothing more.
import type { AppVerb, ReleaseVerb } from '../domain/command.ts'
import type { ReleaseStatus } from '../domain/release.ts'

export interface Cluster {
  /** Where it is, for messages: the API server's address. */
  readonly server: string
  readonly namespace: string
  readonly apps: () => Promise<readonly AppView[]>
  readonly app: (name: string) => Promise<AppView | undefined>
  /** What the App's route serves; empty without a route, or without the right to see it. */
  readonly hosts: (app: string) => Promise<readonly string[]>
  /** Newest first; of one App when it is named. */
  readonly releases: (app?: string) => Promise<readonly ReleaseView[]>
  readonly release: (name: string) => Promise<ReleaseView | undefined>
  /** The release now and after each change, until the signal falls or the release is deleted. */
  readonly follow: (name: string, signal: AbortSignal) => AsyncIterable<ReleaseView>
  /** The user name that the API server knows the caller by. */
  readonly whoAmI: () => Promise<string>
  /** Creates a Command and returns its name. */
  readonly command: (draft: CommandDraft) => Promise<string>
  /** What was answered; undefined while nothing was. */
  readonly answer: (command: string) => Promise<CommandView | undefined>
  /** The pods that built a release's image, newest first. */
  readonly builds: (release: ReleaseView) => Promise<readonly BuildPod[]>
  /** Writes a build's log as it is, or as it grows, until it ends or the signal falls. */
  readonly buildLog: (pod: BuildPod, write: (text: string) => void, options: LogOptions) => Promise<void>
}

export interface AppView {
  readonly namespace: string
  readonly name: string
  readonly repository: string
  readonly branch: string
  readonly stable?: { readonly revision: string; readonly sha: string }
  /** The release that runs. */
  readonly active?: string
  /** The commit that waits. */
  readonly waiting?: string
  /** Nothing new begins, and no weight rises. */
  readonly frozen?: { readonly by: string; readonly reason: string; readonly since: number }
  /** Commits that ended badly and are not tried again by themselves. */
  readonly rejected?: readonly string[]
  readonly message: string
}

/** A Release object whose status has been written. */
export interface ReleaseView extends ReleaseStatus {
  readonly namespace: string
  readonly name: string
}

/** About a release or about an App. */
export interface CommandDraft {
  readonly release?: string
  readonly app?: string
  readonly verb: ReleaseVerb | AppVerb
  /** The gate that is approved. */
  readonly step?: string
  /** Where a rollback returns to. */
  readonly to?: string
  readonly reason: string
  readonly by: string
}

export interface CommandView {
  readonly accepted: boolean
  readonly message: string
}

export interface BuildPod {
  readonly namespace: string
  readonly name: string
  readonly container: string
  readonly running: boolean
}

export interface LogOptions {
  readonly follow: boolean
  readonly signal: AbortSignal
}
