// The story's verbs: what the workflows ask for and the platform does. Joined here; no other file lists them.
import type { Platform } from '../platform/platform.ts'
import { aloneVerbs } from './alone.ts'
import { buildVerbs } from './build.ts'
import { canaryVerbs } from './canary.ts'
import { type Clock, systemClock } from './clock.ts'
import { deployVerbs } from './deploy.ts'
import { translated } from './failure.ts'
import { foreseeVerbs } from './foresee.ts'
import { hookVerbs } from './hooks.ts'
import { recallVerbs } from './recall.ts'
import { reportVerbs } from './report.ts'
import { sourceVerbs } from './source.ts'
import { stepVerbs } from './step.ts'
import { sweepVerbs } from './sweep.ts'
import { announced, tellVerbs } from './tell.ts'
import { trafficVerbs } from './traffic.ts'
import { windowVerbs } from './windows.ts'

export function createActivities(given: Platform, clock: Clock = systemClock) {
  const platform = announced(given, clock)
  return translated({
    ...sourceVerbs(platform),
    ...buildVerbs(platform),
    // biome-ignore lint/nursery/noMisusedPromises: an object of verbs, no promise.
    ...deployVerbs(platform, clock),
    // biome-ignore lint/nursery/noMisusedPromises: an object of verbs, no promise.
    ...trafficVerbs(platform, clock),
    ...stepVerbs(platform, clock),
    ...canaryVerbs(platform, clock),
    ...aloneVerbs(platform, clock),
    ...hookVerbs(platform, clock),
    // biome-ignore lint/nursery/noMisusedPromises: an object of verbs, no promise.
    ...reportVerbs(platform, clock),
    ...recallVerbs(platform),
    // biome-ignore lint/nursery/noMisusedPromises: an object of verbs, no promise.
    ...sweepVerbs(platform, clock),
    ...windowVerbs(clock),
    ...tellVerbs(platform),
    ...foreseeVerbs(platform, clock),
  })
}

export type Activities = ReturnType<typeof createActivities>
