// What the machine's own accounts may do: the API server on the node, Prometheus in finding pods.
import { readFileSync } from 'node:fs'
import { secretFiles } from '../paths.ts'
import type { KubernetesObject } from './kubectl.ts'

const rbac = 'rbac.authorization.k8s.io'

export function access(): KubernetesObject[] {
  return [
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRole',
      metadata: { name: 'slipway-local:prometheus' },
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] }],
    } as KubernetesObject,
    binding('slipway-local:prometheus', 'slipway-local:prometheus', 'slipway-prometheus'),
    binding('slipway-local:api-server', 'system:kubelet-api-admin', 'slipway-api-server'),
  ]
}

/** Builds fetch the commit from the git remote: with the token that can only read. */
export function gitAccess(token = readFileSync(secretFiles.gitFetch, 'utf8').trim()): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'slipway-git', namespace: 'slipway-builds' },
    data: { token: Buffer.from(token).toString('base64') },
  } as KubernetesObject
}

/** Who looks at the page about releases here: a token for it is `kubectl create token visitor`. */
export function visitor(): KubernetesObject[] {
  const metadata = { name: visitorName, namespace: 'default' }
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'slipway-viewer' },
      subjects: [{ kind: 'ServiceAccount', ...metadata }],
    } as KubernetesObject,
  ]
}

export const visitorName = 'visitor'

function binding(name: string, role: string, user: string): KubernetesObject {
  return {
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name },
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: role },
    subjects: [{ kind: 'User', apiGroup: rbac, name: user }],
  } as KubernetesObject
}
