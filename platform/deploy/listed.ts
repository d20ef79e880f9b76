// All Apps at once: what the sweep reads every minute in the place of each App by itself.
import { z } from 'zod'
import { kinds } from '../kinds.ts'
import type { Kubernetes } from '../kubernetes.ts'
import type { AppStatus, Listed } from '../platform.ts'

/** What holds a deleted App until it was retired. */
export const retireFinalizer = 'slipway.dev/retire'

export async function listed(kube: Kubernetes): Promise<readonly Listed[]> {
  return (await kube.list(kinds.App, '')).map((object) => asListed(object))
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
