// The named canaries that every policy is shown.
import type { Truth } from './world.ts'

export const truths = {
  identical: {},
  '+0.5pp': { errors: 0.005 },
  '+2pp': { errors: 0.02 },
  '+10pp': { errors: 0.1 },
  broken: { errors: 1 },
  'latency-x1.3': { latency: 1.3 },
  'latency-x2': { latency: 2 },
  leak: { leak: { from: 300, perMinute: 0.005, most: 0.1 } },
} as const satisfies Readonly<Record<string, Truth>>

/** The same in words. */
export const described: Readonly<Record<keyof typeof truths, string>> = {
  identical: 'as good as stable',
  '+0.5pp': '0.5 pp more errors',
  '+2pp': '2 pp more errors',
  '+10pp': '10 pp more errors',
  broken: 'fails always',
  'latency-x1.3': 'answers take 1.3 times as long',
  'latency-x2': 'answers take twice as long',
  leak: 'from 5m on, 0.5 pp more errors each minute',
}

export type TruthName = keyof typeof truths

export const truthNames = Object.keys(truths) as readonly TruthName[]
