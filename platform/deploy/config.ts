// Immutable copies of the ConfigMaps and Secrets that an App names, named by their content. The content never leaves this file.
import { createHmac } from 'node:crypto'
import { type AppRef, type AppSpec, appKey } from '../../domain/app.ts'
import { canonicalJson } from '../../domain/canonical-json.ts'
import type { ConfigCopy, ConfigName } from '../../domain/config.ts'
import { PermanentFailure } from '../../domain/failure.ts'
import type { Revision } from '../../domain/revision.ts'
import { type Content, type Kind, kinds } from '../kinds.ts'
import type { Kubernetes, Named } from '../kubernetes.ts'
import { configKey } from './config-key.ts'
import { appLabels } from './objects.ts'

/** On each copy: what it is a copy of. */
export const copyLabel = 'slipway.dev/copy-of'

export interface Wanted extends ConfigName {
  readonly kind: ConfigCopy['kind']
}

export type Names = Pick<AppSpec['run'], 'config' | 'secrets'>

/** ConfigMaps first, each in the order of the file. */
export const wantedOf = ({ config = [], secrets = [] }: Names): readonly Wanted[] => [
  ...config.map((one) => ({ ...one, kind: 'ConfigMap' as const })),
  ...secrets.map((one) => ({ ...one, kind: 'Secret' as const })),
]

/** The copies of what `run` names, with the content of this moment. */
export async function copiesOf(
  kube: Kubernetes,
  app: AppRef,
  run: Names,
  make: boolean,
): Promise<readonly ConfigCopy[]> {
  const wanted = wantedOf(run)
  if (wanted.length === 0) return []
  const key = await configKey(kube, app.namespace)
  const copies: { readonly one: Wanted; readonly copy: Named<Content> }[] = []
  // One after the other: of several that are missing, it is always the first that is told. And none is made before all are there.
  for (const one of wanted)
    copies.push({ one, copy: copyObject(app, one, await original(kube, app, one), key) })
  if (make) for (const { one, copy } of copies) await makeCopy(kube, one.kind, copy)
  return copies.map(({ one: { kind, name, mount }, copy }) => ({
    kind,
    name,
    copy: copy.metadata.name,
    ...(mount !== undefined && { mount }),
  }))
}

/** Makes those copies of a revision that are missing; fails when what they were copies of has another content by now. */
export async function makeCopiesOf(kube: Kubernetes, { app, run, config = [] }: Revision): Promise<void> {
  const missing = await missingOf(kube, app, config)
  if (missing.length === 0) return
  const made = await copiesOf(kube, app, run, true)
  const lost = missing.find(({ kind, copy }) => !made.some((one) => one.kind === kind && one.copy === copy))
  if (!lost) return
  throw new PermanentFailure(
    'NotFound',
    `cannot give ${appKey(app)} the ${lost.kind} ${lost.name}: it changed since the revision was named, and no copy of what it was then is left; release the App again`,
  )
}

/** Removes those that nobody else uses. */
export async function removeCopies(
  kube: Kubernetes,
  app: AppRef,
  copies: readonly ConfigCopy[],
  inUse: ReadonlySet<string>,
): Promise<void> {
  for (const { kind, copy } of copies) {
    if (inUse.has(copy)) continue
    const found = await kube.get(contentKinds[kind], app.namespace, copy)
    const { labels, uid } = found?.metadata ?? {}
    if (labels?.['slipway.dev/app'] !== app.name || !labels[copyLabel]) continue
    await kube.remove(contentKinds[kind], app.namespace, copy, uid ? { uid } : undefined)
  }
}

const contentKinds: Readonly<Record<ConfigCopy['kind'], Kind<Content>>> = {
  ConfigMap: kinds.ConfigMap,
  Secret: kinds.Secret,
}

/** What is to be copied. Fails where a release cannot use it. */
export async function original(
  kube: Kubernetes,
  { namespace }: AppRef,
  { kind, name }: Wanted,
): Promise<Content> {
  const found = await discreetly(`read ${kind} ${namespace}/${name}`, [], () =>
    kube.get(contentKinds[kind], namespace, name),
  )
  if (found && found.type !== ownToken) return found
  const [list, why] = [
    kind === 'Secret' ? 'spec.run.secrets' : 'spec.run.config',
    found ? 'is the token of a ServiceAccount, which changes by itself' : 'does not exist',
  ]
  throw new PermanentFailure(
    found ? 'Invalid' : 'NotFound',
    `cannot use ${kind} ${name} in ${namespace}: it ${why}; ${found ? 'name another one' : 'create it'}, or take it out of ${list}`,
  )
}

const ownToken = 'kubernetes.io/service-account-token'

/** The App is part of the name: what one App stops using, another cannot be using. */
export function copyObject(
  app: AppRef,
  { kind, name }: Wanted,
  content: Content,
  key: Buffer,
): Named<Content> {
  const { type, data = {}, binaryData = {} } = content
  const declared = { v: '1', app: app.name, kind, type, data, binaryData }
  const hash = createHmac('sha256', key).update(canonicalJson(declared)).digest('hex').slice(0, 8)
  return {
    metadata: {
      name: `${name}-${hash}`,
      namespace: app.namespace,
      labels: { ...appLabels(app), [copyLabel]: name },
    },
    ...(type && { type }),
    immutable: true,
    data,
    ...(Object.keys(binaryData).length > 0 && { binaryData }),
  }
}

async function makeCopy(kube: Kubernetes, kind: ConfigCopy['kind'], copy: Named<Content>): Promise<void> {
  const { namespace, name } = copy.metadata
  const made = await discreetly(`make ${kind} ${namespace}/${name}`, valuesOf(copy), () =>
    kube.create(contentKinds[kind], copy),
  )
  if (made) return
  const there = await discreetly(`read ${kind} ${namespace}/${name}`, [], () =>
    kube.get(contentKinds[kind], namespace, name),
  )
  const content = ({ data = {}, binaryData = {} }: Content) => canonicalJson([data, binaryData])
  if (there?.immutable && content(there) === content(copy)) return
  throw new PermanentFailure(
    'Invalid',
    `cannot make ${kind} ${namespace}/${name}: one of that name exists that Slipway did not make; remove it`,
  )
}

async function missingOf(kube: Kubernetes, { namespace }: AppRef, config: readonly ConfigCopy[]) {
  const found = await Promise.all(
    config.map(({ kind, copy }) =>
      discreetly(`read ${kind} ${namespace}/${copy}`, [], () =>
        kube.get(contentKinds[kind], namespace, copy),
      ),
    ),
  )
  return config.filter((_, i) => !found[i])
}

/** As it is sent, and as people know it. */
const valuesOf = ({ data = {}, binaryData = {} }: Content): readonly string[] =>
  [...Object.values(data), ...Object.values(binaryData)]
    .flatMap((value) => [value, Buffer.from(value, 'base64').toString()])
    .filter((value) => value !== '')

/** A refusal may repeat what was sent, and an answer that cannot be read is quoted by its parser: neither is passed on. */
async function discreetly<Result>(
  what: string,
  values: readonly string[],
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    const told = error instanceof Error && !(error instanceof SyntaxError) ? error.message : undefined
    if (told !== undefined && !values.some((value) => told.includes(value))) throw error
    const message = `cannot ${what}: the API server's answer repeats content, so it is not shown; its audit log has it`
    throw error instanceof PermanentFailure ? new PermanentFailure(error.reason, message) : new Error(message)
  }
}
