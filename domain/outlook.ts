// What a push of a file would do, before it is pushed: decided from the file and from what is seen of its App. Pure.
import type { AppRef, AppSource, AppSpec } from './app.ts'
import { surgeOf } from './capacity.ts'
import type { ConfigCopy, PresentConfig } from './config.ts'
import { PermanentFailure } from './failure.ts'
import { takenBy } from './hosts.ts'
import { type Misfit, placed } from './manifest.ts'
import { type Change, changesAgainst } from './outlook/changes.ts'
import {
  type Course,
  courseOf,
  type GateAhead,
  gatesAhead,
  type WindowsAhead,
  windowsAhead,
} from './outlook/course.ts'
import { type Measured, type Metered, measure } from './outlook/measured.ts'
import { type Busy, type Next, nextOf } from './outlook/next.ts'
import { makePlan } from './plan.ts'
import type { Policy } from './policy.ts'
import { type Plan, releaseName, type Surge } from './release.ts'
import { keptByDefault, leavers } from './retirement.ts'
import { type Image, makeRevision, type Revision } from './revision.ts'
import type { RouteState } from './route.ts'
import type { Problem } from './yaml-document.ts'

/** The App as it stands, as far as whoever asks may see it. */
export interface Seen {
  readonly app: AppRef
  readonly busy: Omit<Busy, 'stable'>
  /** Where its commits come from; absent when the cluster does not declare the App. */
  readonly source?: AppSource
  readonly policy?: Policy
  readonly revisions: readonly Revision[]
  /** Those of them that served and were kept, the latest first. */
  readonly kept?: readonly string[]
  /** Absent when there is none, or when it may not be seen. */
  readonly route?: RouteState
  /** What holds the traffic; absent: the release would be the App's first. */
  readonly stable?: Revision
  /** Whether any of its pods is ready; absent when it is not known. */
  readonly stableAlive?: boolean
  /** The revisions that were ever stable, as far as releases are remembered. */
  readonly served: readonly string[]
  /** The highest number that a release or a write of the route has. */
  readonly seq: number
  /** What the file names. */
  readonly config: readonly PresentConfig[]
  /** Hosts of the file that other Apps serve. */
  readonly taken: readonly { readonly host: string; readonly app: AppRef }[]
  readonly metered: Metered
}

/** A file that was read, as the commit that it would be pushed as, where that is known. */
export interface Push {
  readonly spec: AppSpec
  readonly sha?: string
}

export interface Outlook extends Measured {
  readonly app: AppRef
  /** Where its commits come from; absent when the cluster does not declare the App. */
  readonly source?: AppSource
  /** What the release would be called: `shop-8`. */
  readonly release: string
  readonly next: Next
  readonly stable?: { readonly revision: string; readonly sha: string }
  readonly canary: Canary
  /** Against what holds the traffic; empty for the first release. */
  readonly changes: readonly Change[]
  /** Absent when it is compared: else all traffic is given as soon as the pods are ready, and no gate is asked. */
  readonly unjudged?: 'first' | 'emergency'
  readonly course: Course
  readonly gates: readonly GateAhead[]
  readonly windows?: WindowsAhead
  readonly surge: Surge
  /** What becomes of the revisions that are there, once it is promoted. */
  readonly afterwards: { readonly kept: readonly string[]; readonly removed: readonly string[] }
  readonly config: readonly PresentConfig[]
}

/** The revision as far as it can be known: its name ends in `????` while its image or its configuration is not. */
export interface Canary extends Omit<Revision, 'image' | 'sha'> {
  /** Absent: it is not known which commit the file will be pushed as. */
  readonly sha?: string
  /** Absent: it is built at the push. */
  readonly image?: Image
}

/** What the push would do, or every reason for which it would be refused: in the release's own words, with their places. */
export function lookAhead(
  text: string,
  push: Push,
  seen: Seen,
  now: number,
): { readonly outlook: Outlook } | { readonly problems: readonly Problem[] } {
  const { spec } = push
  const problems = placed(text, [
    ...seen.taken.flatMap((one) => hostMisfit(spec, one)),
    ...seen.config.flatMap((one) => configMisfit(spec, one)),
  ])
  if (problems.length > 0) return { problems }
  try {
    return { outlook: outlookOf(push, seen, now) }
  } catch (error) {
    if (!(error instanceof PermanentFailure)) throw error
    // No plan can be made for this gateway, or it does not count by the latency that is asked for.
    const path = error.reason === 'Invalid' ? ['objectives', 'latency', 'below'] : []
    return { problems: placed(text, [{ path: ['spec', 'release', ...path], reason: error.message }]) }
  }
}

function hostMisfit({ route }: AppSpec, { host, app }: Seen['taken'][number]): Misfit[] {
  return (['hosts', 'preview'] as const).flatMap((key) => {
    const at = (route[key] ?? []).indexOf(host)
    return at < 0 ? [] : [{ path: ['spec', 'route', key, at], reason: takenBy(host, app) }]
  })
}

function configMisfit({ run }: AppSpec, { kind, name, problem }: PresentConfig): Misfit[] {
  if (problem === undefined) return []
  const list = kind === 'Secret' ? 'secrets' : 'config'
  const at = (run[list] ?? []).findIndex((one) => one.name === name)
  return [{ path: ['spec', 'run', list, at], reason: problem }]
}

function outlookOf({ spec, sha }: Push, seen: Seen, now: number): Outlook {
  const plan = planOf(spec, sha, seen)
  const canary = canaryOf(plan, sha, seen)
  const { app, source, stable, route, config } = seen
  const busy = { ...seen.busy, ...(stable && { stable: stable.sha }) }
  const windows = windowsAhead(plan, now)
  const unjudged = unjudgedAs(seen)
  return {
    app,
    ...(source && { source }),
    release: releaseName(plan.release),
    next: nextOf(busy, spec.release.supersede, sha),
    ...(stable && { stable: { revision: stable.name, sha: stable.sha } }),
    canary,
    changes: stable ? changesAgainst(stable, (route?.drift?.written ?? route)?.hosts, spec, config) : [],
    ...(unjudged && { unjudged }),
    course: courseOf(plan),
    gates: gatesAhead(plan),
    ...(windows && { windows }),
    surge: surgeOf(spec.run),
    afterwards: afterwardsOf(plan, canary, seen),
    config,
    ...measure(plan, { ...(stable && { stable: stable.name }), served: seen.served }, seen.metered, now),
  }
}

/** A commit that is not known yet, where one must be named. */
const anyCommit = '?'.repeat(40)
const unknownHash = '????'

function planOf(spec: AppSpec, sha = anyCommit, { app, seq, source, policy }: Seen): Plan {
  const commit = { sha, title: '', author: '', committedAt: 0 }
  const from = source ?? { repository: '', branch: '' }
  return makePlan({ app, seq: seq + 1, sha }, commit, from, spec, 1, policy)
}

/** A commit that was built before is not built again; then the revision's name is known, when its configuration is. */
function canaryOf(plan: Plan, sha: string | undefined, { revisions, config }: Seen): Canary {
  const image = sha === undefined ? undefined : revisions.find((one) => one.sha.startsWith(sha))?.image
  const copies = config.flatMap(({ kind, name, mount, copy }): ConfigCopy[] =>
    copy === undefined ? [] : [{ kind, name, copy, ...(mount !== undefined && { mount }) }],
  )
  const { image: _, sha: __, ...made } = makeRevision(plan, image ?? { repository: '', digest: '' }, copies)
  const revision = { ...made, ...(sha !== undefined && { sha }) }
  if (image && copies.length === config.length) return { ...revision, image }
  const name = `${revision.name.slice(0, -unknownHash.length)}${unknownHash}`
  return { ...revision, name, ...(image && { image }) }
}

/** There is nothing to compare with. */
function unjudgedAs({ stable, stableAlive }: Seen): Outlook['unjudged'] {
  if (!stable) return 'first'
  return stableAlive === false ? 'emergency' : undefined
}

/** By the rule that retires revisions; what the release that runs leaves behind has gone by then, too. */
function afterwardsOf(
  { spec, release }: Plan,
  canary: Canary,
  { app, stable, ...present }: Seen,
): Outlook['afterwards'] {
  const { leaving } = leavers(present, {
    app,
    keep: canary.name,
    upTo: release.seq,
    keepServed: spec.release.keep ?? keptByDefault,
    served: true,
    ...(stable && { revision: stable.name }),
  })
  const kept = present.revisions
    .map(({ name }) => name)
    .filter((name) => name !== canary.name && !leaving.includes(name))
  return { kept, removed: leaving }
}
