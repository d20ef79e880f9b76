// `npm run bench -- simulation`: how many releases a second one core simulates, at 100 requests a second. Needs nothing that runs.
import { defaultMethod } from '../domain/judge/method.ts'
import { simulateCell } from '../domain/simulation/cell.ts'
import { objectivesFor } from '../domain/simulation/comparison.ts'
import { slipway } from '../domain/simulation/slipway.ts'
import { type TruthName, truthNames, truths } from '../domain/simulation/truths.ts'

const [rate, base, runs, rounds] = [100, 0.001, 1000, 3]
/** Releases a second. */
const goal = 1000

export interface SimulationReport {
  readonly rate: number
  readonly runs: number
  /** By processor time of the best of some rounds: what else runs on the machine does not count. */
  readonly runsPerSecond: Readonly<Record<TruthName, number>>
  /** All kinds of canary, as many of each. */
  readonly overall: number
  readonly goal: number
  readonly missed: readonly TruthName[]
}

export function simulation(say: (line: string) => void): SimulationReport {
  const policy = slipway(defaultMethod)
  const simulated = (truth: TruthName, many: number) =>
    simulateCell(policy, { truth: truths[truth], rate, base, ...objectivesFor(base) }, many, [1])
  // Until the compiler has seen it all.
  for (const truth of truthNames) simulated(truth, runs / 4)
  const seconds = truthNames.map((truth) => {
    const best = Math.min(
      ...Array.from({ length: rounds }, () => processorTime(() => simulated(truth, runs))),
    )
    say(`${truth}: ${Math.round(runs / best)} releases a second`)
    return best
  })
  const perSecond = (index: number) => Math.round(runs / (seconds[index] ?? Number.POSITIVE_INFINITY))
  return {
    rate,
    runs,
    runsPerSecond: Object.fromEntries(
      truthNames.map((truth, i) => [truth, perSecond(i)]),
    ) as SimulationReport['runsPerSecond'],
    overall: Math.round((runs * truthNames.length) / seconds.reduce((sum, one) => sum + one, 0)),
    goal,
    missed: truthNames.filter((_, i) => perSecond(i) < goal),
  }
}

function processorTime(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1e6
}
