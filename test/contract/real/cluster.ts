// The local cluster as the real contract tests use it: a namespace of their own, an image whose fate they choose.
import { randomBytes } from 'node:crypto'
import { Agent, type OutgoingHttpHeaders, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { CoreV1Api, RbacAuthorizationV1Api } from '@kubernetes/client-node'
import { expect } from 'vitest'
import type { AppRef, AppSource } from '../../../domain/app.ts'
import type { Image, Revision } from '../../../domain/revision.ts'
import { addresses, images } from '../../../local/addresses.ts'
import { kubeconfigOf } from '../../../local/paths.ts'
import { readState } from '../../../local/state.ts'
import { kubernetesDeploy } from '../../../platform/deploy/kubernetes.ts'
import { kinds } from '../../../platform/kinds.ts'
import { type Kubernetes, kubernetes } from '../../../platform/kubernetes.ts'
import type { Deploy } from '../../../platform/platform.ts'
import { eventually } from '../eventually.ts'
import { aRevision, aRun } from '../fixtures.ts'
import { pushProgram } from './image.ts'

export const gateway = { namespace: 'slipway-gateway', name: 'slipway' }
const port = 8080

/**
 * Answers, with its pod's name, after as many milliseconds as `x-slow` says. What it answers, and whether it lives and is
 * ready, its environment says.
 */
const program = `
  const { CRASH, UNREADY, FAIL } = process.env
  const pod = require('node:os').hostname()
  if (CRASH) process.exit(3)
  process.on('SIGTERM', () => process.exit(0))
  require('node:http')
    .createServer((request, response) => {
      const bad = request.url === '/healthz' ? UNREADY : FAIL
      const slow = Number(request.headers['x-slow'] ?? 0)
      setTimeout(() => response.writeHead(bad ? 500 : 200, { 'x-pod': pod }).end('hello'), slow)
    })
    .listen(${port})
`

export interface Cluster {
  /** With the worker's rights. */
  readonly kube: Kubernetes
  /** With all rights: for what only people do. */
  readonly admin: Kubernetes
  readonly namespace: string
  readonly newApp: () => AppRef
  /** An App that the cluster declares, in the namespace that Slipway itself serves here, which looks at it too. */
  readonly declared: (source: AppSource) => Promise<AppRef>
  readonly close: () => Promise<void>
}

export async function cluster(): Promise<Cluster> {
  const admin = kubernetes({ kubeconfig: readState().kubeconfig })
  const core = admin.config.makeApiClient(CoreV1Api)
  const namespace = `contract-${randomBytes(3).toString('hex')}`
  await core.createNamespace({ body: { metadata: { name: namespace } } })
  await admin.config.makeApiClient(RbacAuthorizationV1Api).createNamespacedRoleBinding({
    namespace,
    body: {
      metadata: { name: 'slipway-worker' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'slipway-worker' },
      subjects: [{ kind: 'ServiceAccount', name: 'slipway-worker', namespace: 'slipway-system' }],
    },
  })
  let apps = 0
  return {
    // What the worker may do is all that the drivers need.
    kube: await mayWork(kubernetes({ kubeconfig: kubeconfigOf('slipway-worker') }), namespace),
    admin,
    namespace,
    newApp: () => {
      apps += 1
      return { namespace, name: `shop${apps}` }
    },
    declared: async (source) => {
      const app = { namespace: 'default', name: namespace }
      await admin.apply(kinds.App, { metadata: app, spec: { source } })
      return app
    },
    close: async () => {
      await admin.remove(kinds.App, 'default', namespace)
      await core.deleteNamespace({ name: namespace })
    },
  }
}

/** Rights that were just given are not known everywhere at once. */
async function mayWork(kube: Kubernetes, namespace: string): Promise<Kubernetes> {
  const list = async () => kube.list(kinds.Deployment, namespace).catch((refused: unknown) => refused)
  await eventually(list, (seen) => expect(seen).toEqual([]), { within: 10_000 })
  return kube
}

export interface ClusterWithPods extends Cluster {
  readonly deploy: Deploy
  readonly image: Image
  readonly newRevision: (app: AppRef, env?: Readonly<Record<string, string>>) => Revision
  /** Makes the revision and waits until its pods are ready. */
  readonly running: (revision: Revision) => Promise<Revision>
}

export async function clusterWithPods(): Promise<ClusterWithPods> {
  const image = await pushProgram(addresses.registry, images.node, 'contract/server', program)
  const here = await cluster()
  const deploy = kubernetesDeploy({ kube: here.kube })
  let revisions = 0
  return {
    ...here,
    deploy,
    image,
    newRevision: (app, env = {}) => {
      revisions += 1
      return aRevision(app, `${app.name}/${revisions}`, { image, run: aRun({ port, env: { ...env } }) })
    },
    running: async (revision) => {
      await deploy.create(revision)
      const isReady = (seen: object) => expect(seen).toMatchObject({ ready: revision.run.replicas })
      await eventually(() => deploy.readiness(revision), isReady, { within: 90_000, every: 500 })
      return revision
    },
  }
}

const agent = new Agent({ keepAlive: true, maxSockets: 4 })

/** One request through the gateway, as a visitor sends it; its status. */
export const visit = async (host: string): Promise<number> => (await ask({ host })).status

/** One request through the gateway: its status, and the pod that answered. */
export function ask(headers: OutgoingHttpHeaders): Promise<{ status: number; pod?: string }> {
  return new Promise((resolve, reject) => {
    const asked = request(`${addresses.app}/`, { agent, headers, timeout: 15_000 }, (answer) => {
      const { statusCode = 0, headers: said } = answer
      answer.resume()
      answer.on('end', () =>
        resolve({ status: statusCode, ...(said['x-pod'] && { pod: String(said['x-pod']) }) }),
      )
    })
    asked.on('timeout', () => asked.destroy(new Error('no answer within 15 s')))
    asked.on('error', reject)
    asked.end()
  })
}

export const wait = (milliseconds: number): Promise<void> => sleep(milliseconds)
