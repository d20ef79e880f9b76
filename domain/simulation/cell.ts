// One cell of a comparison: many releases by one policy in one world.
import { createRandom } from './random.ts'
import type { Policy, Run } from './run.ts'
import { type Summary, summarize } from './summary.ts'
import { type Conditions, createWorld } from './world.ts'

/** Runs the policy `runs` times. The same seed tells the same stories, and the first of many runs are those of few. */
export function simulateCell(
  policy: Policy,
  conditions: Conditions,
  runs: number,
  seed: readonly number[],
): Summary {
  const world = createWorld(conditions)
  const ended: Run[] = []
  for (let run = 0; run < runs; run++) ended.push(policy(world, createRandom(...seed, run)))
  return summarize(ended, conditions.truth.leak?.from)
}
