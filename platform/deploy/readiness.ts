// How many of a revision's pods can take traffic, and whether there is hope for the rest.

import type { AppRef } from '../../domain/app.ts'
import { fewest } from '../../domain/capacity.ts'
import type { Revision } from '../../domain/revision.ts'
import { kinds, type Pod } from '../kinds.ts'
import type { Kubernetes } from '../kubernetes.ts'
import { hopeless } from './failure.ts'
import { revisionLabel } from './objects.ts'

export interface Readiness {
  readonly ready: number
  /** How many it is to have now. */
  readonly wanted: number
  /** Why they cannot become ready. */
  readonly failure?: string
}

export async function readiness(kube: Kubernetes, revision: Revision, now: number): Promise<Readiness> {
  const { app, name, run } = revision
  const deployment = await kube.get(kinds.Deployment, app.namespace, name)
  if (!deployment) return { ready: 0, wanted: fewest(run) }
  const wanted = deployment.spec.replicas ?? 1
  const ready = Math.min(deployment.status?.readyReplicas ?? 0, await endpoints(kube, revision))
  if (ready >= wanted) return { ready, wanted }
  const failure = hopeless(deployment, await podsOf(kube, app, name), now)
  return { ready, wanted, ...(failure ? { failure } : {}) }
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

export const podsOf = (kube: Kubernetes, { namespace }: AppRef, revision: string): Promise<readonly Pod[]> =>
  kube.list(kinds.Pod, namespace, { labels: { [revisionLabel]: revision } })
