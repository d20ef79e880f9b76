// Tells others of a release: the commit, through the repository's host; programs, through events.
import { Context } from '@temporalio/activity'
import { type AppRef, appKey } from '../domain/app.ts'
import type { ReleaseRef, ReleaseStatus } from '../domain/release.ts'
import { newsOf, releaseMoved, type TellInput, tellWorkflowId } from '../domain/telling.ts'
import type { Platform, Told } from '../platform/platform.ts'
import type { Clock } from './clock.ts'

type Parts = Pick<Platform, 'report' | 'deploy' | 'forge' | 'sink'>

export function tellVerbs({ report, forge, sink }: Parts) {
  return {
    /** Makes the commit show what is remembered of the release now. `told` is what the last call answered. */
    async tellCommit(asked: {
      readonly release: ReleaseRef
      readonly repository: string
      readonly told?: Told
    }): Promise<{ told?: Told }> {
      const status = await report.recorded(asked.release)
      if (!status || !forge) return {}
      return { told: await forge.tell(asked.repository, status, asked.told) }
    },

    /** Sends what became of the release since so many transitions; returns how many are sent now. */
    async sendEvents({ release, sent }: { release: ReleaseRef; sent: number }): Promise<number> {
      const status = await report.recorded(release)
      if (!status || !sink) return sent
      return await sink.tell(status, sent)
    },
  }
}

const rememberFor = 60_000

/** Returns a function that wakes whoever tells others of this release; nobody where there is nobody to tell. */
export function announcer({ deploy, forge, sink }: Parts, clock: Clock) {
  const repositories = new Map<string, { readonly until: number; readonly repository: string | undefined }>()

  async function shownAt(app: AppRef): Promise<string | undefined> {
    if (!forge) return undefined
    const known = repositories.get(appKey(app))
    if (known && clock.now() < known.until) return known.repository
    const { source } = await deploy.describe(app)
    const repository = source && forge.hosts(source.repository) ? source.repository : undefined
    repositories.set(appKey(app), { until: clock.now() + rememberFor, repository })
    return repository
  }

  return async (status: ReleaseStatus): Promise<void> => {
    const { release } = status
    const repository = await shownAt(release.app)
    const events = sink !== undefined
    if (repository === undefined && !events) return
    const input: TellInput = { release, events, ...(repository && { repository }) }
    const { client, info } = Context.current()
    await client.workflow.signalWithStart('tell', {
      workflowId: tellWorkflowId(release),
      taskQueue: info.taskQueue,
      args: [input],
      signal: releaseMoved,
      signalArgs: [newsOf(status)],
      staticSummary: `tells of ${appKey(release.app)} ${release.seq}`,
    })
  }
}
