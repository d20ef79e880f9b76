// One look at everything, each minute: who has missed something is told, what was left is cleared, what others changed is ours again.
// Each App is looked at on its own; who cannot be looked at holds up nobody. An App that knows all there is to know costs nothing.
import { Context, log } from '@temporalio/activity'
import { type AppRef, appKey } from '../domain/app.ts'
import type { ReleaseRef } from '../domain/release.ts'
import { inTurn, type Told } from '../domain/sweep.ts'
import type { Listed, Platform, Running } from '../platform/platform.ts'
import { alive, type Clock } from './clock.ts'
import { type Lives, temporalLives } from './lives.ts'
import { closeLost } from './lost.ts'
import { noticeNews } from './news.ts'
import { reassert } from './reassert.ts'
import { holdPromises, tidy } from './tidy.ts'

/** What was found and done, for people; and what could not be done, which the next minute tries again. */
export interface Swept {
  readonly apps: number
  readonly done: readonly string[]
  readonly failures: readonly string[]
}

/** What a part of the sweep goes on. */
export interface Sweep {
  readonly platform: Platform
  readonly clock: Clock
  readonly lives: Lives
  readonly told: Told
  readonly apps: readonly Listed[]
  /** Every release without an outcome. */
  readonly unfinished: readonly ReleaseRef[]
  readonly running: readonly Running[]
  /** Whether a workflow runs; what the list does not show is asked for by itself. */
  readonly runs: (workflowId: string) => Promise<boolean>
  /** Something was done: it is counted, by a word for machines, and told in a sentence. */
  readonly did: (what: Deed, sentence: string) => void
  readonly failed: (about: AppRef | string, error: unknown) => void
}

export type Deed = 'told' | 'closed' | 'repaired' | 'removed' | 'forgotten' | 'held'

const namedAtMost = 20

export function sweepVerbs(platform: Platform, clock: Clock) {
  // Forgetting it when the worker starts again costs one needless look for each App that has something open.
  const told: Told = new Map()
  return {
    async sweepApps(): Promise<Swept> {
      const { metricMeter } = Context.current()
      const deeds = metricMeter.createCounter('slipway_sweep_deeds', undefined, 'What a sweep found and did')
      const failed = metricMeter.createCounter(
        'slipway_sweep_failures',
        undefined,
        'What a sweep could not do',
      )
      return alive(() =>
        sweepAll({ platform, clock, lives: temporalLives(Context.current()), told }, (word) => {
          if (word === 'failed') failed.add(1)
          else deeds.add(1, { deed: word })
        }),
      )
    },
  }
}

type Outfit = Pick<Sweep, 'platform' | 'clock' | 'lives' | 'told'>

export async function sweepAll(
  outfit: Outfit,
  count: (word: Deed | 'failed') => void = () => undefined,
): Promise<Swept> {
  const done: string[] = []
  const failures: string[] = []
  const failed: Sweep['failed'] = (about, error) => {
    count('failed')
    const message = error instanceof Error ? error.message : String(error)
    const name = typeof about === 'string' ? about : appKey(about)
    log.warn('the sweep could not do something', { about: name, error: message })
    if (failures.length < namedAtMost) failures.push(`${name}: ${message}`)
  }
  const did: Sweep['did'] = (what, sentence) => {
    count(what)
    log.info('the sweep did something', { what, sentence })
    if (done.length < namedAtMost) done.push(sentence)
  }
  const sweep = await survey(outfit, did, failed)
  // News come first: they are why a sweep is due each minute. A part that fails as a whole is one failure.
  for (const part of [noticeNews, closeLost, reassert, holdPromises, tidyInTurn]) {
    await part(sweep).catch((error: unknown) => failed(part.name, error))
  }
  return { apps: sweep.apps.length, done, failures }
}

/** What all parts look at, read once: without it there is nothing to compare. */
async function survey(outfit: Outfit, did: Sweep['did'], failed: Sweep['failed']): Promise<Sweep> {
  const { deploy, report } = outfit.platform
  const [apps, unfinished, listed] = await Promise.all([
    deploy.apps(),
    report.unfinished(),
    outfit.lives.listed(),
  ])
  const running = await deploy.running(apps.map(({ app }) => app)).catch((error: unknown) => {
    failed('revisions', error)
    return []
  })
  // What the list shows may have ended a moment ago: the next sweep sees it. What it does not show may just have begun.
  const runs = async (id: string) => listed.has(id) || outfit.lives.runs(id)
  return { ...outfit, apps, unfinished, running, runs, did, failed }
}

async function tidyInTurn(sweep: Sweep): Promise<void> {
  const turn = inTurn(sweep.apps, sweep.clock.now())
  if (turn) await tidy(sweep, turn)
}
