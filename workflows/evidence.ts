// Judged by the sequential test: shift, watch until the judge wants another weight, and again, to the end of the bake.
import type { CanaryWatch, CanaryWatched, Studied } from '../activities/canary.ts'
import type { JudgePlan, Phase, Plan } from '../domain/release.ts'
import { studying, watching } from './activities.ts'
import { percent } from './details.ts'
import { endForHarm, type Road, shiftAgain, shiftTo, shiftToNothing } from './road.ts'
import { watchUntilSeen } from './watch.ts'

export type SequentialPlan = Exclude<JudgePlan, { kind: 'thresholds' }>

type Course = CanaryWatch['course']
type Setup = CanaryWatch['question']['setup']
type Changed = Extract<CanaryWatched, { kind: 'course' }>

/** Where the rollout stands between two weights. Undefined: the judge is content with all of it. */
export interface Stand extends Pick<CanaryWatch, 'course' | 'state'> {
  readonly judging: Studied['judging']
  readonly plan: SequentialPlan
}

/** Learns what the stable side has been like, and climbs until the judge lets the canary be full. */
export async function climbByEvidence(road: Road, plan: SequentialPlan): Promise<Stand | undefined> {
  const { judging, state, course } = await study(road, plan)
  road.story.note('rolling-out', `begins with ${percent(course.weight)}`, { judging })
  await road.gates.pass(course.weight)
  if (road.gates.promoted()) return undefined
  return follow(road, 'rolling-out', { course, state, judging, plan })
}

/** Watches on at full until the bake is over; a doubt may take the canary back for a while. */
export async function bakeByEvidence(road: Road, stand: Stand): Promise<void> {
  await follow(road, 'baking', stand)
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

/** One phase of the rollout, weight by weight. */
async function follow(road: Road, phase: Phase, from: Stand): Promise<Stand | undefined> {
  let stand = from
  for (;;) {
    const since = await give(road, phase, stand.course)
    const seen = await watch(road, stand, since)
    if (!seen) return undefined
    tell(road, phase, stand.course, seen)
    if (seen.kind === 'harmful') await endForHarm(road, seen.reason)
    if (seen.kind !== 'course') return undefined
    stand = { ...stand, course: seen.course, state: seen.state }
    if (phase === 'rolling-out' && seen.course.phase === 'full') return stand
  }
}

async function give(road: Road, phase: Phase, course: Course): Promise<number> {
  const { weight } = course
  if (weight > 0) return shiftTo(road, phase, weight, course.step ?? course.phase)
  await shiftToNothing(road, 'nobody sees what the canary does')
  road.story.note(phase, 'the canary gets no traffic until the metrics return', {
    weight,
    step: course.phase,
  })
  return Date.now()
}

/**
 * Watches until the judge wants something else that the gates allow, however long there is nothing to see. Undefined when a
 * person promoted it meanwhile.
 */
function watch(road: Road, stand: Stand, since: number): Promise<Ended | undefined> {
  const { gates, story } = road
  const { weight } = stand.course
  return watchUntilSeen<Stand['state'], Ended>(gates, stand.state, {
    look: (state) => look(road, { ...stand, state }, since),
    async paused(seen) {
      story.stall(seen.kind === 'stalled' ? seen.reason : undefined)
      if (weight > 0) await shiftAgain(road, weight)
    },
  })
}

function look(road: Road, stand: Stand, since: number): Promise<CanaryWatched> {
  const { story, plan, gates } = road
  const { course, state } = stand
  const status = story.status()
  const stalled = status.stalled !== undefined
  const bar = gates.bar(course.weight)
  const question = questionOf(road, stand, since)
  const asked = { app: plan.release.app, question, course, state, stalled, status, ...(bar && { bar }) }
  const summary = `watch ${percent(course.weight)}`
  return watching.watchCanary.executeWithOptions({ summary }, [asked])
}

function questionOf({ plan, canary, stable }: Road, { judging, course, plan: judge }: Stand, since: number) {
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
function tell({ story }: Road, phase: Phase, { weight }: Course, seen: Ended): void {
  const { kind, reason, evidence } = seen
  story.stall(kind === 'course' && seen.stalled ? reason : undefined)
  const told = kind === 'course' ? next(weight, seen) : `${percent(weight)} is ${kind}: ${reason}`
  story.note(phase, told, { evidence, ...(kind === 'safe' && { proven: seen.proven }) })
}

const next = (before: number, { course, reason }: Changed): string =>
  course.weight < before
    ? `back to ${percent(course.weight)}: ${reason}`
    : `on to ${percent(course.weight)}: ${reason}`
