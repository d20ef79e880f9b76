// Judged by fixed objectives: step by step, shift, watch, and on to the next while they are met.
import type { Watch, Watched } from '../activities/step.ts'
import { bakeOf } from '../domain/analysis.ts'
import type { GatePoint } from '../domain/gate.ts'
import { defaultRequests, looksToHarm } from '../domain/judge/defaults.ts'
import type { Phase, Step } from '../domain/release.ts'
import { awaiting, watching } from './activities.ts'
import { percent } from './details.ts'
import { endForHarm, type Meanwhile, type Road, raise, shiftAgain, shiftTo, shiftToNothing } from './road.ts'
import { watchUntilSeen } from './watch.ts'

/** What ends a step's watch. */
type Seen = Exclude<Watched, { kind: 'stalled' | 'watching' | 'barred' }>

/**
 * Every step below full, then the watch at full. Gives back how it is watched on there; undefined when a person promoted it. A
 * plan's own step at full is this watch.
 */
export async function followSteps(road: Road): Promise<Meanwhile | undefined> {
  const { gates } = road
  const places = placesOf(road)
  let meanwhile: Meanwhile = () => gates.pass(places[0]?.step.weight ?? 1000)
  await meanwhile()
  for (const place of places) {
    if (gates.promoted()) return undefined
    meanwhile = await hold(road, place, meanwhile)
  }
  return gates.promoted() ? undefined : meanwhile
}

/** A step, what it is called, and what comes after it. */
interface Place {
  readonly step: Step
  readonly phase: Phase
  readonly name: string
  readonly next: GatePoint
}

function placesOf({ plan }: Road): readonly Place[] {
  const steps = plan.steps.filter(({ weight }) => weight < 1000)
  const below = steps.map((step, index) => ({
    step,
    phase: 'rolling-out' as const,
    name: `${index + 1}/${steps.length}`,
    next: steps[index + 1]?.weight ?? 1000,
  }))
  const full = { weight: 1000, for: bakeOf(plan) }
  return [...below, { step: full, phase: 'baking', name: 'full', next: 'promotion' }]
}

/** One weight, held until the judge is content with it and the gates let it go on. Gives back how it is held on. */
async function hold(road: Road, place: Place, meanwhile: Meanwhile): Promise<Meanwhile> {
  const { step, next } = place
  const since = await give(road, place, meanwhile)
  if (since === undefined) return meanwhile
  if (step.for === 0) {
    await road.gates.pass(next)
    return () => road.gates.pass(next)
  }
  let held = await holdOn(road, place, { since })
  return async () => {
    held = await holdOn(road, place, held)
  }
}

/** Since when the gateway serves the weight, and what was seen of it since. */
interface Held {
  readonly since: number
  readonly state?: Watch['state']
}

const give = (road: Road, { step, phase, name }: Place, meanwhile: Meanwhile): Promise<number | undefined> =>
  raise(road, () => shiftTo(road, phase, step.weight, name), meanwhile)

async function holdOn(road: Road, place: Place, from: Held): Promise<Held> {
  const { step, phase } = place
  let held = from
  for (;;) {
    const seen = await watch(road, place, held)
    if (!seen) return held
    if (seen.kind !== 'blind') {
      await conclude(road, phase, step, seen)
      return { ...held, ...(seen.state && { state: seen.state }) }
    }
    await waitInSafety(road, phase, seen.reason)
    // Nobody meets it, so there is nothing to watch.
    const since = await give(road, place, () => road.gates.pass(step.weight))
    if (since === undefined) return held
    held = { since }
  }
}

/** Watches until there is a verdict that the gates let pass. Undefined when a person promoted it meanwhile. */
async function watch(
  road: Road,
  { step, next }: Place,
  { since, state: before }: Held,
): Promise<Seen | undefined> {
  const found = await watchUntilSeen<Watch['state'], Seen>(road.gates, before, {
    look: (state) => look(road, step, since, { state, next }),
    async paused(seen) {
      if (seen.kind === 'stalled') road.story.stall(seen.reason)
      await shiftAgain(road, step.weight)
    },
  })
  return found?.seen
}

interface Looking {
  readonly state: Watch['state']
  readonly next: GatePoint
}

function look(road: Road, step: Step, since: number, { state, next }: Looking): Promise<Watched> {
  const { story, plan, gates } = road
  const { onNoTraffic } = plan.spec.release
  const status = story.status()
  const stalled = status.stalled !== undefined
  const question = { ...ask(road, since), for: step.for }
  const bar = gates.bar(step.weight, next)
  const more = { ...(state && { state }), ...(bar && { bar, next }) }
  const asked = { app: plan.release.app, question, onNoTraffic, stalled, status, ...more }
  const summary = `watch ${percent(step.weight)} for ${step.for / 1000} s`
  return watching.watchStep.executeWithOptions({ summary }, [asked])
}

async function conclude(
  road: Road,
  phase: Phase,
  step: Step,
  { kind, reason, evidence }: Exclude<Seen, { kind: 'blind' }>,
): Promise<void> {
  road.story.stall(undefined)
  road.story.note(phase, `${percent(step.weight)} is ${kind}: ${reason}`, { evidence })
  if (kind === 'harmful') await endForHarm(road, reason)
}

/** Nobody sees what the canary does: it gets no traffic until somebody does. */
async function waitInSafety(road: Road, phase: Phase, reason: string): Promise<void> {
  const { story, plan } = road
  await shiftToNothing(road, reason)
  story.tell(phase, `${reason}: the canary gets no traffic until they return`, { weight: 0 })
  story.stall(reason)
  const question = { ...ask(road, 0), for: 0 }
  await awaiting.awaitMetrics.executeWithOptions({ summary: 'until the metrics return' }, [
    { app: plan.release.app, question },
  ])
  story.stall(undefined)
}

function ask({ plan, canary, stable }: Road, since: number) {
  const { objectives } = plan.spec.release
  const fixed = plan.judge?.kind === 'thresholds' ? plan.judge : undefined
  const { requests = defaultRequests, looks = looksToHarm } = fixed ?? {}
  return {
    canary: canary.name,
    ...(stable && { stable: stable.revision }),
    objectives,
    requests,
    looks,
    since,
  }
}
