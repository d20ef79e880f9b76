// All Apps and all revisions at once: what the sweep reads every minute in the place of each App by itself.
import { z } from 'zod'
import { type AppRef, appKey } from '../../domain/app.ts'
import { kinds } from '../kinds.ts'
import type { Kubernetes } from '../kubernetes.ts'
import { ownObjects } from '../own-objects.ts'
import type { AppStatus, Listed, Running } from '../platform.ts'
import { asMade } from './made.ts'
import { ourLabels } from './objects.ts'

/** What holds a deleted App until it was retired. */
export const retireFinalizer = 'slipway.dev/retire'

export async function listed(kube: Kubernetes): Promise<readonly Listed[]> {
  return (await kube.list(kinds.App, '')).map((object) => asListed(object))
}

/** One read for each namespace. What is being removed is not there any more; what cannot be read is its own App's trouble. */
export async function running(kube: Kubernetes, apps: readonly AppRef[]): Promise<readonly Running[]> {
  const known = new Set(apps.map(appKey))
  const namespaces = [...new Set(apps.map(({ namespace }) => namespace))]
  const found = await Promise.all(
    namespaces.map((namespace) => ownObjects(kube, kinds.Deployment, namespace, ourLabels)),
  )
  return found.flat().flatMap((deployment) => {
    const { metadata } = deployment
    const app = { namespace: metadata.namespace, name: metadata.labels?.['slipway.dev/app'] ?? '' }
    if (metadata.deletionTimestamp || !known.has(appKey(app))) return []
    try {
      return [{ revision: asMade(app, deployment), since: Date.parse(metadata.creationTimestamp ?? '') }]
    } catch {
      return []
    }
  })
}

/** Only the finalizer is applied: what else stands on the App, and other finalizers, are not touched. */
export async function holdOnDelete(kube: Kubernetes, app: AppRef, hold: boolean): Promise<void> {
  const there = await kube.get(kinds.App, app.namespace, app.name)
  if (!there || (hold && there.metadata.deletionTimestamp)) return
  const finalizers = hold ? { finalizers: [retireFinalizer] } : {}
  await kube.apply(kinds.App, { metadata: { ...app, ...finalizers } })
}

// The API server has checked these against the CRD; what another version wrote is taken as nothing.
const Declared = z.object({
  metadata: z.object({
    namespace: z.string(),
    name: z.string(),
    deletionTimestamp: z.string().optional(),
    finalizers: z.array(z.string()).default([]),
  }),
  spec: z
    .object({
      source: z
        .looseObject({ repository: z.string().min(1), branch: z.string().min(1) })
        .optional()
        .catch(undefined),
      onDelete: z.enum(['keep', 'retire']).optional().catch(undefined),
    })
    .default({ source: undefined, onDelete: undefined }),
  status: z.looseObject({ message: z.string().default('') }).optional(),
})

function asListed(object: unknown): Listed {
  const { metadata, spec, status } = Declared.parse(object)
  const { namespace, name, deletionTimestamp, finalizers } = metadata
  return {
    app: { namespace, name },
    source: deletionTimestamp ? undefined : spec.source,
    ...(spec.onDelete && { onDelete: spec.onDelete }),
    ...(status && { remembered: status as unknown as AppStatus }),
    ...(deletionTimestamp && { deleted: true }),
    ...(finalizers.includes(retireFinalizer) && { held: true }),
  }
}
