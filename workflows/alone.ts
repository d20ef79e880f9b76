// A revision that has all traffic and is compared with nothing: its objectives alone speak, for as long as the bake.
import { ApplicationFailure } from '@temporalio/workflow'
import type { SeenAlone } from '../activities/alone.ts'
import { bakeOf } from '../domain/analysis.ts'
import { formatDuration } from '../domain/duration.ts'
import { defaultRequests, looksToHarm } from '../domain/judge/defaults.ts'
import type { Objectives } from '../domain/judge/judge.ts'
import { watching } from './activities.ts'
import { cutter } from './cut.ts'
import type { Interruption } from './interruption.ts'
import { endForHarm, type Meanwhile, type Road, raise, shiftTo } from './road.ts'

/** The first release of an App has nothing to return to: it keeps the traffic, whatever is seen. */
export async function bakeFirst(road: Road, since: number, interruption: Interruption): Promise<void> {
  const { story, canary, plan } = road
  const time = bakeOf(plan)
  if (time === 0) return
  const why = 'nothing served before it, so its objectives alone are watched'
  story.tell('baking', `${why} for ${formatDuration(time)}`)
  const { objectives } = plan.spec.release
  const harm = await watch(road, objectives, since, interruption)
  if (harm === undefined) return
  const stays = `${canary.name} keeps the traffic, because nothing served before it: push a better one`
  throw ApplicationFailure.nonRetryable(`it misses its objectives: ${harm}; ${stays}`, 'NothingBefore')
}

/**
 * Stable fails nearly everybody: the canary takes over without being compared. What people and windows must let through still
 * waits for them. Stable stays warm until the bake is over, and gets the traffic back only from a canary that is no better. Gives back
 * what promotion still waits for; undefined when a person promoted it.
 */
export async function takeOver(
  road: Road,
  failing: string,
  interruption: Interruption,
): Promise<Meanwhile | undefined> {
  const { story, canary, stable, gates } = road
  const why = `${stable?.revision} fails nearly everything (${failing}): there is nothing to compare with`
  story.tell('rolling-out', `emergency: ${why}; ${canary.name} takes over as soon as it can`)
  const mayRise = () => gates.pass(1000)
  await mayRise()
  if (gates.promoted()) return undefined
  const since = await raise(road, () => shiftTo(road, 'rolling-out', 1000, 'full'), mayRise)
  if (since === undefined) return undefined
  story.tell('baking', `emergency: ${canary.name} has all traffic, and goes back only if it fails half of it`)
  const harm = await watch(road, noBetter, since, interruption)
  if (harm !== undefined) await endForHarm(road, harm)
  await gates.pass('promotion')
  return () => gates.pass('promotion')
}

/** Twenty times better than what it replaces: anything more would give users back to what fails them all. */
const noBetter: Objectives = { success: 0.5 }

/** Watches until the bake is over, a newer push waits, or a person promotes it. Says why when it does harm. */
async function watch(
  road: Road,
  objectives: Objectives,
  since: number,
  interruption: Interruption,
): Promise<string | undefined> {
  const newer = cutter()
  interruption.outlast(newer.now)
  const seen = await newer.run(() => untilSeen(road, objectives, since))
  if (!seen) {
    const why = newer.happened() ? 'a newer push waits' : 'it was promoted'
    road.story.note('baking', `the watch ends early: ${why}`, { proven: false })
    return undefined
  }
  const { kind, reason, evidence } = seen
  const shown = kind === 'unproven' ? { proven: false } : {}
  road.story.note('baking', `100 % is ${kind}: ${reason}`, { ...(evidence && { evidence }), ...shown })
  return kind === 'harmful' ? reason : undefined
}

type Seen = Exclude<SeenAlone, { kind: 'watching' }>

/** Undefined when a person promoted it meanwhile. */
async function untilSeen(road: Road, objectives: Objectives, since: number): Promise<Seen | undefined> {
  const { gates, story, plan, canary, stable } = road
  const { requests = defaultRequests, looks = looksToHarm } =
    plan.judge?.kind === 'thresholds' ? plan.judge : {}
  const about = { canary: canary.name, ...(stable && { stable: stable.revision }) }
  const question = { ...about, objectives, requests, looks, since, for: bakeOf(plan) }
  const summary = `watch 100 % for ${formatDuration(question.for)}`
  let before: Extract<SeenAlone, { kind: 'watching' }>['seen'] | undefined
  while (!gates.promoted()) {
    const asked = { app: plan.release.app, question, status: story.status(), ...(before && { seen: before }) }
    const seen = await gates.attend(() => watching.watchAlone.executeWithOptions({ summary }, [asked]))
    if (seen && seen.kind !== 'watching') return seen
    before = seen?.seen ?? before
  }
  return undefined
}
