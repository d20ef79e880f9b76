// The ways to release that are held against each other, by the names that people give them.
import type { Method } from '../judge/method.ts'
import { kayenta } from './kayenta.ts'
import type { Policy } from './run.ts'
import { slipway } from './slipway.ts'
import { argo, flagger, flaggerFast, knative } from './threshold-peers.ts'

export const policyNames = ['slipway', 'flagger', 'flagger-fast', 'argo', 'kayenta', 'knative'] as const

export type PolicyName = (typeof policyNames)[number]

/** All of them; Slipway by this method. */
export const policiesWith = (method: Method): Readonly<Record<PolicyName, Policy>> => ({
  slipway: slipway(method),
  flagger,
  'flagger-fast': flaggerFast,
  argo,
  kayenta,
  knative,
})
