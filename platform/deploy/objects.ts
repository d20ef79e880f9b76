// A revision as Kubernetes objects: one Deployment and one Service, both named by what they are. Pure: no client in sight.
import type { AppRef } from '../../domain/app.ts'
import { canonicalJson } from '../../domain/canonical-json.ts'
import { hashVersion, imageReference, type Revision, servicePort } from '../../domain/revision.ts'
import type { Deployment, Service } from '../kinds.ts'
import type { Named } from '../kubernetes.ts'

/** Everything that is Slipway's and belongs to the App. */
export const appLabels = (app: AppRef) => ({
  'app.kubernetes.io/managed-by': 'slipway',
  'slipway.dev/app': app.name,
})
export const revisionLabel = 'slipway.dev/revision'
export const releaseLabel = 'slipway.dev/release'
/** What the revision was made of, from which it is known again. */
export const specAnnotation = 'slipway.dev/spec'

export interface RevisionObjects {
  readonly service: Named<Service>
  readonly deployment: Named<Deployment>
}

export function revisionObjects(revision: Revision): RevisionObjects {
  const { app, name, release, sha, image, run } = revision
  const labels = { ...appLabels(app), [revisionLabel]: name, 'slipway.dev/commit': sha }
  const metadata = {
    name,
    namespace: app.namespace,
    labels: { ...labels, [releaseLabel]: release },
    annotations: { [specAnnotation]: canonicalJson({ image, run }), 'slipway.dev/hash-version': hashVersion },
  }
  const selector = { [revisionLabel]: name }
  return {
    service: {
      metadata,
      spec: {
        type: 'ClusterIP',
        selector,
        ports: [{ name: 'http', port: servicePort, targetPort: run.port, protocol: 'TCP' }],
      },
    },
    deployment: {
      metadata,
      spec: {
        replicas: run.replicas,
        selector: { matchLabels: selector },
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
        // A revision never rolls, so it has no history; going back is moving weight.
        revisionHistoryLimit: 0,
        progressDeadlineSeconds: 300,
        template: { metadata: { labels }, spec: podSpec(revision) },
      },
    },
  }
}

function podSpec({ image, run }: Revision) {
  return {
    // The app gets no identity in the cluster and no list of its neighbours unless it asks for them.
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    // Longer than the pause before the end and the requests that are under way then.
    terminationGracePeriodSeconds: 35,
    securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
    containers: [
      {
        name: 'app',
        image: imageReference(image),
        imagePullPolicy: 'IfNotPresent',
        ports: [{ name: 'http', containerPort: run.port, protocol: 'TCP' }],
        env: Object.entries(run.env)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([name, value]) => ({ name, value })),
        resources: {
          requests: { cpu: run.resources.cpu, memory: run.resources.memory },
          // No limit for the processor: throttling would show as latency that the commit did not cause.
          limits: { memory: run.resources.memory },
        },
        readinessProbe: {
          httpGet: { path: run.health, port: run.port },
          periodSeconds: 2,
          timeoutSeconds: 2,
          failureThreshold: 3,
        },
        // Gateways hear a moment later that the pod goes: until then it still answers.
        lifecycle: { preStop: { sleep: { seconds: 5 } } },
        // Not runAsNonRoot: an image may say nothing of its user, and then the kubelet would refuse to start it.
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
      },
    ],
  }
}
