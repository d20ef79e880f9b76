// Judged by the sequential test: shift, watch until the judge wants another weight, and again, to the end of the bake.
import type { CanaryWatch, CanaryWatched, Studied } from '../activities/canary.ts'
import type { JudgePlan, Phase, Plan } from '../domain/release.ts'
import { studying, watching } from './activities.ts'
import { percent } from './details.ts'
import { endForHarm, type Meanwhile, type Road, raise, shiftAgain, shiftTo, shiftToNothing } from './road.ts'
import { type FoundBy, watchUntilSeen } from './watch.ts'

export type SequentialPlan = Exclude<JudgePlan, { kind: 'thresholds' }>

type Setup = CanaryWatch['question']['setup']
type Changed = Extract<CanaryWatched, { kind: 'course' }>

/** What the canary is to hold, and what is known of it then. */
interface Stand extends Pick<CanaryWatch, 'course' | 'state'> {
  readonly phase: Phase
  readonly judging: Studied['judging']
  readonly plan: SequentialPlan
}

/** What the gateway serves, and since when. */
interface Held extends Stand {
  readonly since: number
}

/**
 * Learns what the stable side has been like, climbs until the judge lets the canary be full, and watches on there until the bake is
 * over; a doubt may take the canary back for a while. Gives back how it is watched on; undefined when a person promoted it.
 */
export async function followEvidence(road: Road, plan: SequentialPlan): Promise<Meanwhile | undefined> {
  const { judging, state, course } = await study(road, plan)
  road.story.note('rolling-out', `begins with ${percent(course.weight)}`, { judging })
  await road.gates.pass(course.weight)
  if (road.gates.promoted()) return undefined
  const first = await give(road, { phase: 'rolling-out', course, state, judging, plan })
  let held = first && (await follow(road, first))
  if (!held) return undefined
  return async () => {
    held = held && (await follow(road, held))
  }
}

async function study({ plan, canary, stable }: Road, judge: SequentialPlan): Promise<Studied> {
  const { objectives, analysis } = plan.spec.release
  const summary = `what ${stable?.revision} has been like`
  const asked = {
    app: plan.release.app,
    canary: canary.name,
    stable: stable?.revision ?? '',
    objectives,
    method: judge.method,
    ...listed(plan, judge),
    history: analysis.history,
  }
  return studying.studyStable.executeWithOptions({ summary }, [asked])
}

/** Weight by weight, until the judge is content with all of it. Undefined when a person promoted it meanwhile. */
async function follow(road: Road, from: Held): Promise<Held | undefined> {
  let held = from
  for (;;) {
    const found = await watch(road, held)
    if (!found) return undefined
    const { seen, state } = found
    tell(road, held, seen)
    if (seen.kind === 'harmful') await endForHarm(road, seen.reason)
    // What it may not have yet was not given: the look that would give it is taken again.
    const stays = { ...held, state }
    if (seen.kind === 'safe') return stays
    if (seen.kind !== 'course') return undefined
    const phase = seen.course.phase === 'full' ? 'baking' : held.phase
    held = (await give(road, { ...held, phase, course: seen.course, state: seen.state })) ?? stays
  }
}

/** Undefined when it could not have it, and is watched on as it is. */
async function give(road: Road, stand: Stand): Promise<Held | undefined> {
  const { story, gates } = road
  const { phase, course } = stand
  const { weight, step = course.phase } = course
  if (weight === 0) {
    await shiftToNothing(road, 'nobody sees what the canary does')
    story.note(phase, 'the canary gets no traffic until the metrics return', { weight, step })
    return { ...stand, since: Date.now() }
  }
  const rise = () => shiftTo(road, phase, weight, step)
  // While nobody meets it there is nothing to watch.
  const watched = story.status().weight > 0
  const since = watched ? await rise() : await raise(road, rise, () => gates.pass(weight))
  return since === undefined ? undefined : { ...stand, since }
}

/**
 * Watches until the judge wants something else that the gates allow, however long there is nothing to see. Undefined when a
 * person promoted it meanwhile.
 */
function watch(road: Road, held: Held): Promise<FoundBy<Held['state'], Ended> | undefined> {
  const { gates, story } = road
  const { weight } = held.course
  return watchUntilSeen<Held['state'], Ended>(gates, held.state, {
    look: (state) => look(road, { ...held, state }),
    async paused(seen) {
      story.stall(seen.kind === 'stalled' ? seen.reason : undefined)
      if (weight > 0) await shiftAgain(road, weight)
    },
  })
}

function look(road: Road, held: Held): Promise<CanaryWatched> {
  const { story, plan, gates } = road
  const { course, state } = held
  const status = story.status()
  const stalled = status.stalled !== undefined
  const bar = gates.bar(course.weight)
  const question = questionOf(road, held)
  const asked = { app: plan.release.app, question, course, state, stalled, status, ...(bar && { bar }) }
  const summary = `watch ${percent(course.weight)}`
  return watching.watchCanary.executeWithOptions({ summary }, [asked])
}

function questionOf({ plan, canary, stable }: Road, { judging, course, plan: judge, since }: Held) {
  const { method, baseline } = judging
  const { success } = plan.spec.release.objectives
  const setup = { method, baseline, success, ...listed(plan, judge) }
  return { canary: canary.name, stable: stable?.revision ?? '', setup, weight: course.weight, since }
}

/** The plan's own weights, in the judge's units: fractions and seconds. */
function listed({ steps }: Plan, { kind }: SequentialPlan): Pick<Setup, 'steps'> {
  if (kind === 'ramp') return {}
  return { steps: steps.map(({ weight, for: time }) => ({ weight: weight / 1000, for: time / 1000 })) }
}

type Ended = Exclude<CanaryWatched, { kind: 'stalled' | 'watching' | 'barred' }>

/** What was seen becomes a line of the history. */
function tell({ story }: Road, { phase, course: { weight } }: Held, seen: Ended): void {
  const { kind, reason, evidence } = seen
  story.stall(kind === 'course' && seen.stalled ? reason : undefined)
  const told = kind === 'course' ? next(weight, seen) : `${percent(weight)} is ${kind}: ${reason}`
  story.note(phase, told, { evidence, ...(kind === 'safe' && { proven: seen.proven }) })
}

const next = (before: number, { course, reason }: Changed): string =>
  course.weight < before
    ? `back to ${percent(course.weight)}: ${reason}`
    : `on to ${percent(course.weight)}: ${reason}`
