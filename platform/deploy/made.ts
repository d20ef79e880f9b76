// What a revision was made of, as its Deployment and its Service remember it.
import { z } from 'zod'
import type { AppRef } from '../../domain/app.ts'
import { canonicalJson } from '../../domain/canonical-json.ts'
import type { Revision } from '../../domain/revision.ts'
import { type Deployment, kinds, type Resource } from '../kinds.ts'
import type { Kubernetes, Stored } from '../kubernetes.ts'
import { ownObjects } from '../own-objects.ts'
import { appLabels, releaseLabel, specAnnotation } from './objects.ts'

/** The App's Deployments that are there to stay, oldest first. */
export async function deploymentsOf(kube: Kubernetes, app: AppRef) {
  return staying(await kube.list(kinds.Deployment, app.namespace, { labels: appLabels(app) }))
}

/** Those of an App that is gone: rights may have gone with it, and what is out of reach is nobody's to tell of any more. */
export async function deploymentsLeftOf(kube: Kubernetes, app: AppRef) {
  return staying(await ownObjects(kube, kinds.Deployment, app.namespace, appLabels(app)))
}

function staying(found: readonly Stored<Deployment>[]): readonly Stored<Deployment>[] {
  return found
    .filter(({ metadata }) => !metadata.deletionTimestamp)
    .sort((a, b) => (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? ''))
}

const Copy = z.object({
  kind: z.enum(['ConfigMap', 'Secret']),
  name: z.string(),
  copy: z.string(),
  mount: z.string().exactOptional(),
})
const Made = z.object({
  image: z.object({ repository: z.string(), digest: z.string() }),
  run: z.looseObject({ port: z.number(), replicas: z.number() }),
  config: z.array(Copy).exactOptional(),
})

export function asMade(app: AppRef, { metadata }: Resource): Revision {
  const { name, labels = {} } = metadata
  const made = Made.safeParse(remembered({ metadata }))
  if (!made.success) {
    throw new Error(
      `cannot read revision ${app.namespace}/${name}: its annotation ${specAnnotation} is not what Slipway wrote; put it back or remove the deployment's labels`,
    )
  }
  const { image, run, config } = made.data
  return {
    app,
    name,
    release: labels[releaseLabel] ?? '',
    sha: labels['slipway.dev/commit'] ?? '',
    image,
    run: run as unknown as Revision['run'],
    ...(config && { config }),
  }
}

/** The repository may differ: a registry that moved is no other revision. */
export function isMadeOf(object: Resource, { image, run, config }: Revision): boolean {
  const made = Made.safeParse(remembered(object)).data
  const content = (digest: string | undefined, ...rest: readonly unknown[]) =>
    canonicalJson([digest, ...rest])
  return (
    content(made?.image.digest, made?.run, made?.config ?? []) === content(image.digest, run, config ?? [])
  )
}

function remembered({ metadata }: Resource): unknown {
  try {
    return JSON.parse(metadata.annotations?.[specAnnotation] ?? '')
  } catch {
    return undefined
  }
}
