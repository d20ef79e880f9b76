// Shows on a commit that is offered to the App's branch what a push of its file would do. Of the cluster it only reads, and it builds nothing.
import type { AppRef, AppSource, AppSpec } from '../domain/app.ts'
import { PermanentFailure } from '../domain/failure.ts'
import type { ForeseeInput, Foresight } from '../domain/foresight.ts'
import { describeProblems, manifestName, readManifest } from '../domain/manifest.ts'
import { busyOf } from '../domain/outlook/next.ts'
import { lookAhead, type Seen } from '../domain/outlook.ts'
import type { Declared, Platform } from '../platform/platform.ts'
import type { Clock } from './clock.ts'
import { takenHosts } from './source.ts'

export function foreseeVerbs(platform: Platform, clock: Clock) {
  return {
    /** Says it once more as things stand now, however often it is called. */
    async showPlan({ app, sha, fork }: ForeseeInput): Promise<void> {
      const { deploy, forge } = platform
      const declared = await deploy.describe(app)
      const { source } = declared
      if (!forge || !source || !forge.hosts(source.repository)) return
      const at = clock.now()
      const offered = { app, sha, source, declared, at }
      const foresight: Foresight = fork ? { kind: 'fork' } : await foresee(platform, offered)
      await forge.foretell(source.repository, { app, sha, at, foresight })
    },
  }
}

interface Offered {
  readonly app: AppRef
  readonly sha: string
  readonly source: AppSource
  readonly declared: Declared
  readonly at: number
}

/** What the release of a new commit with this file would be refused for, it is refused for here. */
async function foresee(platform: Platform, offered: Offered): Promise<Foresight> {
  const { app, sha, source, declared, at } = offered
  try {
    const { text } = await platform.source.read(source, sha, manifestName)
    const read = readManifest(text, app, declared.policy)
    if ('problems' in read) return { kind: 'refused', why: describeProblems(read.problems) }
    // Merging makes another commit than this one.
    const ahead = lookAhead(text, read, await seenOf(platform, offered, read.spec), at)
    if ('outlook' in ahead) return { kind: 'taken', outlook: ahead.outlook }
    return { kind: 'refused', why: describeProblems(ahead.problems) }
  } catch (error) {
    if (!(error instanceof PermanentFailure)) throw error
    return { kind: 'refused', why: error.message }
  }
}

async function seenOf(
  platform: Platform,
  { app, source, declared: { policy, revisions, kept } }: Offered,
  spec: AppSpec,
): Promise<Seen> {
  const { deploy, traffic, report, metrics } = platform
  const [route, remembered, releases, config, taken] = await Promise.all([
    traffic.read(app),
    report.remembered(app),
    report.history(app),
    // Makes no copies; fails when one is missing.
    deploy.config(app, spec.run, false),
    takenHosts(platform, app, spec),
  ])
  const stable = revisions.find(({ name }) => name === route?.stable)
  return {
    app,
    busy: busyOf(remembered, releases),
    revisions,
    source,
    ...(policy && { policy }),
    ...(kept && { kept }),
    ...(route && { route }),
    ...(stable && { stable }),
    served: [],
    seq: Math.max(0, route?.epoch.seq ?? 0, ...releases.map(({ release }) => release.seq)),
    config,
    taken,
    metered: {
      answer: { kind: 'not asked', why: 'it will be when the file is pushed' },
      query: (bounds) => metrics.query(app, bounds),
    },
  }
}
