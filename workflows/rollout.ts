// Moves the traffic from the first canary request to the end of the bake, as the plan's judge allows.
import { followEvidence } from './evidence.ts'
import type { Meanwhile, Road } from './road.ts'
import { followSteps } from './steps.ts'

/** Gives back how the canary is watched on until it may be promoted; undefined when a person promoted it. */
export function rollOut(road: Road): Promise<Meanwhile | undefined> {
  const { judge } = road.plan
  if (!judge || judge.kind === 'thresholds') return followSteps(road)
  return followEvidence(road, judge)
}
