// A release that the sequential test judged, as its object tells it: on its way, proven, unproven and taken back.
import type { ReleaseView } from '../../cli/cluster.ts'
import type { Evidence, Tally, TestResult } from '../../domain/judge/judge.ts'
import type { Transition } from '../../domain/release.ts'
import { aBaseline, aJudging, aTest } from '../contract/evidence.ts'
import { aRelease, startedAt } from './screen.ts'

const canary = 'shop-3f2c1d0-ab12'
const stable = 'shop-9a8b7c6-cd34'
const seconds = (after: number): number => startedAt + after * 1000

/** So many requests; a third of them, a tenth, a fiftieth and three thousandths are slower than the bounds. */
const tally = (requests: number, errors: number): Tally => {
  const slower = aBaseline.latency.map(({ tail }) => Math.round(requests * tail))
  return { requests, errors, timed: requests, within: slower.map((slow) => requests - slow) }
}

const known = (after: number, sides: readonly [Tally, Tally], test: Partial<TestResult>): Evidence => ({
  from: seconds(12),
  to: seconds(after),
  canary: sides[0],
  stable: sides[1],
  looks: Math.round((after - 12) / 5),
  test: aTest({ rate: 98.2, detectable: 0.0062, harmed: 0, atLeast: -0.01, ...test }),
})

const line = (
  after: number,
  phase: Transition['phase'],
  weight: number,
  message: string,
  evidence?: Evidence,
): Transition => ({ at: seconds(after), phase, weight, message, ...(evidence && { evidence }) })

const early: readonly Transition[] = [
  line(0, 'reading', 0, 'reading slipway.yaml at 3f2c1d0'),
  line(1, 'building', 0, 'building 3f2c1d0: Add the blue button'),
  line(9, 'deploying', 0, `starting ${canary}`),
  line(12, 'rolling-out', 10, `the gateway serves 1 % from ${canary}`),
]

const impact = "at most 29 pp worse: more could raise the service's error rate by over 1 pp"
const first = known(22, [tally(10, 0), tally(972, 1)], { atMost: 0.2871, why: impact })
const climbed = [
  ...early,
  line(22, 'rolling-out', 10, `on to 3 %: ${impact}`, first),
  line(22.2, 'rolling-out', 30, `the gateway serves 3 % from ${canary}`),
]

const judged = {
  judging: aJudging,
  revision: canary,
  stable,
  step: 'ramp',
} satisfies Partial<ReleaseView>

const risk = 'at most 7.9 pp worse: more would put over 30 requests at risk before the next look'

/** On its way at 3 %. */
export const climbing: ReleaseView = aRelease({
  ...judged,
  message: `on to 3 %: ${impact}`,
  weight: 30,
  evidence: known(38, [tally(57, 2), tally(2490, 3)], {
    harm: 37.4,
    sources: { errors: 88.1, latency: 1.2, reference: 40.7, objective: 5.3, slow: 0.9 },
    atMost: 0.0785,
    harmed: 1.9,
    why: risk,
  }),
  transitions: climbed,
})

const harmful = '9 of 96 requests failed, of stable 4 of 3977 (evidence of harm 1843 of 100)'
const worse = known(54, [tally(96, 9), tally(3977, 4)], {
  harm: 1843.2,
  sources: { errors: 5120.4, latency: 1.1, reference: 1210.2, objective: 41.3, slow: 0.9 },
  atMost: 0.183,
  atLeast: 0.0213,
  harmed: 8.9,
  why: 'at most 18.3 pp worse: more would put over 30 requests at risk before the next look',
})

/** Taken back at 3 %. */
export const takenBack: ReleaseView = aRelease({
  ...judged,
  phase: 'done',
  outcome: 'rolled-back',
  message: harmful,
  weight: 0,
  evidence: worse,
  finishedAt: seconds(57),
  transitions: [
    ...climbed,
    line(54, 'rolling-out', 30, `3 % is harmful: ${harmful}`, worse),
    line(54.1, 'rolling-back', 30, harmful),
    line(54.3, 'rolling-back', 0, `all traffic is back on ${stable}`),
    line(57, 'done', 0, harmful),
  ],
})

const safe = known(672, [tally(31_207, 31), tally(33_900, 34)], {
  atMost: 0.0049,
  proven: true,
  detectable: 0.0011,
  why: 'proven: at most 0.49 pp worse, within 0.5 pp',
})

/** Promoted, and shown to be safe. */
export const shownSafe: ReleaseView = aRelease({
  ...judged,
  phase: 'done',
  outcome: 'promoted',
  message: `${canary} has all traffic`,
  weight: 1000,
  proven: true,
  evidence: safe,
  finishedAt: seconds(680),
  transitions: [
    ...climbed,
    line(72, 'rolling-out', 500, 'on to 95 %: proven: at most 0.49 pp worse, within 0.5 pp', safe),
    line(72.3, 'baking', 950, `the gateway serves 95 % from ${canary}`),
    line(672, 'baking', 950, '95 % is safe: at most 0.49 pp worse than stable (95 %)', safe),
    line(680, 'done', 1000, `${canary} has all traffic`),
  ],
})

const due = '300 s are over without harm shown; not proven: at most 2.1 pp worse'
const quiet = known(672, [tally(310, 0), tally(330, 1)], {
  atMost: 0.021,
  rate: 0.98,
  detectable: 0.083,
  why: due,
})

/** Promoted at the deadline: so little traffic shows little. */
export const unproven: ReleaseView = {
  ...shownSafe,
  proven: false,
  evidence: quiet,
  transitions: [
    ...climbed,
    line(312, 'rolling-out', 500, `on to 95 %: ${due}`, quiet),
    line(312.3, 'baking', 950, `the gateway serves 95 % from ${canary}`),
    line(
      672,
      'baking',
      950,
      '95 % is safe: no harm was shown on 310 requests, but it is not proven either',
      quiet,
    ),
    line(680, 'done', 1000, `${canary} has all traffic`),
  ],
}
