// What happens to an App in one life: plain data, made of a seed, so that it can be printed, kept, cut down and lived again.
import type { AppVerb, ReleaseVerb } from '../../../domain/command.ts'
import { createRandom, type Random } from '../../../domain/simulation/random.ts'
import type { MetricsFare } from '../../../platform/memory/world.ts'
import { one, whole } from './draw.ts'
import { file } from './file.ts'

/** How a commit fares. */
export const fares = {
  good: {},
  broken: { errors: 0.5 },
  slow: { readyAfter: 4_000 },
  unready: { podsFail: 'CrashLoopBackOff' },
  unbuildable: { buildFails: 'no such base image' },
  long: { buildTakes: 30_000 },
} as const
export type Fare = keyof typeof fares

/** How a call goes wrong: nothing happens; it happens and nobody hears of it; it happens late, when nobody waits any more. */
export type Mishap = 'before' | 'after' | 'late'

export const people = ['ana', 'bo', 'kim'] as const

export type Deed =
  | { readonly deed: 'push'; readonly fare: Fare; readonly file: string; readonly told: boolean }
  | { readonly deed: 'tell again' | 'force back'; readonly which: number }
  | {
      readonly deed: 'forge' | 'end the App' | 'end the release' | 'cancel' | 'sweep' | 'configure' | 'tamper'
    }
  | { readonly deed: 'restart'; readonly how?: 'stopped' | 'killed' }
  | { readonly deed: 'ask'; readonly verb: ReleaseVerb; readonly which: number; readonly by?: string }
  | { readonly deed: 'ask the App'; readonly verb: AppVerb; readonly which: number; readonly to?: boolean }
  | { readonly deed: 'turn'; readonly which: number; readonly fare: 'good' | 'broken' }
  | { readonly deed: 'metrics'; readonly fare: MetricsFare }
  | { readonly deed: 'visitors'; readonly perSecond: number }
  | { readonly deed: 'hook'; readonly passes: boolean; readonly takes: number }
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
  /** The App's workflow begins anew after so many looks. */
  readonly renewAfter?: number
  readonly events: readonly Event[]
}

/** A seed's script; every twelfth may lose its worker. */
export function scriptOf(seed: number): Script {
  const random = createRandom(0x51155, seed)
  const events = Array.from({ length: 2 + whole(random, 8) }, () => ({
    after: whole(random, 3) === 0 ? whole(random, 80) : whole(random, 14),
    what: deed(random, losesItsWorker(seed)),
  }))
  const first = { after: 0, what: push(random) }
  return {
    seed,
    begun: whole(random, 4) > 0,
    servesAfter: whole(random, 3) * 400,
    ...(whole(random, 4) === 0 && { renewAfter: 2 + whole(random, 4) }),
    events: [first, ...events],
  }
}

export const losesItsWorker = (seed: number): boolean => seed % 3 === 0

const verbs = [
  'traffic.write',
  'traffic.write',
  'traffic.read',
  'traffic.served',
  'deploy.create',
  'deploy.readiness',
  'deploy.remove',
  'deploy.keep',
  'deploy.scale',
  'deploy.config',
  'deploy.describe',
  'deploy.apps',
  'build.build',
  'source.read',
  'source.head',
  'metrics.counters',
  'metrics.history',
  'hooks.ask',
  'report.release',
  'report.app',
  'report.remembered',
  'report.unfinished',
  'report.history',
]
const releaseAsks = [
  'abort',
  'pause',
  'pause',
  'resume',
  'promote',
  'approve',
  'approve',
  'rollback',
  'retry',
] as const
const appAsks = ['freeze', 'freeze', 'unfreeze', 'retry', 'rollback', 'rollback'] as const

function deed(random: Random, loses: boolean): Deed {
  const which = whole(random, 8)
  const kind = whole(random, loses ? 36 : 31)
  if (kind < 8) return push(random)
  if (kind < 11) return { deed: 'ask', verb: one(random, releaseAsks), which, by: one(random, people) }
  if (kind < 14) return { deed: 'ask the App', verb: one(random, appAsks), which, to: whole(random, 2) === 0 }
  if (kind < 19) {
    const mishap = one(random, ['before', 'after', 'late'] as const)
    return { deed: 'fault', verb: one(random, verbs), mishap, times: 1 + whole(random, 2) }
  }
  if (kind < 21) return { deed: 'turn', which, fare: one(random, ['good', 'broken'] as const) }
  if (kind < 22) return { deed: one(random, ['tell again', 'force back'] as const), which }
  if (kind < 24) return { deed: one(random, ['end the App', 'end the release'] as const) }
  if (kind < 25) return { deed: 'cancel' }
  if (kind < 26) return { deed: one(random, ['forge', 'sweep'] as const) }
  if (kind < 27) return { deed: one(random, ['configure', 'configure', 'tamper'] as const) }
  if (kind < 28) return { deed: 'hook', passes: whole(random, 3) > 0, takes: one(random, [0, 3_000, 40_000]) }
  if (kind < 30)
    return { deed: 'metrics', fare: one(random, ['well', 'silent', 'nonsense', 'unscraped'] as const) }
  if (kind < 31) return { deed: 'visitors', perSecond: one(random, [0, 5, 200]) }
  return { deed: 'restart', how: one(random, ['stopped', 'killed'] as const) }
}

const push = (random: Random): Deed => ({
  deed: 'push',
  fare: one(random, [
    'good',
    'good',
    'good',
    'good',
    'broken',
    'broken',
    'slow',
    'long',
    'unready',
    'unbuildable',
  ] as const),
  file: file(random),
  told: whole(random, 8) > 0,
})
