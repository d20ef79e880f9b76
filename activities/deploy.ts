// Runs revisions, and removes those that carry no traffic any more.
import { Context } from '@temporalio/activity'
import type { AppRef } from '../domain/app.ts'
import { fewest, firstPods, type Scale } from '../domain/capacity.ts'
import { leavers, type Retirement } from '../domain/retirement.ts'
import type { Revision } from '../domain/revision.ts'
import type { Platform, Traffic } from '../platform/platform.ts'
import { awaitReady, isAlive, releasePods } from './capacity.ts'
import { alive, type Clock } from './clock.ts'
import { whyFailing } from './failing.ts'

const readyWithin = 10 * 60_000
/**
 * The gateway sends nothing new by now, and cuts nothing that is under way; it does not show what is. So a drain is a time, and the
 * pods' own pause before they are told to stop comes after it (docs/decisions/0011).
 */
const drain = 10_000

/** What was removed, what was stopped and kept, and what was left because it is in use. */
export interface Retired {
  readonly removed: readonly string[]
  readonly kept?: readonly string[]
  readonly left: readonly string[]
}

/** What is to run, and beside what. */
export interface Run {
  readonly revision: Revision
  readonly scale?: Scale
  readonly stable?: string
}

/** What was found when the revision was ready. */
export interface Ran {
  /** Whether the stable revision can answer anybody; absent when there is none. */
  readonly stableAlive?: boolean
  /** Why it answers hardly anybody although its pods are ready. */
  readonly stableFails?: string
}

export function deployVerbs(
  { deploy, traffic, metrics }: Pick<Platform, 'deploy' | 'traffic' | 'metrics'>,
  clock: Clock,
) {
  return {
    /** Makes the revision run, also one that was stopped, and waits until its pods are ready. */
    async runRevision(asked: Run | Revision): Promise<Ran> {
      // A release that began with an earlier version asks for the revision alone.
      const { revision, scale, stable }: Run = 'revision' in asked ? asked : { revision: asked }
      await alive(async () => {
        await deploy.create(revision, firstPods(scale))
        const { wanted } = await deploy.readiness(revision)
        if (wanted === 0) await deploy.scale(revision, fewest(revision.run))
      })
      const until = Context.current().info.scheduledTimestampMs + readyWithin
      await awaitReady(deploy, clock, revision, Math.max(until, clock.now()))
      if (stable === undefined) return {}
      const stableAlive = await isAlive(deploy, revision.app, stable)
      if (!stableAlive) return stableAlive === undefined ? {} : { stableAlive }
      const stableFails = await alive(() => whyFailing(metrics, clock, revision.app, stable))
      return { stableAlive, ...(stableFails !== undefined && { stableFails }) }
    },

    /** Removes what carries no weight and nobody may return to. What still carries weight is left, and named. */
    async retire(retirement: Retirement): Promise<Retired> {
      const present = await deploy.describe(retirement.app)
      const { stays, kept, restarted, leaving } = leavers(present, retirement)
      if (kept.length + leaving.length > 0 || restarted)
        await clock.sleep(drain, Context.current().cancellationSignal)
      return alive(async (say) => {
        const inUse = await usedOf(traffic, retirement.app)
        const stopped = kept.filter(({ name }) => !inUse(name))
        for (const revision of stopped) {
          say(`stopping ${revision.name}`)
          await deploy.keep(revision)
        }
        // It has not served since: when it did is not written again.
        if (restarted && !inUse(restarted.name)) await deploy.scale(restarted, 0)
        const removed = leaving.filter((name) => !inUse(name))
        for (const name of removed) {
          say(`removing ${name}`)
          const { app, revision, copies } = retirement
          await deploy.remove(app, name, name === revision ? copies : undefined)
        }
        if (stays && !inUse(retirement.revision ?? '')) await releasePods(deploy, stays)
        const left = [...kept.map(({ name }) => name), ...leaving].filter(inUse)
        return { removed, left, ...(stopped.length > 0 && { kept: stopped.map(({ name }) => name) }) }
      })
    },
  }
}

/** What carries weight, or is what a rescue returns to, is left as it is. */
async function usedOf(traffic: Traffic, app: AppRef): Promise<(name: string) => boolean> {
  const route = await traffic.read(app)
  return (name) =>
    name === route?.stable ||
    route?.weights.some(({ revision, weight }) => revision === name && weight > 0) === true
}
