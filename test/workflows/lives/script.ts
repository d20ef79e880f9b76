// What happens to an App in one life: plain data, made of a seed, so that it can be printed, kept, cut down and lived again.
import type { AppVerb, ReleaseVerb } from '../../../domain/command.ts'
import { createRandom, type Random } from '../../../domain/simulation/random.ts'
import type { MetricsFare } from '../../../platform/memory/world.ts'

/** How a commit fares. */
export const fares = {
  good: {},
  broken: { errors: 0.5 },
  slow: { readyAfter: 4_000 },
  unready: { podsFail: 'CrashLoopBackOff' },
  unbuildable: { buildFails: 'no such base image' },
} as const
export type Fare = keyof typeof fares

/** How a call goes wrong: nothing happens; it happens and nobody hears of it; it happens late, when nobody waits any more. */
export type Mishap = 'before' | 'after' | 'late'

export type Deed =
  | { readonly deed: 'push'; readonly fare: Fare; readonly file: string; readonly told: boolean }
  | { readonly deed: 'tell again' | 'force back'; readonly which: number }
  | { readonly deed: 'forge' | 'end the App' | 'end the release' | 'cancel' | 'restart' }
  | { readonly deed: 'ask'; readonly verb: ReleaseVerb; readonly which: number }
  | { readonly deed: 'ask the App'; readonly verb: AppVerb; readonly which: number }
  | { readonly deed: 'turn'; readonly which: number; readonly fare: 'good' | 'broken' }
  | { readonly deed: 'metrics'; readonly fare: MetricsFare }
  | { readonly deed: 'visitors'; readonly perSecond: number }
  | { readonly deed: 'fault'; readonly verb: string; readonly mishap: Mishap; readonly times: number }

export interface Event {
  /** It happens at this call to the platform, counted from the event before; at once when nothing goes on. */
  readonly after: number
  readonly what: Deed
}

export interface Script {
  readonly seed: number
  /** Something serves already. */
  readonly begun: boolean
  /** Milliseconds until the gateway serves what was written. */
  readonly servesAfter: number
  readonly events: readonly Event[]
}

/** A seed's script; every twelfth may lose its worker. */
export function scriptOf(seed: number): Script {
  const random = createRandom(0x51155, seed)
  const events = Array.from({ length: 2 + whole(random, 6) }, () => ({
    after: whole(random, 3) === 0 ? whole(random, 60) : whole(random, 14),
    what: deed(random, losesItsWorker(seed)),
  }))
  const first = { after: 0, what: push(random) }
  return {
    seed,
    begun: whole(random, 4) > 0,
    servesAfter: whole(random, 3) * 400,
    events: [first, ...events],
  }
}

export const losesItsWorker = (seed: number): boolean => seed % 12 === 0

const verbs = [
  'traffic.write',
  'traffic.write',
  'traffic.read',
  'traffic.served',
  'deploy.create',
  'deploy.readiness',
  'deploy.remove',
  'deploy.describe',
  'build.build',
  'source.read',
  'source.head',
  'metrics.counters',
  'report.release',
  'report.history',
]
const releaseAsks = ['abort', 'pause', 'resume', 'promote', 'approve', 'rollback', 'retry'] as const
const appAsks = ['freeze', 'unfreeze', 'retry', 'rollback'] as const

function deed(random: Random, loses: boolean): Deed {
  const which = whole(random, 8)
  const kind = whole(random, loses ? 24 : 21)
  if (kind < 6) return push(random)
  if (kind < 8) return { deed: 'ask', verb: one(random, releaseAsks), which }
  if (kind < 9) return { deed: 'ask the App', verb: one(random, appAsks), which }
  if (kind < 13) {
    const mishap = one(random, ['before', 'after', 'late'] as const)
    return { deed: 'fault', verb: one(random, verbs), mishap, times: 1 + whole(random, 2) }
  }
  if (kind < 15) return { deed: 'turn', which, fare: one(random, ['good', 'broken'] as const) }
  if (kind < 16) return { deed: one(random, ['tell again', 'force back'] as const), which }
  if (kind < 17) return { deed: one(random, ['end the App', 'end the release'] as const) }
  if (kind < 18) return { deed: 'cancel' }
  if (kind < 19) return { deed: 'forge' }
  if (kind < 20)
    return { deed: 'metrics', fare: one(random, ['well', 'silent', 'nonsense', 'unscraped'] as const) }
  if (kind < 21) return { deed: 'visitors', perSecond: one(random, [0, 5, 200]) }
  return { deed: 'restart' }
}

const push = (random: Random): Deed => ({
  deed: 'push',
  fare: one(random, ['good', 'good', 'good', 'broken', 'broken', 'slow', 'unready', 'unbuildable'] as const),
  file: file(random),
  told: whole(random, 8) > 0,
})

/** What stands below `spec` in the commit's file. */
function file(random: Random): string {
  if (whole(random, 20) === 0) return 'impossible: true'
  const steps = one(random, [
    'auto',
    '[{weight: 10, for: 2s}, {weight: 50, for: 2s}]',
    '[{weight: 1, for: 1s}, {weight: 100, for: 2s}]',
  ])
  const parts = [
    `steps: ${steps}`,
    `bake: ${one(random, ['0s', '2s', '20s'])}`,
    `supersede: ${one(random, ['latest', 'latest', 'queue', 'cancel'])}`,
    `onNoTraffic: ${one(random, ['hold', 'promote'])}`,
    'analysis: {deadline: 20s, maxDuration: 60s}',
    ...(whole(random, 6) === 0 ? ['gates: [{before: 50, timeout: 60s}]'] : []),
    ...(whole(random, 8) === 0 ? [`onFailure: hold`] : []),
  ]
  return `release: {${parts.join(', ')}}`
}

/** A whole number below `below`. */
const whole = (random: Random, below: number): number => Math.floor(random() * below)
const one = <One>(random: Random, many: readonly [One, ...One[]] | readonly One[]): One =>
  many[whole(random, many.length)] as One
