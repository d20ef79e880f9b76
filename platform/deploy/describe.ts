// The App as the cluster declares it, and its revisions.
import { z } from 'zod'
import type { AppRef } from '../../domain/app.ts'
import { readPolicy } from '../../domain/policy.ts'
import { type Custom, type Deployment, kinds } from '../kinds.ts'
import type { Kubernetes, Stored } from '../kubernetes.ts'
import type { Declared } from '../platform.ts'
import { asMade, deploymentsLeftOf, deploymentsOf } from './made.ts'
import { servedAnnotation } from './objects.ts'

export async function describe(kube: Kubernetes, app: AppRef): Promise<Declared> {
  const found = await kube.get(kinds.App, app.namespace, app.name)
  const deployments = await (found ? deploymentsOf : deploymentsLeftOf)(kube, app)
  const kept = servedBefore(deployments)
  return {
    ...declared(found),
    revisions: deployments.map((deployment) => asMade(app, deployment)),
    ...(kept.length > 0 && { kept }),
  }
}

/** The latest first. */
function servedBefore(deployments: readonly Stored<Deployment>[]): readonly string[] {
  const until = ({ metadata }: Deployment) => metadata.annotations?.[servedAnnotation] ?? ''
  return deployments
    .filter((deployment) => until(deployment) !== '')
    .sort((a, b) => until(b).localeCompare(until(a)))
    .map(({ metadata }) => metadata.name)
}

// The API server has checked these against the CRD; what another version wrote is taken as nothing.
const Source = z.object({ repository: z.string().min(1), branch: z.string().min(1) })
const Spec = z.object({
  source: Source.optional().catch(undefined),
  onDelete: z.enum(['keep', 'retire']).optional().catch(undefined),
  policy: z.unknown().optional(),
})

/** Without a source too when the App has none of its own: it is released from elsewhere. */
function declared(found: Stored<Custom> | undefined): Pick<Declared, 'source' | 'policy' | 'onDelete'> {
  if (!found) return { source: undefined }
  const { source, onDelete, policy } = Spec.parse(found.spec ?? {})
  return {
    source: found.metadata.deletionTimestamp ? undefined : source,
    ...(policy !== undefined && { policy: readPolicy(policy) }),
    ...(onDelete && { onDelete }),
  }
}
