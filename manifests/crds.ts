// The three kinds as the cluster knows them: App, Release and Command.
import { AppSpec, clusterSource } from '../domain/app.ts'
import { appVerbs, releaseVerbs } from '../domain/command.ts'
import { PolicySpec } from '../domain/policy-spec.ts'
import type { Cause, Outcome, Phase, ReleaseStatus } from '../domain/release.ts'
import { type Schema, structuralSchema } from './schema.ts'

type Properties = Readonly<Record<string, Schema>>

interface Kind {
  readonly kind: string
  readonly plural: string
  readonly shortNames?: readonly string[]
  readonly description: string
  readonly spec: Schema
  readonly status: Properties
  readonly columns: readonly Column[]
  /** Fields that a list may be narrowed by: `kubectl get releases --field-selector status.phase=baking`. */
  readonly selectable?: readonly string[]
}

interface Column {
  readonly name: string
  readonly jsonPath: string
  readonly type?: 'string' | 'date' | 'integer'
  /** 1: shown by `kubectl get -o wide` only. */
  readonly priority?: 1
}

export const crds = (): readonly Schema[] => [app(), release(), command()].map(customResource)

function customResource(made: Kind): Schema {
  const { kind, plural, shortNames, description, spec, status, columns, selectable } = made
  const singular = kind.toLowerCase()
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.slipway.dev`, labels: { 'app.kubernetes.io/part-of': 'slipway' } },
    spec: {
      group: 'slipway.dev',
      scope: 'Namespaced',
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular,
        ...(shortNames && { shortNames }),
        categories: ['slipway'],
      },
      versions: [
        {
          name: 'v1beta1',
          served: true,
          storage: true,
          subresources: { status: {} },
          ...(selectable && { selectableFields: selectable.map((jsonPath) => ({ jsonPath })) }),
          additionalPrinterColumns: [...columns, age].map(({ type = 'string', ...column }) => ({
            ...column,
            type,
          })),
          schema: {
            openAPIV3Schema: {
              type: 'object',
              description,
              required: ['spec'],
              properties: {
                apiVersion: { type: 'string' },
                kind: { type: 'string' },
                metadata: { type: 'object' },
                spec,
                status: { type: 'object', properties: status },
              },
            },
          },
        },
      ],
    },
  }
}

const age: Column = { name: 'Age', jsonPath: '.metadata.creationTimestamp', type: 'date' }
const condition = (type: string) => `.status.conditions[?(@.type=="${type}")].status`

// Only what others write is bounded here: a status that is refused for its length would be told nowhere.
const text = (description: string, maxLength?: number): Schema => ({
  type: 'string',
  description,
  ...(maxLength !== undefined && { maxLength }),
})
const word = (words: readonly string[], description: string): Schema => ({
  type: 'string',
  enum: words,
  description,
})
const whole = (description: string): Schema => ({ type: 'integer', format: 'int64', minimum: 0, description })
const rule = (expression: string, message: string) => ({ rule: expression, message })
const unchanging = (kind: string) => [
  rule('self == oldSelf', `a ${kind} is never changed; create another one`),
]

function app(): Kind {
  const declared = structuralSchema(AppSpec)
  const inFile = Object.keys(declared.properties ?? {})
  const source = structuralSchema(clusterSource, 'with defaults')
  return {
    kind: 'App',
    plural: 'apps',
    description:
      'An App: where its commits come from. What to build, run and route, and how to release it, is said beside the code.',
    spec: {
      ...declared,
      required: ['source'],
      properties: {
        source: { ...source, description: 'Where the commits come from. A push cannot change it.' },
        policy: {
          ...structuralSchema(PolicySpec),
          description: 'What a push may ask for. What is absent allows everything; a push cannot change it.',
        },
        onDelete: word(
          ['keep', 'retire'],
          'What becomes of what serves when the App is deleted: it goes on serving (`keep`, when absent), or its route and then its revisions are removed (`retire`).',
        ),
        ...declared.properties,
      },
      'x-kubernetes-validations': [
        rule(
          inFile.map((key) => `!has(self.${key})`).join(' && '),
          `${inFile.join(', ')} belong in slipway.yaml in the repository: only there they travel with the commit`,
        ),
      ],
    },
    status: {
      stable: {
        type: 'object',
        description: 'What holds the traffic.',
        properties: { revision: text('Its name.'), sha: text('Its commit.') },
      },
      active: text('The release that runs.'),
      waiting: text('The push that waits for it to end.'),
      frozen: {
        type: 'object',
        description: 'Nothing new begins, and no weight rises.',
        properties: {
          by: text('Who asked for it.'),
          reason: text('Why.'),
          since: whole('Milliseconds since 1970.'),
        },
      },
      rejected: {
        type: 'array',
        description: 'What ended badly, newest first: not tried again until retry.',
        items: text('A commit, with its configuration when that changed alone.'),
      },
      message: text('What the App does at this moment.'),
      ...observed,
    },
    columns: [
      { name: 'Stable', jsonPath: '.status.stable.revision' },
      { name: 'Active', jsonPath: '.status.active' },
      { name: 'Ready', jsonPath: condition('Ready') },
      { name: 'Waiting', jsonPath: '.status.waiting', priority: 1 },
      { name: 'Message', jsonPath: '.status.message', priority: 1 },
    ],
  }
}

const phases: Record<Phase, true> = {
  pending: true,
  reading: true,
  building: true,
  deploying: true,
  'rolling-out': true,
  baking: true,
  retiring: true,
  'rolling-back': true,
  done: true,
}
const outcomes: Record<Outcome, true> = {
  promoted: true,
  'rolled-back': true,
  failed: true,
  superseded: true,
  aborted: true,
  ignored: true,
}

const causes: Record<Cause, true> = { push: true, retry: true, config: true, return: true }

/** The judge's own: another judge brings other numbers. */
const parameters: Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
const evidence: Schema = { ...parameters, description: 'The numbers behind the verdict.' }
const phase = word(Object.keys(phases), 'Where the release is on its way.')
const weight = { ...whole('Thousandths of the traffic that the canary holds.'), maximum: 1000 }

const releaseStatus: Record<Exclude<keyof ReleaseStatus, 'release'> | 'share', Schema> = {
  phase,
  outcome: word(Object.keys(outcomes), 'How it ended; final.'),
  message: text('Why the phase or the outcome is what it is.'),
  commit: {
    type: 'object',
    properties: {
      sha: text('The full commit.'),
      title: text('The first line of its message.'),
      author: text('Who wrote it.'),
      email: text('The author’s address, as git tells it.'),
      committedAt: whole('Milliseconds since 1970.'),
    },
  },
  revision: text('The revision that is released.'),
  stable: text('The revision that held the traffic before.'),
  image: text('The image, by digest.'),
  weight,
  share: text('The same as a percentage.'),
  step: text('The step of the plan: 2/4.'),
  stalled: text('What is missing, when the release waits for data.'),
  evidence,
  judging: {
    type: 'object',
    description: 'What the canary is judged by.',
    properties: {
      query: text('The question that the metrics are asked: paste it into Prometheus.'),
      objectives: { ...parameters, description: 'What every revision is held against.' },
      steps: {
        type: 'array',
        description:
          'Listed steps, as fractions of the traffic and in seconds; absent when the weight follows the evidence.',
        items: parameters,
      },
      method: { ...parameters, description: 'The parameters of the test and of the ramp.' },
      baseline: { ...parameters, description: 'What the stable revision has been like.' },
    },
  },
  proven: {
    type: 'boolean',
    description: 'Whether it was shown to be safe, or only not shown to be harmful; absent until it is full.',
  },
  transitions: {
    type: 'array',
    description: 'The release’s history, oldest first.',
    items: {
      type: 'object',
      required: ['at', 'phase', 'weight', 'message'],
      properties: {
        at: whole('Milliseconds since 1970.'),
        phase,
        weight,
        message: text('What was decided.'),
        evidence,
      },
    },
  },
  cause: word(Object.keys(causes), 'What began it: a push, retry, a changed configuration, a return.'),
  by: text('Who asked for it: who gave the command, or who pushed when the source knows it.'),
  waiting: {
    type: 'object',
    description: 'Why nothing happens at this moment.',
    properties: {
      for: text('What it waits for.'),
      gate: text('The gate’s name, when it is one.'),
      message: text('What for, who can end it, and what happens otherwise.'),
      since: whole('Milliseconds since 1970.'),
      until: whole('When it ends by itself.'),
      approvedBy: { type: 'array', items: text('A person.'), description: 'Who approved so far.' },
      turnedAway: {
        type: 'array',
        items: text('A reason.'),
        description: 'Why approvals that were given did not count.',
      },
    },
  },
  supersededBy: text('The newer release that took its place.'),
  surge: {
    type: 'object',
    description: 'What runs beside the stable revision at most while the release lasts.',
    properties: {
      pods: whole('So many pods.'),
      cpu: text('The processor time that they are promised.'),
      memory: text('The memory that they are promised.'),
    },
  },
  startedAt: whole('Milliseconds since 1970.'),
  finishedAt: whole('Milliseconds since 1970.'),
}

/** By the rules of kstatus, so that `kubectl wait` and other tools understand it. */
const observed: Properties = {
  observedGeneration: whole('The generation of the spec that the status speaks of.'),
  conditions: {
    type: 'array',
    description: 'Ready, Reconciling and Stalled; of a Release also Proven and Waiting, of an App Frozen.',
    items: {
      type: 'object',
      required: ['type', 'status', 'lastTransitionTime'],
      properties: {
        type: text('Which condition.'),
        status: word(['True', 'False', 'Unknown'], 'Whether it holds.'),
        reason: text('One word for programs.'),
        message: text('One sentence for people.'),
        observedGeneration: whole('The generation it speaks of.'),
        lastTransitionTime: { type: 'string', format: 'date-time', description: 'Since when it is so.' },
      },
    },
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['type'],
  },
}

const release = (): Kind => ({
  kind: 'Release',
  plural: 'releases',
  shortNames: ['rel'],
  description:
    'A Release: one attempt to bring one commit to 100 %. Written by Slipway; what it says is a projection of what happens.',
  spec: {
    type: 'object',
    required: ['app', 'seq', 'sha'],
    properties: {
      app: text('The App’s name.', 63),
      seq: { ...whole('The number of this release among the App’s.'), minimum: 1 },
      sha: { type: 'string', pattern: '^[0-9a-f]{40}$', description: 'The commit.' },
    },
    'x-kubernetes-validations': unchanging('Release'),
  },
  status: { ...releaseStatus, ...observed },
  columns: [
    { name: 'App', jsonPath: '.spec.app' },
    { name: 'Revision', jsonPath: '.status.revision' },
    { name: 'Phase', jsonPath: '.status.phase' },
    { name: 'Weight', jsonPath: '.status.share' },
    { name: 'Waiting', jsonPath: '.status.waiting.for' },
    { name: 'Outcome', jsonPath: '.status.outcome' },
    { name: 'Message', jsonPath: '.status.message' },
    { name: 'Ready', jsonPath: condition('Ready'), priority: 1 },
    { name: 'Proven', jsonPath: condition('Proven'), priority: 1 },
    { name: 'Step', jsonPath: '.status.step', priority: 1 },
    { name: 'Stable', jsonPath: '.status.stable', priority: 1 },
    { name: 'Cause', jsonPath: '.status.cause', priority: 1 },
    { name: 'By', jsonPath: '.status.by', priority: 1 },
    { name: 'Newer', jsonPath: '.status.supersededBy', priority: 1 },
    { name: 'Surge', jsonPath: '.status.surge.pods', type: 'integer', priority: 1 },
    { name: 'Commit', jsonPath: '.spec.sha', priority: 1 },
  ],
  selectable: ['.status.outcome', '.status.phase'],
})

const oneOf = (verbs: readonly string[]) => `self.verb in [${verbs.map((verb) => `'${verb}'`).join(', ')}]`

const command = (): Kind => ({
  kind: 'Command',
  plural: 'commands',
  description:
    'A Command: what a person asks of a Release or of an App. Created once; the answer lands in its status.',
  spec: {
    type: 'object',
    required: ['verb', 'by'],
    properties: {
      release: text('The release it is meant for.', 253),
      app: text('The App it is meant for.', 253),
      verb: word([...new Set([...releaseVerbs, ...appVerbs])].sort(), 'What is asked.'),
      reason: text('Why, for those who read it later.', 1024),
      step: text('The gate that is approved; the one that waits when absent.', 63),
      to: {
        ...text(
          'Where an App’s rollback returns to: a revision, a release or a commit; what was stable before when absent.',
          253,
        ),
        minLength: 1,
      },
      by: text('Who asks: the name that the API server knows them by.', 1024),
      onBehalfOf: {
        ...text('Whom Slipway itself asks for, as a principal: github:ana.', 1024),
        pattern: '^[a-z]+:\\S+$',
      },
    },
    'x-kubernetes-validations': [
      ...unchanging('Command'),
      rule('has(self.release) != has(self.app)', 'it must name a release or an app, and not both'),
      rule(`!has(self.release) || ${oneOf(releaseVerbs)}`, `a release answers ${releaseVerbs.join(', ')}`),
      rule(`!has(self.app) || ${oneOf(appVerbs)}`, `an app answers ${appVerbs.join(', ')}`),
      rule(
        "!has(self.step) || self.verb == 'approve'",
        'step names the gate that is approved: only approve has one',
      ),
      rule(
        "!has(self.to) || (self.verb == 'rollback' && has(self.app))",
        'to says where the rollback of an app returns to: name the app, not a release',
      ),
    ],
  },
  status: {
    state: word(['accepted', 'refused'], 'The answer; absent until there is one.'),
    message: text('What follows, or why not.'),
    answeredAt: { type: 'string', format: 'date-time', description: 'When it was answered.' },
  },
  columns: [
    { name: 'Release', jsonPath: '.spec.release' },
    { name: 'App', jsonPath: '.spec.app' },
    { name: 'Verb', jsonPath: '.spec.verb' },
    { name: 'By', jsonPath: '.spec.by' },
    { name: 'State', jsonPath: '.status.state' },
    { name: 'Message', jsonPath: '.status.message', priority: 1 },
  ],
})
