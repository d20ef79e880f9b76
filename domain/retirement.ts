// What becomes of an App's revisions when a release is over: which stay, which are stopped and kept, which go. Pure.
import type { AppRef } from './app.ts'
import type { Revision } from './revision.ts'

/** When the file does not say. */
export const keptByDefault = 2

/** As many as any file may ask for: who has no file in hand takes no way back from anybody, and the next release keeps what its own says. */
export const keptAtMost = 10

export interface Retirement {
  readonly app: AppRef
  /** What stays; absent when nothing is stable. */
  readonly keep?: string
  /** What goes. */
  readonly revision?: string
  /** The copies that were made for what goes: it may have ended before it was made itself. */
  readonly copies?: Revision['config'] & object
  /** What earlier releases left behind goes too, up to this release's number. */
  readonly upTo: number
  /** Of those that served before, so many stay, without pods: they can be returned to. None when absent. */
  readonly keepServed?: number
  /** What goes has served until now. */
  readonly served?: boolean
  /** What was started to be returned to, and is not: it is stopped, and stays kept in its old place. */
  readonly restarted?: string
}

/** The revisions that there are, oldest first; and those of them that served and were kept, the latest first. */
export interface Present {
  readonly revisions: readonly Revision[]
  readonly kept?: readonly string[]
}

export interface Leavers {
  readonly stays: Revision | undefined
  /** What is stopped and stays. */
  readonly kept: readonly Revision[]
  /** What was started again in vain. */
  readonly restarted: Revision | undefined
  readonly leaving: readonly string[]
}

/** What has to go: the revision that was named and what earlier releases forgot. The newest of those that served stay. */
export function leavers({ revisions, kept = [] }: Present, retirement: Retirement): Leavers {
  const { keep, revision, upTo, keepServed = 0, served } = retirement
  const find = (wanted: string | undefined) => revisions.find(({ name }) => name === wanted)
  const serving = served && keepServed > 0 ? revisions.filter(({ name }) => name === revision) : []
  const before = kept.filter((name) => name !== revision && name !== keep)
  const stay = new Set([...serving.map(({ name }) => name), ...before].slice(0, keepServed))
  const leftover = revisions.filter(({ release }) => releaseNumber(release) <= upTo)
  const names = new Set([...(revision ? [revision] : []), ...leftover.map(({ name }) => name)])
  const leaving = [...names].filter((name) => name !== keep && !stay.has(name))
  return { stays: find(keep), kept: serving, restarted: find(retirement.restarted), leaving }
}

/** `shop-7` → 7. */
const releaseNumber = (release: string): number => Number(release.slice(release.lastIndexOf('-') + 1))
