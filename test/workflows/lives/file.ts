// What a commit's file says below `spec`, drawn from a seed.
import type { Random } from '../../../domain/simulation/random.ts'
import { one, whole } from './draw.ts'

export const gateOfTwo = 'gates: [{before: 50, approvals: 2, timeout: 5m}]'

export function file(random: Random): string {
  if (whole(random, 20) === 0) return 'impossible: true'
  const strategy = one(random, ['canary', 'canary', 'canary', 'canary', 'blue-green', 'immediate'])
  const release = [
    `strategy: ${strategy}`,
    ...(strategy === 'canary' ? canary(random) : []),
    `bake: ${one(random, ['0s', '2s', '20s'])}`,
    `supersede: ${one(random, ['latest', 'latest', 'queue', 'cancel'])}`,
    `onNoTraffic: ${one(random, ['hold', 'promote'])}`,
    ...sometimes(random, 4, `keep: ${whole(random, 3)}`),
    ...sometimes(random, 8, 'onFailure: hold'),
  ]
  const run = [
    ...sometimes(random, 3, 'config: [settings]'),
    ...sometimes(random, 5, 'autoscale: {min: 2, max: 6, cpu: 70}'),
  ]
  return `release: {${release.join(', ')}}${run.length > 0 ? `\n  run: {${run.join(', ')}}` : ''}`
}

function canary(random: Random): readonly string[] {
  const steps = one(random, [
    'auto',
    'auto',
    '[{weight: 10, for: 2s}, {weight: 50, for: 2s}]',
    '[{weight: 1, for: 1s}, {weight: 100, for: 2s}]',
  ])
  const fixed = steps !== 'auto' && whole(random, 2) === 0
  const gates = one(random, [
    'gates: [{before: 50, timeout: 60s}]',
    gateOfTwo,
    'gates: [{before: promotion, timeout: 60s, otherwise: pass}]',
    'gates: [{before: 50, hook: {url: "https://hook.example/ask"}, timeout: 60s}]',
  ])
  return [
    `steps: ${steps}`,
    fixed ? 'analysis: {thresholds: {requests: 5, looks: 2}}' : 'analysis: {deadline: 20s, maxDuration: 60s}',
    ...sometimes(random, 4, gates),
    ...sometimes(random, 4, 'scale: follow'),
  ]
}

const sometimes = (random: Random, seldom: number, said: string): readonly string[] =>
  whole(random, seldom) === 0 ? [said] : []
