// Judged by fixed objectives: step by step, shift, watch, and on to the next while they are met.
import { ApplicationFailure } from '@temporalio/workflow'
import type { Watch, Watched } from '../activities/step.ts'
import { defaultRequests, looksToHarm } from '../domain/judge/defaults.ts'
import type { Phase, Step } from '../domain/release.ts'
import { awaiting, watching } from './activities.ts'
import { percent } from './details.ts'
import { type Road, shiftAgain, shiftTo, shiftToNothing } from './road.ts'

/** What ends a step's watch. */
type Seen = Exclude<Watched, { kind: 'stalled' | 'watching' }>

/** Every step below full. */
export async function climbSteps(road: Road): Promise<void> {
  const steps = road.plan.steps.filter(({ weight }) => weight < 1000)
  for (const [index, step] of steps.entries()) {
    await hold(road, 'rolling-out', step, `${index + 1}/${steps.length}`)
  }
}

/** The watch at full; a plan's own step at full is this one. */
export async function bakeAtFull(road: Road): Promise<void> {
  const { steps, bake } = road.plan
  const full = steps.find(({ weight }) => weight === 1000)
  await hold(road, 'baking', { weight: 1000, for: Math.max(bake, full?.for ?? 0) }, 'full')
}

/** One weight, held until the judge is content with it. */
async function hold(road: Road, phase: Phase, step: Step, name: string): Promise<void> {
  for (;;) {
    const since = await shiftTo(road, phase, step.weight, name)
    if (step.for === 0) return
    const seen = await watch(road, step, since)
    if (seen.kind !== 'blind') return conclude(road, phase, step, seen)
    await waitInSafety(road, phase, seen.reason)
  }
}

/** Watches until there is a verdict, however long there is nothing to see. */
async function watch(road: Road, step: Step, since: number): Promise<Seen> {
  const { story, plan } = road
  const { onNoTraffic } = plan.spec.release
  const summary = `watch ${percent(step.weight)} for ${step.for / 1000} s`
  let state: Watch['state']
  for (;;) {
    const status = story.status()
    const stalled = status.stalled !== undefined
    const question = { ...ask(road, since), for: step.for }
    const asked = { app: plan.release.app, question, onNoTraffic, stalled, status, ...(state && { state }) }
    const seen = await watching.watchStep.executeWithOptions({ summary }, [asked])
    if (seen.kind !== 'stalled' && seen.kind !== 'watching') return seen
    state = seen.state
    if (seen.kind === 'stalled') story.stall(seen.reason)
    await shiftAgain(road, step.weight)
  }
}

function conclude(
  { story }: Road,
  phase: Phase,
  step: Step,
  { kind, reason, evidence }: Exclude<Seen, { kind: 'blind' }>,
): void {
  story.stall(undefined)
  story.note(phase, `${percent(step.weight)} is ${kind}: ${reason}`, { evidence })
  if (kind === 'harmful') throw ApplicationFailure.nonRetryable(reason, 'Harmful')
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
