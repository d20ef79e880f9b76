// Makes a revision exist.
import { PermanentFailure } from '../../domain/failure.ts'
import type { Revision } from '../../domain/revision.ts'
import { type Deployment, kinds } from '../kinds.ts'
import type { Kubernetes } from '../kubernetes.ts'
import { makeCopiesOf } from './config.ts'
import { isMadeOf } from './made.ts'
import { revisionObjects } from './objects.ts'

/**
 * What exists is left as it is, even when this version of Slipway would write it differently: a revision's pods never
 * change. The Service comes first, so that a Deployment is never without one; it remembers the copies too, so that none is
 * left over when the Deployment never comes.
 */
export async function create(kube: Kubernetes, revision: Revision, pods?: number): Promise<void> {
  const { namespace } = revision.app
  const { service, deployment, autoscaler } = revisionObjects(revision, pods)
  const existing = await kube.get(kinds.Deployment, namespace, revision.name)
  if (existing) refuseAnother(existing, revision)
  if (!(await kube.get(kinds.Service, namespace, revision.name))) await kube.apply(kinds.Service, service)
  await makeCopiesOf(kube, revision)
  if (!existing) await kube.apply(kinds.Deployment, deployment)
  // One that was stopped has no autoscaler, and gets one when it is scaled.
  if (autoscaler && existing?.spec.replicas !== 0)
    await kube.create(kinds.HorizontalPodAutoscaler, autoscaler)
}

function refuseAnother(existing: Deployment, revision: Revision): void {
  const where = `deployment ${revision.app.namespace}/${revision.name}`
  if (existing.metadata.deletionTimestamp)
    throw new Error(`cannot create ${where}: it is still being removed`)
  if (isMadeOf(existing, revision)) return
  throw new PermanentFailure(
    'Invalid',
    `cannot create ${where}: one of that name exists that was made of something else; remove it or push another commit`,
  )
}
