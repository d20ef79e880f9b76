// `spec.policy` of the cluster's App, as people write it: what a push may ask for.
import { z } from 'zod'
import { Gates, WindowsSpec } from './gate-spec.ts'
import { Duration, Host, List, ObjectName, Share, Text, Weight, Whole, Word } from './notation.ts'
import { PolicyAnalysis } from './policy-analysis.ts'
import { Latency } from './release-spec.ts'

const Person = Text(/^[A-Za-z0-9][\w.@+-]*$/, 64, 'a person’s name, without a colon')
const Principal = Text(
  /^(?:user|github|email):[\w.@:/+-]+$/,
  256,
  'what a person is called somewhere, like user:ana@example.com, github:ana or email:ana@example.com',
)
const Approver = Text(
  /^[A-Za-z0-9][\w.@:/+-]*$/,
  256,
  'a name from people, or like user:ana@example.com or github:ana',
)

export const PolicySpec = z.strictObject({
  hosts: List(Host(), 1, 64, 'host names')
    .exactOptional()
    .describe('Host names that may be served, also as previews. `*.example.com` holds every name below it.'),
  secrets: List(ObjectName(), 0, 64, 'names of Secrets')
    .exactOptional()
    .describe('Secrets that may be used; none when empty.'),
  config: List(ObjectName(), 0, 64, 'names of ConfigMaps')
    .exactOptional()
    .describe('ConfigMaps that may be used; none when empty.'),
  hooks: List(Host(), 0, 64, 'host names')
    .exactOptional()
    .describe(
      'Hosts that hooks may ask, whatever port; none when empty. Hooks that are commands need none. `*.example.com` holds every name below it.',
    ),
  strategies: List(Word('canary', 'blue-green', 'immediate'), 1, 3, 'strategies')
    .exactOptional()
    .describe('Strategies that may be chosen.'),
  maxFirstWeight: Weight(1, 1000, '5%')
    .exactOptional()
    .describe(
      'The most that a new revision may begin with. It counts for every strategy: `blue-green` and `immediate` begin with 100%.',
    ),
  maxReplicas: Whole(1, 1000)
    .exactOptional()
    .describe('The most pods that a revision may have, also when they follow their load.'),
  objectives: z
    .strictObject({
      success: Share().exactOptional().describe('The share of requests that must succeed at least.'),
      latency: Latency.exactOptional().describe('How fast answers must be at least.'),
    })
    .exactOptional()
    .describe('Objectives that may be tightened, never loosened.'),
  bake: Duration('0s', '7d').exactOptional().describe('The shortest watch after full.'),
  onFailure: Word('rollback', 'hold')
    .exactOptional()
    .describe('`rollback` refuses `hold`, which leaves harm where it is until a person decides.'),
  onNoTraffic: Word('hold', 'promote')
    .exactOptional()
    .describe('`hold` refuses `promote`, which goes on where nothing was seen.'),
  analysis: PolicyAnalysis.exactOptional().describe(
    'The loosest that a file may ask of the judge, under the file’s own names. What is absent is the file’s own choice.',
  ),
  minApprovals: Whole(1, 10)
    .exactOptional()
    .describe(
      'Different people that one gate of each release must ask for; a gate that passes by itself in the end does not count.',
    ),
  approvers: List(Approver, 1, 64, 'people')
    .exactOptional()
    .describe('Whom gates may name. Where a gate names nobody, these may approve.'),
  gates: Gates.exactOptional().describe('Gates that every release has beside its own.'),
  windows: WindowsSpec.exactOptional().describe('When weight may rise; they hold beside the file’s own.'),
  people: z
    .record(Person, List(Principal, 1, 16, 'principals'))
    .exactOptional()
    .describe(
      'Who is who: what each person is called by the cluster, by GitHub and by git. When given, gates may name nobody else, and `notPusher` knows an author who approves under another name.',
    ),
  forcePush: Word('release', 'refuse')
    .exactOptional()
    .describe(
      'What a branch that was moved to a commit without the stable one in its history leads to; release when absent.',
    ),
})
/** Every weight in thousandths, times in milliseconds (latency: seconds), shares fractions of 1. */
export type PolicySpec = z.output<typeof PolicySpec>
