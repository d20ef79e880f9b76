// CoreDNS in the cluster: pods find Services by name, and the world by the machine's own resolver.
import { Resolver } from 'node:dns/promises'
import { readFileSync } from 'node:fs'
import { images, network } from '../addresses.ts'
import { resolverFile } from '../parts/node.ts'
import type { KubernetesObject } from './kubectl.ts'

const name = 'coredns'
const metadata = { name, namespace: 'kube-system', labels: { app: name } }

export function dns(resolver = readFileSync(resolverFile(), 'utf8')): KubernetesObject[] {
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { Corefile: corefile(resolver) } },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'slipway-local:coredns' },
      rules: [
        {
          apiGroups: [''],
          resources: ['services', 'namespaces', 'pods', 'endpoints'],
          verbs: ['list', 'watch'],
        },
        { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
      ],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'slipway-local:coredns' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'slipway-local:coredns' },
      subjects: [{ kind: 'ServiceAccount', name, namespace: 'kube-system' }],
    },
    { apiVersion: 'v1', kind: 'Service', metadata, spec: service },
    { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: deployment },
  ] as KubernetesObject[]
}

/** The rollout's word can be old: what counts is that a name is answered. */
export async function unresolved(): Promise<string | undefined> {
  const resolver = new Resolver({ timeout: 1_000, tries: 1 })
  resolver.setServers([network.dns])
  const found = await resolver.resolve4('kubernetes.default.svc.cluster.local')
  return found.includes(network.apiService) ? undefined : `CoreDNS answered ${found.join(', ')}`
}

/** Names outside the cluster are asked of the machine's resolver, when it has one that a pod can reach. */
export function corefile(resolver: string): string {
  const servers = [...resolver.matchAll(/^nameserver\s+(\S+)/gm)].map((match) => match[1] ?? '')
  const reachable = servers.filter((server) => !/^127\.|^::1$/.test(server))
  return `.:53 {
  errors
  health :8080
  ready :8181
  kubernetes cluster.local in-addr.arpa {
    ttl 5
  }
${reachable.length === 0 ? '' : '  forward . /etc/resolv.conf\n'}  cache 5
}
`
}

const service = {
  clusterIP: network.dns,
  selector: { app: name },
  ports: [
    { name: 'dns', port: 53, protocol: 'UDP' },
    { name: 'dns-tcp', port: 53, protocol: 'TCP' },
  ],
}

const deployment = {
  replicas: 1,
  selector: { matchLabels: { app: name } },
  template: {
    metadata: { labels: { app: name } },
    spec: {
      serviceAccountName: name,
      dnsPolicy: 'Default',
      priorityClassName: 'system-cluster-critical',
      containers: [
        {
          name,
          image: images.coredns,
          command: ['/coredns', '-conf', '/etc/coredns/Corefile'],
          volumeMounts: [{ name: 'config', mountPath: '/etc/coredns' }],
          readinessProbe: { httpGet: { path: '/ready', port: 8181 }, periodSeconds: 2 },
          livenessProbe: { httpGet: { path: '/health', port: 8080 }, periodSeconds: 10 },
          resources: { requests: { cpu: '20m', memory: '64Mi' }, limits: { memory: '256Mi' } },
        },
      ],
      volumes: [{ name: 'config', configMap: { name } }],
    },
  },
}
