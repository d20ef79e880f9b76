// Moves the traffic from the first canary request to the end of the bake, as the plan's judge allows.
import { bakeByEvidence, climbByEvidence, type Stand } from './evidence.ts'
import type { Road } from './road.ts'
import { bakeAtFull, climbSteps } from './steps.ts'

/** Where the climb ended, for the bake to go on from. Undefined: nothing is left to watch. */
export type Climbed = { readonly by: 'thresholds' } | ({ readonly by: 'evidence' } & Stand)

/** Every weight below full. */
export async function rollOut(road: Road): Promise<Climbed | undefined> {
  const { judge } = road.plan
  if (!judge || judge.kind === 'thresholds') {
    await climbSteps(road)
    return road.gates.promoted() ? undefined : { by: 'thresholds' }
  }
  const stand = await climbByEvidence(road, judge)
  return stand && { by: 'evidence', ...stand }
}

/** The watch at full, while the old revision is still warm. */
export async function bake(road: Road, climbed: Climbed): Promise<void> {
  if (climbed.by === 'thresholds') await bakeAtFull(road)
  else await bakeByEvidence(road, climbed)
}
