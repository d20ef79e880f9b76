// What the machine's own accounts may do: the API server on the node, Prometheus in finding pods.
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

function binding(name: string, role: string, user: string): KubernetesObject {
  return {
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name },
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: role },
    subjects: [{ kind: 'User', apiGroup: rbac, name: user }],
  } as KubernetesObject
}
