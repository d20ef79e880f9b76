// Ways to release, side by side: the same canaries, the same traffic, one cell for each of them.
import type { Method } from '../judge/method.ts'
import { simulateCell } from './cell.ts'
import { type IncidentName, incidents } from './incidents.ts'
import { type PolicyName, policiesWith, policyNames } from './policies.ts'
import type { Summary } from './summary.ts'
import { type TruthName, truthNames, truths } from './truths.ts'
import type { Conditions } from './world.ts'

export interface Question {
  readonly runs: number
  readonly seed: number
  /** Requests a second. */
  readonly rates: readonly number[]
  /** Stable's error rate. */
  readonly base: number
  readonly objectives: Required<Pick<Conditions, 'success' | 'latency'>>
  readonly truths: readonly TruthName[]
  readonly policies: readonly PolicyName[]
  /** Slipway's. */
  readonly method: Method
  readonly incident?: IncidentName
}

export interface Cell {
  readonly truth: TruthName
  readonly rate: number
  readonly policy: PolicyName
  readonly summary: Summary
}

/** One cell after the other; a cell's numbers do not depend on which others are asked for. */
export function* compare(question: Question): Generator<Cell, void> {
  const { seed, runs, base, objectives, incident } = question
  const policies = policiesWith(question.method)
  for (const truth of question.truths) {
    for (const rate of question.rates) {
      const conditions = {
        truth: truths[truth],
        rate,
        base,
        ...objectives,
        ...(incident && incidents[incident]),
      }
      for (const policy of question.policies) {
        const stream = [seed, truthNames.indexOf(truth), policyNames.indexOf(policy), rate * 1000, base * 1e6]
        yield {
          truth,
          rate,
          policy,
          summary: simulateCell(policies[policy], conditions, runs, stream.map(Math.round)),
        }
      }
    }
  }
}

export const cellsOf = ({ truths, rates, policies }: Question): number =>
  truths.length * rates.length * policies.length

/** What is promised for so many errors: at least 99 %, and twice as many errors as there are. */
export const objectivesFor = (base: number): Question['objectives'] => ({
  success: 1 - Math.max(0.01, 2 * base),
  latency: { below: 0.5, share: 0.99 },
})
