// Writes docs/slipway-yaml.md: every key with its type, its default and what it may be, from the schema itself.
import type { z } from 'zod'
import { AppFile, notYet } from '../domain/app.ts'
import { defaultMethod as judge } from '../domain/judge/method.ts'
import { PolicySpec } from '../domain/policy-spec.ts'
import { element, expectedOf, fields, notationOf } from '../domain/schema-tree.ts'

/** The page. `example` is a complete file, which the page shows and a test parses. */
export function reference(example: string): string {
  return `# slipway.yaml

One file beside the code says what to build, run and route, and how to release it. It is read at the commit that is released.
Unknown keys, odd types and impossible values are errors with line and column, and change nothing in the cluster.

<!-- Generated from domain/app.ts by \`npm run generate\`; do not edit. -->

## The smallest file

\`\`\`yaml
apiVersion: slipway.dev/v1beta1
kind: App
metadata:
  name: shop
\`\`\`

## Everything

\`\`\`yaml
${example.trim()}
\`\`\`

With pods that follow their load, and another program at the gate:

\`\`\`yaml
${variant.trim()}
\`\`\`

## Every key

| key | what it is | default | must be |
|---|---|---|---|
${rows(AppFile).join('\n')}

A \`run.env\` or \`build.args\` value is always a text: write \`"8080"\`, \`"true"\`. In a list of steps a bare number is a weight.
\`pp\` are percentage points: from 1 % to 1.5 % of requests is a rise by \`0.5pp\`, or by half.

${judged}

## Said on the cluster's App, not here

\`source\` (repository and branch) decides which commits are released, so a push cannot change it. \`onDelete\` says what becomes of
what serves when the App is deleted: \`keep\`, when absent, leaves it where it is; \`retire\` removes its route and then its revisions.
\`policy\` says what a push may ask for ([by task](policy.md)). What is absent in it allows everything.

| key of \`spec.policy\` | what it is | default | must be |
|---|---|---|---|
${rows(PolicySpec).join('\n')}

## Not supported yet

These have their place in the format and are refused with a reason until they work.

| key or value | reason |
|---|---|
${Object.entries(notYet)
  .map(([key, reason]) => `| \`${key.replace('=', ': ')}\` | ${reason} |`)
  .join('\n')}

## Editors

\`manifests/slipway.schema.json\` is the same as JSON Schema. For the YAML language server, begin the file with
\`# yaml-language-server: $schema=<path or address of slipway.schema.json>\`.
`
}

/** What cannot stand in the example, because something else stands there. */
const variant = `
apiVersion: slipway.dev/v1beta1
kind: App
metadata:
  name: shop
spec:
  run:
    autoscale: { min: 2, max: 20, cpu: 70 }
  release:
    gates:
      - before: 5%
        hook: { url: https://ci.example.com/smoke } # 2xx passes
`

const ladder = judge.ladder.map((weight) => weight * 100).join(' · ')
const percent = (share: number) => `${share * 100} %`

const judged = `## How a release is judged

The counts are the gateway's own, of both revisions in the same seconds, from the canary's first request. Errors that the gateway
answered by itself, because no pod was ready, count too. Nothing is averaged, and no number is taken from the program's own metrics.

- **Evidence of harm** begins at 1. Each reading of the gateway is a bet that the canary is worse than stable by more than \`tolerance\`:
  it multiplies the evidence up when the canary fails more, and down when not. In a release that is not worse it reaches ${1 / judge.alpha}
  (1 / \`falseRollbackRate\`) in at most ${percent(judge.alpha)} of cases, however often one looks. There the release is **rolled back**, at once.
- **Compared side by side.** An outage that hits both revisions is not the canary's. Stable's own past and the objectives testify too,
  but where there is traffic enough to compare they never decide alone. Latency is judged when \`objectives.latency\` is given.
- **At most so much worse.** The same counts bound the harm from above: "at most 0.8 pp worse (${percent(1 - judge.beta)})".
- **The ramp** (\`steps: auto\`) follows that bound up a ladder of ${ladder} %: no rung puts more at risk than \`risk\` allows, so a
  good version goes fast where many requests come, and a doubtful one stops by itself. Where few come, a calm one goes up by the clock,
  to \`weight.unprovenMax\` by half of \`deadline\`.
- **Proven**: the bound is within \`promoteWithin\`, and no latency bound is missed by clearly more. The canary goes to full.
- **Due**: not proven by \`deadline\`, but calm (evidence below ${judge.clear}) and seen in at least ${judge.minRequests} requests. It goes to full as well, and the
  release says \`Proven=False\`. \`onDeadline: hold\` waits for proof.
- **Doubt**: evidence of ${judge.soft} takes a canary above \`weight.verify\` back there, where stable has enough traffic to compare with. Below ${judge.clear} it goes on.
- **Full** is ${percent(judge.fullWeight)}: the holdback stays with stable to compare with. After \`bake\` without a doubt the release is **promoted** to 100 %.
- **No data holds.** Nothing seen is neither good nor bad: without requests a release waits (\`onNoTraffic\`). Lost metrics freeze the
  weight, and after \`metricsLost.zeroAfter\` take it to 0 until they return.
- **What so few requests cannot show.** With a service that fails 0.1 %, about 30 requests of the canary reveal a rise by 10 pp, 280 one
  by 2 pp, 3300 one by 0.5 pp. Less harm than the traffic can reveal by the deadline is promoted; each release says how much that is.

### Listed steps

The weights and times are yours, the test and the rollback are the same. A step is over when its time is, the canary is calm and at
least ${judge.minRequests} requests came; a doubt keeps the weight where it is. After the last step comes full, which is 100 % when the list ends there. What
only the ramp asks for (\`risk\`, \`weight.unprovenMax\`, \`weight.min\`, \`deadline\`, \`onDeadline\`) is refused beside a list.

### Fixed thresholds

\`\`\`yaml
apiVersion: slipway.dev/v1beta1
kind: App
metadata:
  name: shop
spec:
  release:
    steps:
      - { weight: 5%, for: 1m }
      - { weight: 25%, for: 2m }
      - { weight: 50%, for: 5m }
    analysis:
      thresholds: { requests: 20, looks: 3 } # nothing else below analysis
\`\`\`

The objectives alone decide, as in Flagger and Argo Rollouts: no comparison with stable, and no stated rate of false rollbacks. It needs
a list of steps.

- **Safe**: the step's time is over, at least \`thresholds.requests\` requests were seen, and every objective is met.
- **Harmful**: an objective is missed in \`thresholds.looks\` looks in a row. A look is a reading of the counters that brings new requests;
  it is bad when what is new misses an objective and the last minute misses it by more than one request. Once the step's time is over,
  the step as a whole is what counts. A single odd error is never harm.
- **Anything else** goes on being watched. Too few requests when the time is over is no verdict: \`onNoTraffic\` says what follows.`

type Schema = z.core.$ZodType

/** One row a leaf, in the order of the schema. */
function rows(schema: Schema, path = ''): string[] {
  return Object.entries(fields(schema)).flatMap(([key, field]) => {
    const here = path ? `${path}.${key}` : key
    const item = element(field)
    const inner = item && Object.keys(fields(item)).length > 0 ? rows(item, `${here}[]`) : rows(field, here)
    const isLeaf = notationOf(field) !== undefined || inner.length === 0
    return isLeaf ? [row(here, field), ...inner] : inner
  })
}

function row(path: string, field: Schema): string {
  const about = (field as z.ZodType).description ?? ''
  return `| \`${path}\` | ${about} | ${defaultOf(field)} | ${expectedOf(field)} |`.replace(/\n/g, ' ')
}

function defaultOf(field: Schema): string {
  const { type, defaultValue } = field._zod.def as { type: string; defaultValue?: unknown }
  if (type === 'default' || type === 'prefault') return `\`${JSON.stringify(defaultValue)}\``
  return type === 'optional' ? '' : 'required'
}
