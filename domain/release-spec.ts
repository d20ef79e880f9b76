// `spec.release`: how a commit reaches 100 %, and by what it is judged on the way. Part of the one schema in app.ts.
import { z } from 'zod'
import { Gates, WindowsSpec } from './gate-spec.ts'
import { Duration, List, OrAlone, Points, Share, Weight, Whole, Word, WordOrList } from './notation.ts'
import { keptAtMost } from './retirement.ts'

const StepFields = z.strictObject({
  weight: Weight().describe('The canary’s share of the traffic.'),
  for: Duration('1s', '7d').prefault('30s').describe('How long it is watched at least.'),
})
const Steps = List(
  OrAlone('weight', StepFields),
  1,
  20,
  'steps, like [5, 25, 50, 100] or [{weight: 5, for: 2m}]',
).refine(
  (steps) => steps.every(({ weight }, i) => i === 0 || weight > (steps[i - 1]?.weight ?? 0)),
  'must rise from each step to the next',
)

export const Latency = z
  .strictObject({
    below: Duration('1ms', '60s', (milliseconds) => milliseconds / 1000).describe(
      'The time an answer may take. Must be a bound of the gateway’s histogram; the release is refused when it is not, and told which there are.',
    ),
    for: Share().describe('The share of requests that must be answered in that time.'),
  })
  .transform(({ below, for: share }) => ({ below, share }))

const Objectives = z.strictObject({
  success: Share()
    .prefault('99.5%')
    .describe(
      'The share of requests that must not be answered 5xx. Higher takes back smaller rises of the error rate. Set higher than stable itself keeps, it decides nothing: what stable shows too is not the canary’s doing.',
    ),
  latency: Latency.exactOptional().describe('How fast answers must be; latency is not judged when absent.'),
})

const Tolerance = z.strictObject({
  errors: Points('0pp', '10pp', '0.1pp')
    .prefault('0.1pp')
    .describe(
      'By how much the canary’s error rate may exceed stable’s and is still not worse. Higher finds less and later; lower takes canaries back for differences that nobody feels.',
    ),
  latency: Share('0%', '100%', '15%')
    .prefault('15%')
    .describe(
      'By what part of itself the share of slow answers may exceed stable’s. Counts only with `objectives.latency`. Higher finds less and later; lower takes canaries back because they started cold.',
    ),
})

const Risk = z.strictObject({
  firstRequests: Whole(1, 1_000_000)
    .default(10)
    .describe(
      'Requests that the canary may get before its first numbers are seen: what a version that is broken costs. More starts faster.',
    ),
  perStepRequests: Whole(1, 1_000_000)
    .default(30)
    .describe(
      'Requests that may be harmed between two looks, at the worst that is not excluded yet. More climbs faster and harms more.',
    ),
  maxErrorRise: Points('0.01pp', '50pp', '3pp')
    .prefault('3pp')
    .describe(
      'By how much the service as a whole may get worse at the worst that is not excluded yet. Higher climbs faster; lower keeps harm smaller while little is known.',
    ),
})

const Weights = z.strictObject({
  unprovenMax: Weight(1, 1000, '50%')
    .prefault('50%')
    .describe(
      'The most that the canary holds before it is proven or due. Half is where evidence comes fastest; less exposes fewer users and takes longer.',
    ),
  verify: Weight(1, 1000, '20%')
    .prefault('20%')
    .describe(
      'Where the canary goes when it is doubted above this weight, to be compared with stable once more. Less harms fewer users and takes longer to decide.',
    ),
  holdback: Weight(0, 500, '5%')
    .prefault('5%')
    .describe(
      'What stable keeps until promotion, to compare with. More finds late harm sooner; `0%` leaves nothing to compare with, and only the objectives and the past speak.',
    ),
  min: Weight(1, 500, '0.1%')
    .prefault('0.1%')
    .describe(
      'The least that the canary begins with. More starts faster where traffic is high, and a broken version then harms more than `risk.firstRequests`.',
    ),
})

const MetricsLost = z.strictObject({
  zeroAfter: Duration('5s', '1h')
    .prefault('60s')
    .describe(
      'Time without metrics after which the canary gets no traffic until they return; until then its weight is frozen. The evidence is kept, and the weight returns with them. Longer rides out a restart of Prometheus, and leaves users longer with what nobody watches.',
    ),
})

const Thresholds = z.strictObject({
  requests: Whole(1, 1_000_000)
    .default(20)
    .describe(
      'Requests that must be seen before a step is judged. More means fewer false alarms and slower steps.',
    ),
  looks: Whole(1, 100)
    .default(3)
    .describe('Bad looks in a row that are harm. More forgives short bursts, and harms for longer.'),
})

const Analysis = z.strictObject({
  falseRollbackRate: Share('0.01%', '20%', '1%')
    .prefault('1%')
    .describe(
      'How many of the releases that are not worse may be taken back by chance. It holds at every look. Lower needs more evidence, so harm is found later: 0.1% needs half as much evidence again. Above 10% it is taken back before a doubt could be verified.',
    ),
  confidence: Share('50%', '99.99%', '95%')
    .prefault('95%')
    .describe(
      'How sure “at most so much worse” is. Higher climbs and proves more slowly; lower exposes users on weaker evidence.',
    ),
  tolerance: Tolerance.prefault({}).describe('What is not yet worse.'),
  promoteWithin: Points('0.01pp', '20pp', '0.5pp')
    .prefault('0.5pp')
    .describe(
      'A canary that is at most this much worse, with `confidence`, is proven safe and goes to full at once. Higher promotes sooner and lets more harm pass; lower waits for more requests, at most until `deadline`.',
    ),
  risk: Risk.prefault({}).describe('What may be put at risk to learn.'),
  weight: Weights.prefault({}).describe('How the traffic may be shared.'),
  deadline: Duration('1s', '7d')
    .prefault('5m')
    .describe(
      'When a calm canary that is not proven safe is due. It bounds how long a release takes where requests are few; longer finds smaller harm there.',
    ),
  onDeadline: Word('promote', 'hold')
    .default('promote')
    .describe(
      'What a calm canary that is due does: go to full as not proven, or wait for proof (which few requests may never give).',
    ),
  maxDuration: Duration('1s', '30d')
    .prefault('25m')
    .describe(
      'When the watch ends at the latest: a canary that is at full and not in doubt is promoted, for another `onInconclusive` decides. Shorter frees the old pods sooner and cuts verification. Less than the deadline (or all listed steps) and the bake together counts as just these.',
    ),
  onInconclusive: Word('hold', 'rollback', 'promote')
    .default('hold')
    .describe(
      'What becomes then of a canary that is in doubt, or not at full yet: it is watched on until the evidence or a person decides (and newer pushes may wait), taken back (some good ones too), or promoted (some bad ones too).',
    ),
  metricsLost: MetricsLost.prefault({}).describe('What to do when the metrics are lost.'),
  history: Duration('10m', '7d')
    .prefault('24h')
    .describe(
      'How much of stable’s past is measured once at the start. Longer knows rare errors and bursts better; shorter forgets yesterday’s incident sooner.',
    ),
  warmup: Duration('0s', '10m')
    .prefault('5s')
    .describe(
      'How long the canary’s first answers are not judged by their latency (their errors always are). Longer forgives slow starts, and finds slow versions that much later.',
    ),
  thresholds: Thresholds.exactOptional().describe(
    'Judge by fixed objectives at listed steps, as Flagger and Argo Rollouts do, in place of all of the above: simple, and without a stated error rate.',
  ),
})

export const ReleaseSpec = z.strictObject({
  strategy: Word('canary', 'blue-green', 'immediate')
    .exactOptional()
    .describe(
      'How traffic moves; canary when absent. `blue-green` shows the new revision at `route.preview`, and then gives it all traffic at once; `immediate` does so as soon as it is ready. Both keep the old one warm until the bake is over, and go back to it when the objectives are missed.',
    ),
  scale: Word('follow', 'full')
    .exactOptional()
    .describe(
      'How many pods the new revision has on its way: as many as its share of the load needs (`follow`), or all of them from the start (`full`, when absent).',
    ),
  steps: WordOrList('auto', Steps)
    .default('auto')
    .describe(
      'The canary’s shares, one after the other: `auto` follows the evidence, as fast as it allows. In a list a bare number is a weight with the default watch; a list is as slow with a good version as it is written, and harms as many with a bad one as its weights say.',
    ),
  objectives: Objectives.prefault({}).describe('What the canary is held against.'),
  analysis: Analysis.prefault({}).describe('How it is judged; the defaults serve.'),
  onNoTraffic: Word('hold', 'promote')
    .default('hold')
    .describe(
      'What a release does when its deadline (or a step’s time) is over and too few requests came: wait for them, or go on as not proven.',
    ),
  bake: Duration('0s', '7d')
    .prefault('10m')
    .describe(
      'The watch after full, while the old revision is still warm. Longer finds later harm, and pays for the old pods meanwhile; after it, going back takes a new release.',
    ),
  keep: Whole(0, keptAtMost)
    .exactOptional()
    .describe(
      'How many revisions that served before stay, without pods, for `slipway rollback --to`; 2 when absent. A return to one of them builds nothing.',
    ),
  gates: Gates.exactOptional().describe(
    'Points where the canary stays where it is until people or another program let it go on. The watch goes on meanwhile: a canary that turns bad is taken back.',
  ),
  windows: WindowsSpec.exactOptional().describe(
    'When weight may rise; outside of them it stays where it is, and the watch goes on.',
  ),
  onFailure: Word('rollback', 'hold')
    .exactOptional()
    .describe(
      'What harm leads to; rollback when absent. `hold` leaves the weight where it is until a person decides, for those whose data has moved on.',
    ),
  supersede: Word('latest', 'queue', 'cancel')
    .default('latest')
    .describe(
      'What a newer push does to a running release: take its place at once (`latest`), wait for its end (`queue`), or take its place only while it has had no traffic yet (`cancel`).',
    ),
})
/** Every default filled in. Times are milliseconds (the latency objective: seconds), rates, tolerances and points fractions of 1, weights thousandths. */
export type ReleaseSpec = z.output<typeof ReleaseSpec>
