// Judged by fixed objectives: step by step, shift, watch, and on to the next while they are met.
import type { Watch, Watched } from '../activities/step.ts'
import { bakeOf } from '../domain/analysis.ts'
import type { GatePoint } from '../domain/gate.ts'
import { defaultRequests, looksToHarm } from '../domain/judge/defaults.ts'
import type { Phase, Step } from '../domain/release.ts'
import { awaiting, watching } from './activities.ts'
import { percent } from './details.ts'
import { endForHarm, type Road, shiftAgain, shiftTo, shiftToNothing } from './road.ts'
import { watchUntilSeen } from './watch.ts'

/** What ends a step's watch. */
type Seen = Exclude<Watched, { kind: 'stalled' | 'watching' | 'barred' }>

/** Every step below full. */
export async function climbSteps(road: Road): Promise<void> {
  const { gates, plan } = road
  const steps = plan.steps.filter(({ weight }) => weight < 1000)
  await gates.pass(steps[0]?.weight ?? 1000)
  for (const [index, step] of steps.entries()) {
    if (gates.promoted()) return
    const next = steps[index + 1]?.weight ?? 1000
    await hold(road, 'rolling-out', step, { name: `${index + 1}/${steps.length}`, next })
  }
}

/** The watch at full; a plan's own step at full is this one. */
export async function bakeAtFull(road: Road): Promise<void> {
  const step = { weight: 1000, for: bakeOf(road.plan) }
  await hold(road, 'baking', step, { name: 'full', next: 'promotion' })
}

/** What a step is called, and what comes after it. */
interface Place {
  readonly name: string
  readonly next: GatePoint
}

/** One weight, held until the judge is content with it and the gates let it go on. */
async function hold(road: Road, phase: Phase, step: Step, { name, next }: Place): Promise<void> {
  for (;;) {
    const since = await shiftTo(road, phase, step.weight, name)
    if (step.for === 0) return road.gates.pass(next)
    const seen = await watch(road, step, since, next)
    if (!seen) return
    if (seen.kind !== 'blind') return conclude(road, phase, step, seen)
    await waitInSafety(road, phase, seen.reason)
  }
}

/** Watches until there is a verdict that the gates let pass. Undefined when a person promoted it meanwhile. */
function watch(road: Road, step: Step, since: number, next: GatePoint): Promise<Seen | undefined> {
  return watchUntilSeen<Watch['state'], Seen>(road.gates, undefined, {
    look: (state) => look(road, step, since, { state, next }),
    async paused(seen) {
      if (seen.kind === 'stalled') road.story.stall(seen.reason)
      await shiftAgain(road, step.weight)
    },
  })
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
