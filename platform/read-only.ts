// A client that cannot write: what only tells of the cluster is built on it, and keeps its promise whatever it calls.
import type { Kubernetes } from './kubernetes.ts'

export function readOnly(kube: Kubernetes): Kubernetes {
  const refuse = async (): Promise<never> => {
    throw new Error('this client only reads: a write was asked of it')
  }
  return { ...kube, apply: refuse, create: refuse, replace: refuse, remove: refuse }
}
