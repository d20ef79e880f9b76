// Runs revisions, and removes those that carry no traffic any more.
import { Context } from '@temporalio/activity'
import type { AppRef } from '../domain/app.ts'
import { PermanentFailure } from '../domain/failure.ts'
import type { Revision } from '../domain/revision.ts'
import type { Deploy, Platform } from '../platform/platform.ts'
import { alive, asked, type Clock } from './clock.ts'

const readyWithin = 10 * 60_000
/** The gateway sends nothing new by now; what is under way ends in the pods' own pause before they are told to stop. */
const drain = 1_000

export interface Retirement {
  readonly app: AppRef
  /** What stays; absent when nothing is stable. */
  readonly keep?: string
  /** What goes. */
  readonly revision?: string
  /** What earlier releases left behind goes too, up to this release's number. */
  readonly upTo: number
}

/** What was removed, and what was left because it is in use. */
export interface Retired {
  readonly removed: readonly string[]
  readonly left: readonly string[]
}

export function deployVerbs({ deploy, traffic }: Pick<Platform, 'deploy' | 'traffic'>, clock: Clock) {
  return {
    /** Makes the revision run and waits until all its pods are ready. */
    async runRevision(revision: Revision): Promise<void> {
      await alive(() => deploy.create(revision))
      const until = Context.current().info.scheduledTimestampMs + readyWithin
      await awaitReady(deploy, clock, revision, Math.max(until, clock.now()))
    },

    /** Removes what carries no weight and nobody may return to. What still carries weight is left, and named. */
    async retire(retirement: Retirement): Promise<Retired> {
      const leaving = await leavers(deploy, retirement)
      if (leaving.length > 0) await clock.sleep(drain, Context.current().cancellationSignal)
      return alive((say) => removeIdle({ deploy, traffic }, retirement.app, leaving, say))
    },
  }
}

/** What has to go: the revision that was named and what earlier releases forgot. */
async function leavers(deploy: Deploy, { app, keep, revision, upTo }: Retirement): Promise<string[]> {
  const { revisions } = await deploy.describe(app)
  const leftover = revisions.filter(({ release }) => releaseNumber(release) <= upTo)
  const names = [...(revision ? [revision] : []), ...leftover.map(({ name }) => name)]
  return [...new Set(names)].filter((name) => name !== keep)
}

/** What carries weight, or is what a rescue returns to, is left as it is. */
async function removeIdle(
  { deploy, traffic }: Pick<Platform, 'deploy' | 'traffic'>,
  app: AppRef,
  names: readonly string[],
  say: (word: string) => void,
): Promise<Retired> {
  const route = await traffic.read(app)
  const inUse = (name: string) =>
    name === route?.stable ||
    route?.weights.some(({ revision, weight }) => revision === name && weight > 0) === true
  const removed = names.filter((name) => !inUse(name))
  for (const name of removed) {
    say(`removing ${name}`)
    await deploy.remove(app, name)
  }
  return { removed, left: names.filter(inUse) }
}

/** Waits until every pod of the revision is ready; ready comes before weight. */
export async function awaitReady(deploy: Deploy, clock: Clock, revision: Revision, until: number) {
  let seen = 'nothing'
  const ready = await asked(clock, { every: 500, until }, async () => {
    const { ready, wanted, failure } = await deploy.readiness(revision)
    if (failure !== undefined) throw notReady(revision, failure)
    seen = `${ready} of ${wanted} pods ready`
    return ready >= wanted ? true : undefined
  })
  if (!ready) throw notReady(revision, `${seen} in time`)
}

const notReady = ({ name }: Revision, why: string) =>
  new PermanentFailure('NotReady', `${name} cannot take traffic: ${why}; see its pods and their logs`)

/** `shop-7` → 7. */
const releaseNumber = (release: string): number => Number(release.slice(release.lastIndexOf('-') + 1))
