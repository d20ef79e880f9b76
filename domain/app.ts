// The App: what to build, run and route, and how to release it. One schema makes the type, the CRD, the JSON Schema and the reference.
import { z } from 'zod'
import { Cpu, Host, List, Memory, ObjectName, OrAlone, Text, Whole, Word } from './notation.ts'
import { ReleaseSpec } from './release-spec.ts'

/** Which App. */
export interface AppRef {
  readonly namespace: string
  readonly name: string
}

/** `shop` in `default` → `default/shop`. */
export const appKey = (app: AppRef): string => `${app.namespace}/${app.name}`

export const apiVersion = 'slipway.dev/v1beta1'

const path = /^(?!\/)(?!(?:.*\/)?\.\.(?:\/|$))[\w.\-+@/]+$/
const variable = /^(?!__proto__$)[A-Za-z_][A-Za-z0-9_]*$/

const relativePath = () => Text(path, 256, 'a path inside the repository, without .. and not starting with /')
const texts = () =>
  z.record(
    Text(variable, 128, 'a name of letters, digits and underscores'),
    Text(/^[^\0]*$/, 8192, 'a text (write numbers and true or false in quotes)'),
  )

const Build = z.strictObject({
  context: relativePath().default('.').describe('The folder that is built, from the repository’s root.'),
  dockerfile: relativePath().default('Dockerfile').describe('The Dockerfile, from the context.'),
  args: texts().default({}).describe('Build arguments. They are public: they end in the image’s provenance.'),
  target: Text(/^[A-Za-z0-9._-]*$/, 128, 'the name of a stage in the Dockerfile')
    .default('')
    .describe('The stage of the Dockerfile to build; the last one when absent.'),
})

const ConfigFields = z.strictObject({
  name: ObjectName().describe('Its name.'),
  mount: Text(/^\/(?!.*\.\.)[\w.\-/]+$/, 256, 'a folder’s absolute path in the container, without ..')
    .exactOptional()
    .describe('The folder that its keys appear in as files; they are environment variables when absent.'),
})
const Configs = (of: string) =>
  List(
    OrAlone('name', ConfigFields),
    0,
    16,
    `names of ${of}, or maps like {name: shop-files, mount: /etc/shop}`,
  )

const Run = z.strictObject({
  port: Whole(1, 65535).default(8080).describe('The port that the program listens on.'),
  replicas: Whole(1, 1000).default(2).describe('How many pods each revision has.'),
  autoscale: z
    .strictObject({
      min: Whole(1, 1000).describe('The fewest pods.'),
      max: Whole(1, 1000).describe('The most pods.'),
      cpu: Whole(1, 1000)
        .default(70)
        .describe('The processor use, in percent of what is promised, that it keeps to.'),
    })
    .exactOptional()
    .describe('Lets the number of pods follow their load, in place of replicas.'),
  env: texts().default({}).describe('Environment variables.'),
  config: Configs('ConfigMaps')
    .exactOptional()
    .describe(
      'ConfigMaps of the App’s namespace: their keys become environment variables, or files below `mount`. Their content belongs to the revision; a change is a release.',
    ),
  secrets: Configs('Secrets')
    .exactOptional()
    .describe('Secrets of the App’s namespace, used like `config`. The App’s policy may say which.'),
  resources: z
    .strictObject({
      cpu: Cpu().prefault('100m').describe('Processor time that each pod is promised.'),
      memory: Memory().default('256Mi').describe('Memory that each pod is promised and may not exceed.'),
    })
    .prefault({})
    .describe('What each pod needs.'),
  health: Text(/^\/[\x21-\x7e]*$/, 256, 'a path on the server, starting with /')
    .default('/')
    .describe('The path that answers 200 when a pod can serve.'),
})

const Route = z.strictObject({
  hosts: List(Host(), 0, 16, 'host names')
    .default([])
    .describe('The host names that are served; every name that reaches the gateway when empty.'),
  preview: List(Host(), 1, 4, 'host names')
    .exactOptional()
    .describe('Host names that show the newest revision while its release runs, before it has traffic.'),
})

export const AppSpec = z.strictObject({
  build: Build.prefault({}).describe('How the image is built.'),
  run: Run.prefault({}).describe('How the image is run.'),
  route: Route.prefault({}).describe('Where requests come from.'),
  release: ReleaseSpec.prefault({}).describe('How a commit reaches 100 %.'),
})
/** The App's spec as the rest of Slipway uses it: parsed, every default filled in. Milliseconds, seconds (the latency objective), fractions of 1, thousandths (weights). */
export type AppSpec = z.output<typeof AppSpec>

const label = /^[a-z](?:[a-z0-9-]*[a-z0-9])?$/

/** An App's name: with commit and hash it must fit a label and a Service's name. */
export const AppName = Text(label, 40, 'a name of at most 40 of a-z, 0-9 and -, starting with a letter')

/** The file `slipway.yaml` as a whole. */
export const AppFile = z.strictObject({
  apiVersion: Word(apiVersion).describe('The version of this format.'),
  kind: Word('App').describe('Always App.'),
  metadata: z
    .strictObject({
      name: AppName.describe('The App’s name, as the cluster knows it.'),
      namespace: Text(/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/, 63, 'the name of a namespace')
        .exactOptional()
        .describe('The App’s namespace; it need not be said, and cannot be changed here.'),
    })
    .describe('Which App this is.'),
  spec: AppSpec.prefault({}).describe('What to build, run and route, and how to release it.'),
})

/** Where an App's commits come from; only the cluster's object says so, a push cannot change it. */
export interface AppSource {
  /** The repository's URL, without credentials. */
  readonly repository: string
  readonly branch: string
}

export const clusterSource = z.strictObject({
  repository: Text(/^https?:\/\/[^\s@]+$/, 2048, 'an http or https address without credentials').describe(
    'The repository’s address.',
  ),
  branch: Text(/^[^\s\0~^:?*[\\]+$/, 255, 'the name of a branch')
    .default('main')
    .describe('The branch whose head is released.'),
})

/** Decided on the cluster's object alone: a push cannot change them. */
export const clusterOnly: readonly string[] = ['source', 'policy', 'onDelete']

/** Keys and values that the format has a place for and this version cannot do yet: refused with a reason, never ignored. */
export const notYet: Readonly<Record<string, string>> = {
  'spec.image': 'images built elsewhere are not supported yet; give spec.build',
  'spec.release.objectives.queries': 'own queries are not supported yet',
}

/** Keys that earlier files had in another place. */
export const moved: Readonly<Record<string, string>> = {
  'spec.release.objectives.requests':
    'has moved to spec.release.analysis.thresholds.requests, which chooses fixed objectives; remove it to be judged by statistics, which need no minimum',
}
