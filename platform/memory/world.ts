// What the memory platform acts on: repositories, images, pods, a gateway with visitors. Tests drive it and look at it.
import { createHash } from 'node:crypto'
import { type AppRef, type AppSource, appKey } from '../../domain/app.ts'
import type { Policy } from '../../domain/policy.ts'
import type { Commit, ReleaseStatus } from '../../domain/release.ts'
import type { Revision } from '../../domain/revision.ts'
import type { AppStatus, Platform } from '../platform.ts'
import { type Clock, memoryClock } from './clock.ts'
import { gateway } from './gateway.ts'
import type { Pace } from './latency.ts'

/** What happens to a commit when it is built, run and visited. Everything goes well unless it is said here. */
export interface Script extends Pace {
  /** Milliseconds that its build takes. */
  readonly buildTakes?: number
  /** The build waits for this too: a test holds a build here and lets it go when it likes. */
  readonly buildWaitsFor?: Promise<unknown>
  /** The build fails, with this as its log's tail. */
  readonly buildFails?: string
  /** Milliseconds from the revision's creation until its pods are ready. */
  readonly readyAfter?: number
  /** How many pods are ready at most. */
  readonly readyPods?: number
  /** Why its pods cannot become ready. */
  readonly podsFail?: string
  /** The share of its answers that are 5xx. */
  readonly errors?: number
}

/** How the metrics fare: they do not answer, answer with what is no count, or do not read the gateway any more. */
export type MetricsFare = 'well' | 'silent' | 'nonsense' | 'unscraped'

/** Milliseconds that it takes, what it answers, or why there is no answer. */
export interface HookFare {
  readonly takes?: number
  /** It waits for this too: a test holds it here. */
  readonly waitsFor?: Promise<unknown>
  readonly passes?: boolean
  readonly fails?: string
}

interface HookRuns {
  readonly runs: number
  readonly since?: number
}

/** Whether or not there is a driver for it. */
type Words = Required<Platform>
type Verb<Word extends keyof Words> = `${Word}.${Extract<keyof Words[Word], string>}`
/** One call to the platform: `traffic.write`. */
export interface WorldCall {
  readonly verb: { [Word in keyof Words]: Verb<Word> }[keyof Words]
  readonly arguments: readonly unknown[]
  readonly at: number
}

export interface WorldEvent {
  readonly release: string
  readonly phase: string
  readonly message: string
}

export interface WorldOptions {
  readonly clock?: Clock
  /** Visitors' requests per second, for every App that has a route. */
  readonly load?: number
  /** Milliseconds from a write of the route until the gateway serves it. */
  readonly servesAfter?: number
  /** Milliseconds between two readings of the gateway's counters. */
  readonly scrapeEvery?: number
  /** The latency bounds that the gateway counts, in seconds. */
  readonly bounds?: readonly number[]
}

export type World = ReturnType<typeof world>

export function world(options: WorldOptions = {}) {
  const clock = options.clock ?? memoryClock()
  const scripts = new Map<string, Script>()
  const revisions = new Map<string, RunningRevision>()
  const script = (sha: string): Script => scripts.get(sha) ?? {}

  const readyPods = (name: string): number => {
    const running = revisions.get(name)
    if (!running) return 0
    const {
      podsFail,
      readyAfter = 0,
      readyPods: most = Number.POSITIVE_INFINITY,
    } = script(running.revision.sha)
    if (podsFail !== undefined) return 0
    const started = clock.now() < running.at + readyAfter ? (running.before ?? 0) : running.pods
    return Math.min(started, most)
  }
  const answers = (name: string) => script(revisions.get(name)?.revision.sha ?? '')

  const declared = new Map<string, AppSource>()
  const repositories = new Map<string, Repository>()
  const releases = new Map<string, ReleaseStatus>()

  const visited = gateway({ clock, readyPods, answers, ...options })
  let metricsFare: MetricsFare = 'well'

  return {
    clock,
    /** Every call that reached the platform, in order. */
    calls: [] as WorldCall[],
    /** Called before every call takes effect: throw to let it fail, wait to hold it. */
    before: (_call: WorldCall): void | Promise<void> => undefined,
    /** The Apps that the cluster declares, by `namespace/name`. */
    declared,
    repositories,
    /** The commits whose builds run now, and how many follow each: who asks for a running build attaches to it. */
    building: new Map<string, number>(),
    /** What each App's cluster object says beside its source, by `namespace/name`. */
    policies: new Map<string, Policy>(),
    onDelete: new Map<string, 'keep' | 'retire'>(),
    revisions,
    readyPods,
    /** ConfigMaps and Secrets, by `namespace/name`: `world.config.set('default/shop-settings', {GREETING: 'hello'})`. */
    config: new Map<string, Readonly<Record<string, string>>>(),
    /** The immutable copies of them, by `namespace/name`. */
    copies: new Map<string, Readonly<Record<string, string>>>(),
    gateway: visited,
    releases,
    events: [] as WorldEvent[],
    apps: new Map<string, AppStatus>(),
    /** How the hook of a gate fares, by the gate's name: it passes at once unless it is said here. */
    hooks: new Map<string, HookFare>(),
    /** How often each question was put anew, by `namespace/release/gate`; `since` while it waits for its answer. */
    hookRuns: new Map<string, HookRuns>(),

    script,
    /** Says how a commit will fare; may be called again at any time. */
    plan(sha: string, next: Script) {
      visited.settle()
      scripts.set(sha, { ...script(sha), ...next })
    },
    get metricsFare() {
      return metricsFare
    },
    /** Says how the metrics fare from now on. */
    metrics(fare: MetricsFare) {
      metricsFare = fare
      visited.scraped(fare !== 'unscraped')
    },
    declare: (app: AppRef, source: AppSource) => void declared.set(appKey(app), source),
    /** Commits these files on top of the branch (or of `parent`) and moves the branch there; returns the commit. */
    push: (source: AppSource, files: Readonly<Record<string, string>>, about: PushOptions = {}): string => {
      const repository = repositories.get(source.repository) ?? { branches: new Map(), commits: new Map() }
      repositories.set(source.repository, repository)
      const parent = 'parent' in about ? about.parent : repository.branches.get(source.branch)
      const { title = 'Change', author = 'ana' } = about
      const committedAt = clock.now()
      const content = JSON.stringify([parent, title, author, committedAt, files, repository.commits.size])
      const sha = createHash('sha1').update(content).digest('hex')
      const commit = { sha, title, author, email: `${author}@example.com`, committedAt }
      repository.commits.set(sha, { commit, files, parent })
      repository.branches.set(source.branch, sha)
      return sha
    },
    /** The revisions of one App that exist, oldest first. */
    revisionsOf: (app: AppRef): readonly Revision[] =>
      [...revisions.values()].map((one) => one.revision).filter((one) => appKey(one.app) === appKey(app)),
    /** The App's releases as they were reported, oldest first. */
    releasesOf: (app: AppRef): readonly ReleaseStatus[] =>
      [...releases.values()]
        .filter(({ release }) => appKey(release.app) === appKey(app))
        .sort((a, b) => a.release.seq - b.release.seq),
  }
}

/** A revision that exists. */
export interface RunningRevision {
  readonly revision: Revision
  /** When the newest of its pods were started, and when the first. */
  readonly at: number
  readonly since: number
  readonly pods: number
  /** How many of them were ready before the newest were started. */
  readonly before?: number
  /** Until when it served, when it is kept to return to. */
  readonly served?: number
}

interface PushOptions {
  readonly title?: string
  readonly author?: string
  /** Another parent than the branch's head: a forced push; undefined: a root commit. */
  readonly parent?: string | undefined
}

interface Repository {
  readonly branches: Map<string, string>
  readonly commits: Map<
    string,
    { commit: Commit; files: Readonly<Record<string, string>>; parent: string | undefined }
  >
}
