// Where each part answers: loopback for people, the bridge for pods, nothing else.
import { versions } from './versions.ts'

export const network = {
  bridge: 'slipway0',
  node: 'slipway',
  host: '10.244.0.1',
  prefix: 24,
  pods: '10.244.0.0/24',
  firstPod: '10.244.0.10',
  services: '10.96.0.0/16',
  apiService: '10.96.0.1',
  dns: '10.96.0.10',
} as const

export const registry = `${network.host}:5000`

export const images = {
  node: `${registry}/slipway/debian-node:${versions.nodeImage}`,
  buildkit: `${registry}/slipway/buildkit:${versions.buildkit}`,
  traefik: `${registry}/slipway/traefik:${versions.traefik}`,
  coredns: `${registry}/slipway/coredns:${versions.coredns}`,
  pause: `${registry}/slipway/pause:${versions.pause}`,
} as const

export const addresses = {
  app: 'http://127.0.0.1:8080',
  gateway: 'http://127.0.0.1:8081',
  api: 'http://127.0.0.1:8090',
  git: `http://${network.host}:8090/git`,
  gitLocal: 'http://127.0.0.1:8090/git',
  /** A GitHub to try things with: by the address that builds see too, and the one for people. */
  github: `http://${network.host}:8095`,
  githubLocal: 'http://127.0.0.1:8095',
  worker: 'http://127.0.0.1:8091',
  workerTelemetry: 'http://127.0.0.1:8092',
  registry: `http://${registry}`,
  prometheus: 'http://127.0.0.1:9090',
  temporal: '127.0.0.1:7233',
  temporalUi: 'http://127.0.0.1:8233',
  temporalMetrics: 'http://127.0.0.1:8234',
  kubernetes: `https://${network.host}:6443`,
} as const

/** Where a part shows that it serves; the rest is known by its process alone. */
export const health = {
  temporal: 'http://127.0.0.1:8233/api/v1/namespaces/default',
  'kube-apiserver': `${addresses.kubernetes}/readyz`,
  'kube-controller-manager': 'https://127.0.0.1:10257/healthz',
  'kube-scheduler': 'https://127.0.0.1:10259/healthz',
  'kube-proxy': 'http://127.0.0.1:10256/healthz',
  kubelet: 'http://127.0.0.1:10248/healthz',
  registry: `${addresses.registry}/v2/`,
  prometheus: `${addresses.prometheus}/-/ready`,
  gateway: `${addresses.gateway}/ping`,
  worker: `${addresses.worker}/readyz`,
  api: `${addresses.api}/readyz`,
} as const

/** Who listens where: looked at before anything is started, so that a taken port is told at once. */
export const ports: Readonly<Record<string, readonly (readonly [host: string, port: number])[]>> = {
  etcd: [
    ['127.0.0.1', 2379],
    ['127.0.0.1', 2380],
  ],
  'kube-apiserver': [[network.host, 6443]],
  'kube-controller-manager': [['127.0.0.1', 10257]],
  'kube-scheduler': [['127.0.0.1', 10259]],
  kubelet: [
    [network.host, 10250],
    ['127.0.0.1', 10248],
  ],
  'kube-proxy': [
    ['127.0.0.1', 10249],
    ['127.0.0.1', 10256],
  ],
  registry: [[network.host, 5000]],
  prometheus: [['127.0.0.1', 9090]],
  temporal: [
    ['127.0.0.1', 7233],
    ['127.0.0.1', 8233],
    ['127.0.0.1', 8234],
  ],
  github: [
    ['127.0.0.1', 8095],
    [network.host, 8095],
  ],
  worker: [
    ['127.0.0.1', 8091],
    ['127.0.0.1', 8092],
  ],
  api: [
    ['127.0.0.1', 8090],
    [network.host, 8090],
  ],
}

/** The gateway's, which a pod listens on. */
export const gatewayPorts = [
  ['127.0.0.1', 8080],
  ['127.0.0.1', 8081],
] as const
