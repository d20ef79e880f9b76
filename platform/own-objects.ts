// What Slipway wrote in a namespace, as the sweep and the search for taken hosts read it: many namespaces, one after the other.
import { isForbidden } from '../domain/failure.ts'
import type { Kind, Resource } from './kinds.ts'
import type { Kubernetes, Stored } from './kubernetes.ts'

/**
 * Nothing where Slipway has no rights, as in a namespace that nobody bound it in, or one that is being deleted with its bindings:
 * what it cannot read it cannot serve, and one such namespace holds up no other. Its own Apps say what they lack when they are
 * looked at.
 */
export async function ownObjects<T extends Resource>(
  kube: Pick<Kubernetes, 'list'>,
  kind: Kind<T>,
  namespace: string,
  labels: Readonly<Record<string, string>>,
): Promise<readonly Stored<T>[]> {
  try {
    return await kube.list(kind, namespace, { labels })
  } catch (error) {
    if (isForbidden(error)) return []
    throw error
  }
}
