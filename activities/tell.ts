// Tells others of a release: the commit, through the repository's host; programs, through events.
import { Context } from '@temporalio/activity'
import { WorkflowNotFoundError } from '@temporalio/common'
import { type AppRef, appKey } from '../domain/app.ts'
import { forgetOldest } from '../domain/forget.ts'
import type { ReleaseRef, ReleaseStatus } from '../domain/release.ts'
import { type News, newsOf, releaseMoved, type TellInput, tellWorkflowId } from '../domain/telling.ts'
import type { Platform, Told } from '../platform/platform.ts'
import { alive, type Clock } from './clock.ts'

type Parts = Pick<Platform, 'report' | 'deploy' | 'forge' | 'sink'>

export function tellVerbs({ report, forge, sink }: Parts) {
  return {
    /** Makes the commit show what is remembered of the release now. `told` is what the last call answered. */
    async tellCommit({
      release,
      repository,
      ended,
      told,
    }: {
      readonly release: ReleaseRef
      readonly repository: string
      /** The release is over; what goes on is recorded again with its next word. */
      readonly ended?: boolean
      readonly told?: Told
    }): Promise<{ told?: Told }> {
      const status = await report.recorded(release)
      if (!forge) return {}
      if (status) return { told: await forge.tell(repository, status, told) }
      if (ended && told) await forge.forget(repository, release, told)
      return {}
    },

    /**
     * Sends what became of the release since so many transitions; returns how many are sent now. How far it came rides in the
     * heartbeat: whoever takes but a few at a time has them all in the end.
     */
    async sendEvents({ release, sent }: { release: ReleaseRef; sent: number }): Promise<number> {
      const { cancellationSignal: signal, info } = Context.current()
      const before = (info.heartbeatDetails as number | undefined) ?? sent
      return await alive<number, number>(async (progress) => {
        progress(before)
        const status = await report.recorded(release)
        if (!status || !sink) return sent
        return await sink.tell(status, before, { signal, progress })
      })
    },
  }
}

/**
 * The same platform, which announces what it reports of a release, unless that came too late. What could not be announced is reported
 * again, which changes nothing.
 */
export function announced(platform: Platform, clock: Clock): Platform {
  const { report, forge, sink } = platform
  if (!forge && !sink) return platform
  const announce = announcer(platform, clock)
  const release: typeof report.release = async (status) => {
    const said = await report.release(status)
    if (said) await announce(status)
    return said
  }
  return { ...platform, report: { ...report, release } }
}

/** Numbers alone are announced so often, in milliseconds. */
const numbersEvery = 30_000
const rememberedAtMost = 1_000

/** Returns a function that wakes whoever tells others of this release; nobody where there is nobody to tell. */
function announcer(parts: Parts, clock: Clock) {
  const shownAt = repositories(parts, clock)
  const last = new Map<string, { readonly standing: string; readonly at: number }>()
  return async (status: ReleaseStatus): Promise<void> => {
    const { release } = status
    const news = newsOf(status)
    const workflowId = tellWorkflowId(release)
    const before = last.get(workflowId)
    if (before?.standing === news.standing && clock.now() < before.at + numbersEvery) return
    const repository = await shownAt(release.app)
    const events = parts.sink !== undefined
    if (repository || events) await begin({ release, events, ...(repository && { repository }) }, news)
    else await goOn(release, news)
    last.set(workflowId, { standing: news.standing, at: clock.now() })
    forgetOldest(last, rememberedAtMost)
  }
}

/** Somebody tells of the release from now on, if nobody does yet. */
async function begin(input: TellInput, news: News): Promise<void> {
  const { release } = input
  const { client, info } = Context.current()
  await client.workflow.signalWithStart('tell', {
    workflowId: tellWorkflowId(release),
    taskQueue: info.taskQueue,
    args: [input],
    signal: releaseMoved,
    signalArgs: [news],
    staticSummary: `tells of ${appKey(release.app)} ${release.seq}`,
  })
}

/** The App is gone, or its repository is another one: who tells of the release since before knows where, and nobody else does. */
async function goOn(release: ReleaseRef, news: News): Promise<void> {
  const { client } = Context.current()
  try {
    await client.workflow.getHandle(tellWorkflowId(release)).signal(releaseMoved, news)
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error
  }
}

const rememberFor = 60_000

/** Where the App's commits show their releases; asked of the cluster once a minute. */
function repositories({ deploy, forge }: Parts, clock: Clock) {
  const known = new Map<string, { readonly until: number; readonly repository: string | undefined }>()
  return async (app: AppRef): Promise<string | undefined> => {
    if (!forge) return undefined
    const found = known.get(appKey(app))
    if (found && clock.now() < found.until) return found.repository
    const { source } = await deploy.describe(app)
    const repository = source && forge.hosts(source.repository) ? source.repository : undefined
    known.set(appKey(app), { until: clock.now() + rememberFor, repository })
    return repository
  }
}
