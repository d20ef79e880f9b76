// Runs revisions as Deployments with a Service each.
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { type AppRef, type AppSource, appKey } from '../../domain/app.ts'
import { canonicalJson } from '../../domain/canonical-json.ts'
import { PermanentFailure } from '../../domain/failure.ts'
import type { Revision } from '../../domain/revision.ts'
import { type Deployment, kinds, type Pod } from '../kinds.ts'
import type { Kubernetes } from '../kubernetes.ts'
import type { Deploy } from '../platform.ts'
import { hopeless } from './failure.ts'
import { listed } from './listed.ts'
import { appLabels, releaseLabel, revisionLabel, revisionObjects, specAnnotation } from './objects.ts'

export interface DeployOptions {
  readonly kube: Kubernetes
  readonly now?: () => number
  /** Milliseconds in which a removed revision's pods must be gone; longer than they are given to end. */
  readonly removeWithin?: number
}

export function kubernetesDeploy({ kube, now = Date.now, removeWithin = 90_000 }: DeployOptions): Deploy {
  return {
    describe: async (app) => ({ source: await declared(kube, app), revisions: await running(kube, app) }),
    apps: () => listed(kube),
    running: async () => [],
    repair: async () => [],
    holdOnDelete: async () => undefined,
    create: (revision) => create(kube, revision),
    scale: async ({ app, name }, pods) => {
      const there = await kube.get(kinds.Deployment, app.namespace, name)
      if (!there || there.spec.replicas === pods) return
      const written = await kube.replace(kinds.Deployment, {
        ...there,
        spec: { ...there.spec, replicas: pods },
      })
      if (!written) throw new Error(`cannot scale ${app.namespace}/${name}: it changed meanwhile`)
    },
    config: async (_app, { config = [], secrets = [] }) => {
      if (config.length + secrets.length === 0) return []
      throw new PermanentFailure('Invalid', 'configuration of its own is not supported yet')
    },
    readiness: async (revision) => {
      const { namespace } = revision.app
      const wanted = revision.run.replicas
      const deployment = await kube.get(kinds.Deployment, namespace, revision.name)
      if (!deployment) return { ready: 0, wanted }
      const ready = Math.min(deployment.status?.readyReplicas ?? 0, await endpoints(kube, revision))
      if (ready >= wanted) return { ready, wanted }
      const pods = await podsOf(kube, namespace, revision.name)
      const failure = hopeless(deployment, pods, now())
      return { ready, wanted, ...(failure ? { failure } : {}) }
    },
    remove: (app, revision) => remove(kube, app, revision, removeWithin),
  }
}

/**
 * What exists is left as it is, even when this version of Slipway would write it differently: a revision's pods never
 * change. The Service comes first, so that a Deployment is never without one.
 */
async function create(kube: Kubernetes, revision: Revision): Promise<void> {
  const { namespace } = revision.app
  const { service, deployment } = revisionObjects(revision)
  const existing = await kube.get(kinds.Deployment, namespace, revision.name)
  if (existing) refuseAnother(existing, revision)
  if (!(await kube.get(kinds.Service, namespace, revision.name))) await kube.apply(kinds.Service, service)
  if (!existing) await kube.apply(kinds.Deployment, deployment)
}

function refuseAnother(existing: Deployment, { app, name, image, run }: Revision): void {
  const where = `deployment ${app.namespace}/${name}`
  if (existing.metadata.deletionTimestamp)
    throw new Error(`cannot create ${where}: it is still being removed`)
  // The repository may differ: a registry that moved is no other revision.
  const made = Made.safeParse(readJson(existing.metadata.annotations?.[specAnnotation])).data
  const content = (digest: string | undefined, spec: unknown) => canonicalJson({ digest, run: spec })
  if (content(made?.image.digest, made?.run) === content(image.digest, run)) return
  throw new PermanentFailure(
    'Invalid',
    `cannot create ${where}: one of that name exists that was made of something else; remove it or push another commit`,
  )
}

/** Pods that the Service sends to, as the gateway hears of them: a ready pod that is not yet listed gets no traffic. */
async function endpoints(kube: Kubernetes, { app, name }: Revision): Promise<number> {
  const labels = { 'kubernetes.io/service-name': name }
  const slices = await kube.list(kinds.EndpointSlice, app.namespace, { labels })
  const ready = slices
    .flatMap((slice) => slice.endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready !== false && !conditions?.terminating)
  return new Set(ready.flatMap(({ addresses }) => addresses)).size
}

const podsOf = (kube: Kubernetes, namespace: string, revision: string): Promise<readonly Pod[]> =>
  kube.list(kinds.Pod, namespace, { labels: { [revisionLabel]: revision } })

/** The Service goes last: while pods end, whoever still knows them may still ask. */
async function remove(kube: Kubernetes, app: AppRef, revision: string, within: number): Promise<void> {
  const deployment = await kube.get(kinds.Deployment, app.namespace, revision)
  if (deployment) {
    refuseForeign(deployment, app)
    await kube.remove(kinds.Deployment, app.namespace, revision, { uid: deployment.metadata.uid })
  }
  const deadline = Date.now() + within
  for (let left = await podsOf(kube, app.namespace, revision); left.length > 0; ) {
    if (Date.now() > deadline) {
      const names = left.map(({ metadata }) => metadata.name).join(', ')
      throw new Error(
        `cannot remove ${app.namespace}/${revision}: after ${within / 1000} s there still are ${names}`,
      )
    }
    await sleep(500)
    left = await podsOf(kube, app.namespace, revision)
  }
  await kube.remove(kinds.Service, app.namespace, revision)
}

function refuseForeign({ metadata }: Deployment, app: AppRef): void {
  if (metadata.labels?.['slipway.dev/app'] === app.name) return
  throw new PermanentFailure(
    'Invalid',
    `cannot remove deployment ${metadata.namespace}/${metadata.name}: it does not belong to ${appKey(app)}`,
  )
}

const Declared = z.object({
  spec: z.object({ source: z.object({ repository: z.string().min(1), branch: z.string().min(1) }) }),
})

/** Undefined too when the App has no source of its own: it is released from elsewhere. */
async function declared(kube: Kubernetes, app: AppRef): Promise<AppSource | undefined> {
  const found = await kube.get(kinds.App, app.namespace, app.name)
  if (!found || found.metadata.deletionTimestamp) return undefined
  return Declared.safeParse(found).data?.spec.source
}

async function running(kube: Kubernetes, app: AppRef): Promise<readonly Revision[]> {
  const found = await kube.list(kinds.Deployment, app.namespace, { labels: appLabels(app) })
  return found
    .filter(({ metadata }) => !metadata.deletionTimestamp)
    .sort((a, b) => (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? ''))
    .map((deployment) => asMade(app, deployment))
}

const Made = z.object({
  image: z.object({ repository: z.string(), digest: z.string() }),
  run: z.looseObject({ port: z.number(), replicas: z.number() }),
})

function asMade(app: AppRef, { metadata }: Deployment): Revision {
  const { name, labels = {}, annotations = {} } = metadata
  const made = Made.safeParse(readJson(annotations[specAnnotation]))
  if (!made.success) {
    throw new Error(
      `cannot read revision ${app.namespace}/${name}: its annotation ${specAnnotation} is not what Slipway wrote; put it back or remove the deployment's labels`,
    )
  }
  return {
    app,
    name,
    release: labels[releaseLabel] ?? '',
    sha: labels['slipway.dev/commit'] ?? '',
    image: made.data.image,
    run: made.data.run as unknown as Revision['run'],
  }
}

function readJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '')
  } catch {
    return undefined
  }
}
