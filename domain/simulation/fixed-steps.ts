// Listed steps judged by fixed thresholds, in a simulated world: the judge that Slipway keeps for those who choose it.
import type { Counts, Reading, Tally, Verdict } from '../judge/judge.ts'
import { beginThresholds, judgeThresholds, type StepQuestion } from '../judge/thresholds.ts'
import type { Random } from './random.ts'
import type { Policy, Run } from './run.ts'
import { answer, harmAfter, harmRate, isBlind, type World } from './world.ts'

export interface FixedSteps {
  /** Weights as fractions, times in seconds. The last one is full, and its time the bake. */
  readonly steps: readonly { readonly weight: number; readonly for: number }[]
  readonly requests: number
  readonly looks: number
  readonly onNoTraffic: 'hold' | 'promote'
  /** Seconds between two readings. */
  readonly tick: number
}

/** The gateway's counters, as they have grown until some moment. */
interface Counted {
  readonly at: number
  readonly canary: Tally
  readonly stable: Tally
}

export function fixedSteps(plan: FixedSteps): Policy {
  const last = plan.steps.length - 1
  return (world, random) => {
    let state = judgeThresholds(question(plan, world, 0, 0), beginThresholds(), reading(begun)).state
    let [seen, step, since, harm] = [begun, 0, 0, 0]
    let full: number | undefined = last === 0 ? 0 : undefined
    const ended = (outcome: Run['outcome'], at: number, harmed: number): Run => ({
      outcome,
      at,
      harm: harmed,
      shifts: Math.min(step, last),
      ...(full !== undefined && { full }),
    })
    for (let at = plan.tick; at <= world.horizon; at += plan.tick) {
      const known = seen
      const weight = plan.steps[step]?.weight ?? 1
      seen = count(world, random, known, weight, at)
      harm += (seen.canary.requests - known.canary.requests) * harmRate(world, at - plan.tick / 2)
      if (isBlind(world, at)) continue
      // What is judged is the reading before this one: it takes one to be counted and read.
      const asked = question(plan, world, step, since)
      const judged = judgeThresholds(asked, state, reading(known))
      state = judged.state
      if (judged.verdict.kind === 'harmful') return ended('rolled-back', at, harm)
      if (!goesOn(plan, judged.verdict, (at - since) * 1000 >= asked.for)) continue
      if (step === last) return ended('promoted', at, harm + harmAfter(world, at))
      step++
      since = at
      if (step === last) full = at
    }
    return ended('undecided', world.horizon, harm)
  }
}

/** A step that is over without enough requests ends as the App has it. */
const goesOn = ({ onNoTraffic }: FixedSteps, verdict: Verdict, over: boolean): boolean =>
  verdict.kind === 'safe' ||
  (verdict.kind === 'undecided' && verdict.noData && over && onNoTraffic === 'promote')

const zero: Tally = { requests: 0, errors: 0, timed: 0, within: [0] }
const begun: Counted = { at: 0, canary: zero, stable: zero }

function count(world: World, random: Random, before: Counted, weight: number, at: number): Counted {
  const seconds = at - before.at
  const bounds = world.latency ? [world.objective] : []
  const grown = (side: 'canary' | 'stable', share: number): Tally => {
    const expected = world.rate * share * seconds
    const { requests, errors, slow } = answer(world, random, side, expected, at - seconds / 2, bounds)
    const known = before[side]
    return {
      requests: known.requests + requests,
      errors: known.errors + errors,
      timed: known.timed + requests,
      within: [(known.within[0] ?? 0) + requests - (slow[0] ?? 0)],
    }
  }
  return { at, canary: grown('canary', weight), stable: grown('stable', 1 - weight) }
}

function reading({ at, canary, stable }: Counted): Reading {
  const of = (revision: string, tally: Tally): Counts => ({
    ...tally,
    revision,
    instance: 'gateway',
    at: at * 1000,
  })
  return {
    at: at * 1000,
    scrapedAt: at * 1000,
    counts: [of('canary', canary), of('stable', stable)],
    route: [],
  }
}

function question(
  { steps, requests, looks }: FixedSteps,
  world: World,
  step: number,
  since: number,
): StepQuestion {
  const { success, latency } = world
  return {
    canary: 'canary',
    stable: 'stable',
    objectives: { success, ...(latency && { latency }) },
    requests,
    looks,
    since: since * 1000,
    for: (steps[step]?.for ?? 0) * 1000,
  }
}
