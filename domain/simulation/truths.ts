// The named canaries that every policy is shown.
import type { Truth } from './world.ts'

export const truths = {
  identical: {},
  '+0.5pp': { errors: 0.005 },
  '+2pp': { errors: 0.02 },
  '+10pp': { errors: 0.1 },
  broken: { errors: 1 },
  'latency x1.3': { latency: 1.3 },
  'latency x2': { latency: 2 },
  leak: { leak: { from: 300, perMinute: 0.005, most: 0.1 } },
} as const satisfies Readonly<Record<string, Truth>>

export type TruthName = keyof typeof truths

export const truthNames = Object.keys(truths) as readonly TruthName[]
