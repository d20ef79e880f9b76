// Releases by fixed thresholds and by the clock, as other controllers do: modelled from their documented behaviour and sources.
import type { Random } from './random.ts'
import type { Policy, Run } from './run.ts'
import { answer, harmAfter, harmRate, isBlind, type World } from './world.ts'

/** Times in seconds, weights as fractions. */
interface Clockwork {
  /** Between two checks, and the stretch that each looks back on. */
  readonly interval: number
  readonly window: number
  readonly steps: readonly number[]
  /** Failed checks that take the release back. */
  readonly failures: number
  /** Flagger moves on when a check passes; the others when a step's time is over. */
  readonly advance: 'on-pass' | { readonly every: number }
}

const flaggerSteps = [0.1, 0.2, 0.3, 0.4, 0.5]

/** Flagger as its guides set it up: a check a minute, five may fail. */
export const flagger: Policy = follow({
  interval: 60,
  window: 60,
  steps: flaggerSteps,
  failures: 5,
  advance: 'on-pass',
})

/** Flagger as fast as it is still used: a check in ten seconds over half a minute, two may fail. */
export const flaggerFast: Policy = follow({
  interval: 10,
  window: 30,
  steps: flaggerSteps,
  failures: 2,
  advance: 'on-pass',
})

/** Argo Rollouts: steps of two minutes with a background analysis whose failureLimit is 3. */
export const argo: Policy = follow({
  interval: 60,
  window: 60,
  steps: [0.2, 0.4, 0.6, 0.8],
  failures: 4,
  advance: { every: 120 },
})

/** Knative's gradual rollout: time alone moves the traffic. */
export const knative: Policy = follow({
  interval: 30,
  window: 30,
  steps: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1],
  failures: Number.POSITIVE_INFINITY,
  advance: { every: 30 },
})

const tick = 10

/** What the checks have seen. */
interface Progress {
  readonly step: number
  /** Failed checks: of success, of latency; Flagger counts both in the first. */
  readonly failed: readonly [number, number]
}

function follow(clockwork: Clockwork): Policy {
  const { interval, window, advance } = clockwork
  // Flagger moves the rest of the traffic at the tick after its decision.
  const late = advance === 'on-pass' ? interval : 0
  return (world, random) => {
    let progress: Progress = { step: 0, failed: [0, 0] }
    let [harm, shifts] = [0, 0]
    const seen: Check[] = []
    for (let at = tick; at <= world.horizon; at += tick) {
      const weight = clockwork.steps[progress.step] ?? 1
      const answered = look(world, random, weight, at - tick / 2)
      harm += answered.requests * harmRate(world, at - tick / 2)
      seen.push(isBlind(world, at - tick / 2) ? nothing : answered)
      if (seen.length > window / tick) seen.shift()
      if (at % interval !== 0) continue
      const next = check(clockwork, progress, verdictOn(world, seen.reduce(plus)), at)
      if (next === 'rolled-back') return { outcome: next, at, harm, shifts }
      if (next === 'promoted') return promoted(world, at, late, harm, shifts)
      if (next.step !== progress.step) shifts++
      progress = next
    }
    return { outcome: 'undecided', at: world.horizon, harm, shifts }
  }
}

interface Check {
  readonly requests: number
  readonly errors: number
  readonly slow: number
}

const nothing: Check = { requests: 0, errors: 0, slow: 0 }

const plus = (a: Check, b: Check): Check => ({
  requests: a.requests + b.requests,
  errors: a.errors + b.errors,
  slow: a.slow + b.slow,
})

function look(world: World, random: Random, weight: number, at: number): Check {
  const expected = world.rate * weight * tick
  const bounds = world.latency ? [world.objective] : []
  const { requests, errors, slow } = answer(world, random, 'canary', expected, at, bounds)
  return { requests, errors, slow: slow[0] ?? 0 }
}

/** Which thresholds are missed. No requests give no number, and no number is a failed check. */
function verdictOn({ success, latency }: World, { requests, errors, slow }: Check): [boolean, boolean] {
  if (requests === 0) return [true, true]
  return [errors / requests > 1 - success + 1e-12, slow / requests > 1 - (latency?.share ?? 0) + 1e-12]
}

function check(
  clockwork: Clockwork,
  { step, failed }: Progress,
  [bad, slow]: readonly [boolean, boolean],
  at: number,
): Progress | 'rolled-back' | 'promoted' {
  const { advance, steps, failures } = clockwork
  if (advance === 'on-pass') {
    // The failed checks of earlier ticks decide, before this one is made.
    if (failed[0] >= failures) return 'rolled-back'
    if (bad || slow) return { step, failed: [failed[0] + 1, 0] }
    return step >= steps.length - 1 ? 'promoted' : { step: step + 1, failed }
  }
  const now: [number, number] = [failed[0] + Number(bad), failed[1] + Number(slow)]
  if (Math.max(...now) >= failures) return 'rolled-back'
  if (at % advance.every !== 0) return { step, failed: now }
  const next = at / advance.every
  return next >= steps.length ? 'promoted' : { step: next, failed: now }
}

/** A share of 75 % is taken for the tick in which Flagger still moves the rest. */
function promoted(world: World, at: number, late: number, harm: number, shifts: number): Run {
  const spared = 0.25 * late * world.rate * harmRate(world, at)
  return { outcome: 'promoted', at, full: at + late, harm: harm + harmAfter(world, at) - spared, shifts }
}
