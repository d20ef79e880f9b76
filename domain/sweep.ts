// What a sweep decides: which Apps have to look again and why, which releases are lost, which revisions nobody needs any more. Pure.
import { type AppRef, appKey } from './app.ts'
import { type Outcome, type ReleaseRef, releaseName } from './release.ts'
import type { RouteState } from './route.ts'

/** Where an App stands at this moment, as far as it could be seen. */
export interface Standing {
  /** Whether its workflow runs. */
  readonly runs: boolean
  /** The branch's newest commit; absent when there is none, or when it could not be asked for. */
  readonly head?: string
  /** The commits that it has an answer to: what is stable, runs, waits or was rejected. */
  readonly known: readonly string[]
  /** Releases without an outcome that its workflow still takes for running, and whose own workflows are gone. */
  readonly lost: readonly ReleaseRef[]
  /** What its configuration is made of now, when that is not what the stable revision has. */
  readonly config?: string
}

/** Why an App has to look again. */
export type Reason = 'no workflow' | 'release lost' | 'commit' | 'configuration'

/** A reason, and what it is about: the same twice is no news. */
export interface Look {
  readonly reason: Reason
  readonly about: string
}

/** Undefined when the App knows all that there is to know: then it costs nothing. */
export function whyLook({ runs, head, known, lost, config }: Standing): Look | undefined {
  if (!runs) return { reason: 'no workflow', about: head ?? '' }
  if (lost.length > 0) return { reason: 'release lost', about: lost.map(releaseName).join(' ') }
  if (head !== undefined && !known.includes(head)) return { reason: 'commit', about: head }
  if (config !== undefined) return { reason: 'configuration', about: config }
  return undefined
}

/** What was said to Apps, and when. Who has heard it is told again only after a while: it may have been said to deaf ears. */
export type Told = Map<string, Look & { readonly at: number }>

const saidAgainAfter = 10 * 60_000

/** An App without a workflow has heard nothing, whatever it was told. */
export function isNews(told: Told, app: AppRef, { reason, about }: Look, now: number): boolean {
  const before = told.get(appKey(app))
  if (reason === 'no workflow' || !before) return true
  return before.reason !== reason || before.about !== about || now - before.at >= saidAgainAfter
}

/** What is known of a release that a revision may belong to. */
export interface Maker {
  readonly release: ReleaseRef
  readonly outcome?: Outcome
  readonly revision?: string
}

/** A revision, and since when it exists. */
export interface Existing {
  readonly name: string
  /** The release that made it: `shop-7`. */
  readonly release: string
  readonly since: number
}

const leftAloneFor = 10 * 60_000

/**
 * The revisions that nothing explains: no share of the traffic, no way back, no release that goes on or was promoted. A release
 * removes what it made by itself; this is what is left when it could not. What was promoted is its successor's to remove.
 */
export function orphans(
  existing: readonly Existing[],
  makers: readonly Maker[],
  route: RouteState | undefined,
  now: number,
): readonly string[] {
  const used = (name: string) =>
    route?.stable === name || route?.weights.some(({ revision, weight }) => revision === name && weight > 0)
  const made = (one: Existing) =>
    makers.filter(({ release, revision }) => revision === one.name || releaseName(release) === one.release)
  const endedBadly = (one: Existing) => {
    const outcomes = made(one).map(({ outcome }) => outcome)
    return outcomes.length > 0 && outcomes.every((outcome) => outcome !== undefined && outcome !== 'promoted')
  }
  return existing
    .filter((one) => !used(one.name) && endedBadly(one) && now - one.since >= leftAloneFor)
    .map(({ name }) => name)
}

/** The App whose turn it is in this minute: what is not urgent is done for one at a time, and for each once an hour or so. */
export function inTurn<App>(apps: readonly App[], now: number): App | undefined {
  const minute = Math.floor(now / 60_000)
  return apps[minute % Math.max(60, apps.length)]
}
