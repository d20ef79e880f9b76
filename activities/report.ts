// Tells people, and remembers: the Release objects, the App's status, and what a lost workflow is rebuilt from.
import { Context } from '@temporalio/activity'
import { WorkflowNotFoundError } from '@temporalio/common'
import type { AppRef } from '../domain/app.ts'
import { isForbidden } from '../domain/failure.ts'
import {
  isBad,
  type Outcome,
  type ReleaseRef,
  type ReleaseStatus,
  releaseName,
  releaseWorkflowId,
} from '../domain/release.ts'
import type { RouteState } from '../domain/route.ts'
import type { AppStatus, Platform } from '../platform/platform.ts'
import { alive, type Clock } from './clock.ts'

/** A release that ended without a workflow of its own to say so. */
export interface Obituary {
  readonly release: ReleaseRef
  readonly outcome: Outcome
  readonly message: string
  /** The newer release's name, when one took its place and has its number already. */
  readonly supersededBy?: string
}

/** How a release's workflow ended; null when it ended without a word (terminated, or never known). */
export type Ending = {
  readonly outcome: Outcome
  readonly message: string
  /** What holds the traffic now, as far as the release knew. */
  readonly stable?: { readonly revision: string; readonly sha: string }
} | null

/** What the cluster remembers of an App. */
export interface Memory {
  /** The highest release number that was ever used. */
  readonly seq: number
  /** Newest first. */
  readonly releases: readonly Pick<ReleaseStatus, 'release' | 'phase' | 'outcome' | 'cause' | 'by'>[]
  /** What the App's status says beside them. */
  readonly said?: Pick<AppStatus, 'frozen' | 'rejected' | 'waiting'> & {
    /** Commits whose releases ended badly since, when nobody listened; oldest first. */
    readonly missed?: readonly string[]
  }
}

export function reportVerbs(platform: Pick<Platform, 'report' | 'traffic' | 'deploy'>, clock: Clock) {
  const { report } = platform
  return {
    async reportRelease(status: ReleaseStatus): Promise<void> {
      await report.release(status)
    },

    reportApp: ({ app, status }: { app: AppRef; status: AppStatus }): Promise<void> =>
      report.app(app, status),

    /** Writes the outcome of releases that have no workflow: overtaken before they began, or lost. */
    closeReleases: ({ releases }: { app: AppRef; releases: readonly Obituary[] }): Promise<void> =>
      alive(() => closeReleases(report, releases, clock)),

    async loadApp(app: AppRef): Promise<Memory> {
      const [known, route, status] = await Promise.all([
        report.history(app),
        routeOf(platform, app),
        report.remembered(app),
      ])
      const { frozen, rejected, waiting } = status ?? {}
      const missed = missedBy(status, known)
      return {
        said: {
          ...(frozen && { frozen }),
          ...(rejected && { rejected }),
          ...(waiting && { waiting }),
          ...(missed.length > 0 && { missed }),
        },
        seq: Math.max(0, route?.epoch.seq ?? 0, ...known.map(({ release }) => release.seq)),
        releases: known.map(({ release, phase, outcome, cause, by }) => ({
          release,
          phase,
          ...(outcome && { outcome }),
          ...(cause && { cause }),
          ...(by && { by }),
        })),
      }
    },

    /** Waits for a release whose App's workflow is not its parent any more. */
    async awaitRelease(release: ReleaseRef): Promise<Ending> {
      const handle = Context.current().client.workflow.getHandle(releaseWorkflowId(release))
      return endingOf(() => alive(() => handle.result()))
    },
  }
}

/** An App that is gone may have taken our rights with it: then nothing is remembered of its route, and the next look says so. */
async function routeOf(
  { traffic, deploy }: Pick<Platform, 'traffic' | 'deploy'>,
  app: AppRef,
): Promise<RouteState | undefined> {
  try {
    return await traffic.read(app)
  } catch (error) {
    const gone = isForbidden(error) && (await deploy.describe(app)).source === undefined
    if (gone) return undefined
    throw error
  }
}

/** Null when the workflow ended without a word, or is not known any more. */
export async function endingOf(result: () => Promise<unknown>): Promise<Ending> {
  try {
    return (await result()) as NonNullable<Ending>
  } catch (error) {
    // The class itself belongs to the client, which activities do not import.
    const over = error instanceof Error && error.name === 'WorkflowFailedError'
    if (over || error instanceof WorkflowNotFoundError) return null
    throw error
  }
}

/** What its status cannot know: the App's workflow was gone when these ended. What is older and not rejected was tried again since. */
function missedBy(status: AppStatus | undefined, newestFirst: readonly ReleaseStatus[]): readonly string[] {
  const last = newestFirst.findIndex(({ release }) => releaseName(release) === status?.active)
  return newestFirst
    .slice(0, Math.max(last, 0) + 1)
    .filter(({ outcome, cause }) => isBad(outcome) && cause !== 'config')
    .map(({ release }) => release.sha)
    .reverse()
}

/** Where a release that can say nothing itself has come to. */
export interface Found {
  /** The route returns to what it brought: it had all traffic, whatever became of its workflow. */
  readonly promoted: boolean
  /** What had the traffic before it. */
  readonly before?: string
}

export async function foundOf(
  report: Pick<Platform['report'], 'history'>,
  { app, seq }: ReleaseRef,
  stable: string | undefined,
): Promise<Found> {
  const status = (await report.history(app)).find(({ release }) => release.seq === seq)
  const before = status?.stable
  const promoted = stable !== undefined && status?.revision === stable && before !== stable
  return { promoted, ...(before !== undefined && { before }) }
}

/** One that has its outcome keeps it; who wrote it may have died before others were told: it is said once more as it is. */
export async function closeReleases(
  report: Pick<Platform['report'], 'recorded' | 'release'>,
  releases: readonly Obituary[],
  clock: Clock,
): Promise<void> {
  for (const obituary of releases) {
    const before = await report.recorded(obituary.release)
    await report.release(before?.outcome ? before : closed(obituary, before, clock.now()))
  }
}

function closed(
  { release, outcome, message, supersededBy }: Obituary,
  before: ReleaseStatus | undefined,
  now: number,
): ReleaseStatus {
  const status = before ?? { release, cause: 'push' as const, weight: 0, transitions: [], startedAt: now }
  const weight = outcome === 'promoted' ? 1000 : 0
  const transition = { at: now, phase: 'done' as const, weight, message }
  const transitions = [...status.transitions, transition]
  const newer = supersededBy === undefined ? {} : { supersededBy }
  return { ...status, phase: 'done', outcome, message, ...newer, weight, transitions, finishedAt: now }
}
