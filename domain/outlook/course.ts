// How the traffic of a release would move, and what would hold it: steps, gates and windows of its plan.

import { methodOf } from '../analysis.ts'
import type { Gate, GatePoint, Opening } from '../gate.ts'
import { asks } from '../gate-words.ts'
import { defaultRequests, looksToHarm } from '../judge/defaults.ts'
import type { Plan, Step } from '../release.ts'
import { fullWeight, movesAtOnce } from '../strategy.ts'
import { openingAt } from '../windows.ts'

/** Weights are thousandths, times milliseconds. */
export interface Course {
  readonly strategy: 'canary' | 'blue-green' | 'immediate'
  readonly weights: /** The weight follows the evidence, on these rungs; a calm canary that is not proven is due after `deadline`. */
    | { readonly kind: 'ramp'; readonly rungs: readonly number[]; readonly deadline: number }
    | { readonly kind: 'steps'; readonly steps: readonly Step[] }
    | { readonly kind: 'at-once' }
  readonly judge:
    | { readonly kind: 'sequential test' }
    | { readonly kind: 'thresholds'; readonly requests: number; readonly looks: number }
  /** The most that it holds while it is still compared. */
  readonly full: number
  /** The watch at full. */
  readonly bake: number
}

/** A gate that a release would come to. */
export interface GateAhead {
  readonly name: string
  readonly kind: Gate['kind']
  readonly before: GatePoint
  readonly approvers?: readonly string[]
  readonly approvals?: number
  readonly notPusher?: boolean
  /** Milliseconds. */
  readonly timeout: number
  readonly otherwise: Gate['otherwise']
  /** In words, without what an address may hide. */
  readonly asks: string
}

export interface WindowsAhead {
  readonly now: Opening
  readonly timeZones: readonly string[]
  /** Those that are not over yet. */
  readonly freezes: readonly { readonly name: string; readonly from: number; readonly until: number }[]
}

export function courseOf(plan: Plan): Course {
  const { release } = plan.spec
  const { judge } = plan
  return {
    strategy: release.strategy ?? 'canary',
    weights: weightsOf(plan),
    judge:
      judge && judge.kind !== 'thresholds'
        ? { kind: 'sequential test' }
        : {
            kind: 'thresholds',
            requests: judge?.requests ?? defaultRequests,
            looks: judge?.looks ?? looksToHarm,
          },
    full: fullWeight(release),
    bake: methodOf(release).bake * 1000,
  }
}

function weightsOf({ spec, steps, judge }: Plan): Course['weights'] {
  if (movesAtOnce(spec.release)) return { kind: 'at-once' }
  if (judge?.kind !== 'ramp') return { kind: 'steps', steps: steps.filter(({ weight }) => weight < 1000) }
  const { ladder, deadline } = judge.method
  return { kind: 'ramp', rungs: ladder.map((rung) => Math.round(rung * 1000)), deadline: deadline * 1000 }
}

export const gatesAhead = ({ gates = [] }: Plan): readonly GateAhead[] =>
  gates.map((gate) => ({
    name: gate.name,
    kind: gate.kind,
    before: gate.before,
    ...(gate.kind === 'approval' && {
      approvers: gate.approvers.map(({ name }) => name),
      approvals: gate.approvals,
      notPusher: gate.notPusher,
    }),
    timeout: gate.timeout,
    otherwise: gate.otherwise,
    asks: asks(gate),
  }))

/** Undefined when weight may rise at any time. */
export function windowsAhead({ windows = [] }: Plan, now: number): WindowsAhead | undefined {
  if (windows.length === 0) return undefined
  return {
    now: openingAt(windows, now),
    timeZones: [...new Set(windows.map(({ timeZone }) => timeZone))],
    freezes: windows.flatMap(({ freezes }) => freezes).filter(({ until }) => until > now),
  }
}
