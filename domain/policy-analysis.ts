// `spec.policy.analysis`: the loosest that a file may ask of the judge, under the same names as in `spec.release.analysis`.
// `history` and `weight.min` are not here: the one loosens nothing by itself, and `maxFirstWeight` says what the other may be.
import { z } from 'zod'
import { Duration, Points, Share, Weight, Whole, Word } from './notation.ts'

const Tolerance = z.strictObject({
  errors: Points('0pp', '10pp', '0.1pp').exactOptional().describe('At most this.'),
  latency: Share('0%', '100%', '15%').exactOptional().describe('At most this.'),
})

const Risk = z.strictObject({
  firstRequests: Whole(1, 1_000_000).exactOptional().describe('At most these.'),
  perStepRequests: Whole(1, 1_000_000).exactOptional().describe('At most these.'),
  maxErrorRise: Points('0.01pp', '50pp', '3pp').exactOptional().describe('At most this.'),
})

const Weights = z.strictObject({
  unprovenMax: Weight(1, 1000, '50%')
    .exactOptional()
    .describe('At most this, also in a list of steps: no step below full may be higher.'),
  verify: Weight(1, 1000, '20%').exactOptional().describe('At most this.'),
  holdback: Weight(0, 500, '5%')
    .exactOptional()
    .describe('At least this: a list of steps that ends at 100% keeps nothing back.'),
})

const MetricsLost = z.strictObject({
  zeroAfter: Duration('5s', '1h').exactOptional().describe('At most this long.'),
})

const Thresholds = z.strictObject({
  requests: Whole(1, 1_000_000).exactOptional().describe('At most these.'),
  looks: Whole(1, 100).exactOptional().describe('At most these.'),
})

export const PolicyAnalysis = z.strictObject({
  falseRollbackRate: Share('0.01%', '20%', '1%')
    .exactOptional()
    .describe('At least this: less finds harm later.'),
  confidence: Share('50%', '99.99%', '95%').exactOptional().describe('At least this.'),
  tolerance: Tolerance.exactOptional().describe('What may count as not yet worse.'),
  promoteWithin: Points('0.01pp', '20pp', '0.5pp').exactOptional().describe('At most this.'),
  risk: Risk.exactOptional().describe(
    'What may be put at risk; it counts where the weight follows the evidence.',
  ),
  weight: Weights.exactOptional().describe('How the traffic may be shared.'),
  deadline: Duration('1s', '7d')
    .exactOptional()
    .describe('At least this long, also in a list of steps: those below full together take as long.'),
  onDeadline: Word('promote', 'hold').exactOptional().describe('`hold` refuses `promote`.'),
  maxDuration: Duration('1s', '30d').exactOptional().describe('At least this long.'),
  onInconclusive: Word('hold', 'rollback', 'promote')
    .exactOptional()
    .describe('`rollback` refuses the others; `hold` refuses `promote`.'),
  metricsLost: MetricsLost.exactOptional().describe('How long nobody may see what the canary does.'),
  warmup: Duration('0s', '10m').exactOptional().describe('At most this long.'),
  thresholds: Thresholds.exactOptional().describe(
    'Fixed thresholds may be chosen, no looser than this; `{}` allows any. When it is absent and anything else is said here, statistics must judge, and `blue-green` and `immediate`, which cannot be judged by them, are refused.',
  ),
})
export type PolicyAnalysis = z.output<typeof PolicyAnalysis>
