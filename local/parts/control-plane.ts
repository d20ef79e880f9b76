// The cluster's brain: etcd, the API server, the controllers and the scheduler.
import { join } from 'node:path'
import { health, network } from '../addresses.ts'
import { authority, serviceAccountKey } from '../certificates.ts'
import { certificateOf, kubeconfigOf, paths } from '../paths.ts'
import type { DebianTools } from '../tools/debian.ts'
import type { KubernetesTools } from '../tools/golang.ts'
import { notAnswering } from './answers.ts'
import type { Part } from './part.ts'

const etcdUrl = 'https://127.0.0.1:2379'
const etcdPeers = 'http://127.0.0.1:2380'
const auditPolicy = join(paths.config, 'audit-policy.json')

export function etcd(tools: DebianTools): Part {
  const { cert, key } = certificateOf('etcd')
  return {
    name: 'etcd',
    title: 'etcd',
    command: [
      tools.etcd,
      `--data-dir=${join(paths.state, 'etcd')}`,
      `--listen-client-urls=${etcdUrl}`,
      `--advertise-client-urls=${etcdUrl}`,
      `--listen-peer-urls=${etcdPeers}`,
      `--initial-advertise-peer-urls=${etcdPeers}`,
      `--initial-cluster=default=${etcdPeers}`,
      '--client-cert-auth',
      `--trusted-ca-file=${authority.cert}`,
      `--cert-file=${cert}`,
      `--key-file=${key}`,
      '--auto-compaction-mode=periodic',
      '--auto-compaction-retention=10m',
      '--log-level=warn',
    ],
    env: process.arch === 'arm64' ? { ETCD_UNSUPPORTED_ARCH: 'arm64' } : {},
    missing: () => notAnswering(`${etcdUrl}/health`, 'api-server-to-etcd'),
  }
}

export function apiServer(tools: KubernetesTools): Part {
  const serving = certificateOf('api-server')
  const toEtcd = certificateOf('api-server-to-etcd')
  const toKubelet = certificateOf('api-server-to-kubelet')
  return {
    name: 'kube-apiserver',
    title: 'the Kubernetes API server',
    command: [
      tools['kube-apiserver'],
      `--bind-address=${network.host}`,
      `--advertise-address=${network.host}`,
      '--secure-port=6443',
      `--tls-cert-file=${serving.cert}`,
      `--tls-private-key-file=${serving.key}`,
      `--client-ca-file=${authority.cert}`,
      '--anonymous-auth=false',
      '--authorization-mode=Node,RBAC',
      '--enable-admission-plugins=NodeRestriction',
      '--allow-privileged=true', // Builds in this setup run BuildKit as root; the namespace's own rules say where.
      `--etcd-servers=${etcdUrl}`,
      `--etcd-cafile=${authority.cert}`,
      `--etcd-certfile=${toEtcd.cert}`,
      `--etcd-keyfile=${toEtcd.key}`,
      `--kubelet-certificate-authority=${authority.cert}`,
      `--kubelet-client-certificate=${toKubelet.cert}`,
      `--kubelet-client-key=${toKubelet.key}`,
      '--kubelet-preferred-address-types=InternalIP',
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${serviceAccountKey}`,
      `--service-account-signing-key-file=${serviceAccountKey}`,
      `--service-cluster-ip-range=${network.services}`,
      `--audit-policy-file=${auditPolicy}`,
      `--audit-log-path=${paths.auditLog}`,
      '--audit-log-maxsize=100',
      '--audit-log-maxbackup=2',
      '--feature-gates=SizeBasedListCostEstimate=false', // It asks more of etcd than Debian's answers.
      '--profiling=false',
    ],
    files: { [auditPolicy]: JSON.stringify(audited) },
    missing: () => notAnswering(health['kube-apiserver'], 'admin'),
  }
}

/** Slipway's own calls are written down, one line each: how many a release takes is counted there. */
const audited = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [
    {
      level: 'Metadata',
      users: [
        'system:serviceaccount:slipway-system:slipway-worker',
        'system:serviceaccount:slipway-system:slipway-api',
      ],
    },
    { level: 'None' },
  ],
}

export function controllerManager(tools: KubernetesTools): Part {
  return {
    name: 'kube-controller-manager',
    title: 'the Kubernetes controllers',
    command: [
      tools['kube-controller-manager'],
      `--kubeconfig=${kubeconfigOf('kube-controller-manager')}`,
      `--service-account-private-key-file=${serviceAccountKey}`,
      `--root-ca-file=${authority.cert}`,
      '--use-service-account-credentials=true',
      '--allocate-node-cidrs=false',
      '--leader-elect=false',
      '--bind-address=127.0.0.1',
      '--concurrent-deployment-syncs=5',
      '--profiling=false',
    ],
    missing: () => notAnswering(health['kube-controller-manager']),
  }
}

export function scheduler(tools: KubernetesTools): Part {
  return {
    name: 'kube-scheduler',
    title: 'the Kubernetes scheduler',
    command: [
      tools['kube-scheduler'],
      `--kubeconfig=${kubeconfigOf('kube-scheduler')}`,
      '--leader-elect=false',
      '--bind-address=127.0.0.1',
      '--profiling=false',
    ],
    missing: () => notAnswering(health['kube-scheduler']),
  }
}
