// Traefik as the cluster's gateway: it serves on the machine's loopback and shows there what it serves.
import { addresses, images } from '../addresses.ts'
import type { KubernetesObject } from './kubectl.ts'

const namespace = 'slipway-gateway'
const name = 'traefik'
const metadata = { name, namespace, labels: { app: name } }
const rbac = 'rbac.authorization.k8s.io'
const web = new URL(addresses.app)
const own = new URL(addresses.gateway)

export function gateway(): KubernetesObject[] {
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    { apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata: { name: 'slipway-local:traefik' }, rules },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name: 'slipway-local:traefik' },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'slipway-local:traefik' },
      subjects: [{ kind: 'ServiceAccount', name, namespace }],
    },
    { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: deployment },
    {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'GatewayClass',
      metadata: { name },
      spec: { controllerName: 'traefik.io/gateway-controller' },
    },
    {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'Gateway',
      metadata: { name: 'slipway', namespace },
      spec: { gatewayClassName: name, listeners: [listener] },
    },
  ] as KubernetesObject[]
}

/** Traefik finds the entry point for a listener by its port. */
const listener = {
  name: 'http',
  port: Number(web.port),
  protocol: 'HTTP',
  allowedRoutes: { namespaces: { from: 'All' } },
}

const rules = [
  {
    apiGroups: [''],
    resources: ['namespaces', 'services', 'secrets', 'configmaps'],
    verbs: ['get', 'list', 'watch'],
  },
  { apiGroups: [''], resources: ['nodes', 'pods'], verbs: ['get', 'list', 'watch'] },
  { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['get', 'list', 'watch'] },
  { apiGroups: ['gateway.networking.k8s.io'], resources: ['*'], verbs: ['get', 'list', 'watch'] },
  {
    apiGroups: ['gateway.networking.k8s.io'],
    resources: [
      'gatewayclasses/status',
      'gateways/status',
      'httproutes/status',
      'grpcroutes/status',
      'backendtlspolicies/status',
    ],
    verbs: ['update', 'patch'],
  },
]

/** The bounds hold the objectives that releases are judged by, so that no bucket has to be guessed at. */
const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

const args = [
  '--global.checknewversion=false',
  '--global.sendanonymoususage=false',
  '--log.level=INFO',
  `--entrypoints.web.address=${web.host}`,
  `--entrypoints.traefik.address=${own.host}`,
  '--api.insecure=true', // Loopback only: this is where the weights that are really served are read back.
  '--ping=true',
  '--providers.kubernetesgateway=true',
  '--providers.providersthrottleduration=50ms',
  '--metrics.prometheus=true',
  '--metrics.prometheus.addserviceslabels=true',
  '--metrics.prometheus.addrouterslabels=true',
  '--metrics.prometheus.addentrypointslabels=true',
  `--metrics.prometheus.buckets=${buckets.join(',')}`,
]

const deployment = {
  replicas: 1,
  strategy: { type: 'Recreate' }, // Two cannot share the machine's ports.
  selector: { matchLabels: { app: name } },
  template: {
    metadata: { labels: { app: name } },
    spec: {
      serviceAccountName: name,
      hostNetwork: true,
      priorityClassName: 'system-cluster-critical',
      containers: [
        {
          name,
          image: images.traefik,
          args,
          readinessProbe: {
            httpGet: { host: own.hostname, path: '/ping', port: Number(own.port) },
            periodSeconds: 2,
          },
          livenessProbe: {
            httpGet: { host: own.hostname, path: '/ping', port: Number(own.port) },
            periodSeconds: 10,
          },
          resources: { requests: { cpu: '250m', memory: '64Mi' }, limits: { memory: '512Mi' } },
        },
      ],
    },
  },
}
