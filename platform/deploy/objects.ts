// A revision as Kubernetes objects: a Deployment, a Service and perhaps an autoscaler, all named by what they are. Pure: no client in sight.
import type { AppRef } from '../../domain/app.ts'
import { canonicalJson } from '../../domain/canonical-json.ts'
import { fewest } from '../../domain/capacity.ts'
import { hashVersion, type Revision, servicePort } from '../../domain/revision.ts'
import type { Autoscaler, Deployment, Service } from '../kinds.ts'
import type { Named } from '../kubernetes.ts'
import { podSpec } from './pod.ts'

/** Everything that is Slipway's. */
export const ourLabels = { 'app.kubernetes.io/managed-by': 'slipway' }
/** And belongs to the App. */
export const appLabels = (app: AppRef) => ({ ...ourLabels, 'slipway.dev/app': app.name })
export const revisionLabel = 'slipway.dev/revision'
export const releaseLabel = 'slipway.dev/release'
/** What the revision was made of, from which it is known again: names of its configuration, never content. */
export const specAnnotation = 'slipway.dev/spec'
/** Until when the revision held all traffic; on those that were kept to return to. */
export const servedAnnotation = 'slipway.dev/served'

export interface RevisionObjects {
  readonly service: Named<Service>
  readonly deployment: Named<Deployment>
  readonly autoscaler?: Named<Autoscaler>
}

/** `pods`: how many it begins with. */
export function revisionObjects(revision: Revision, pods = fewest(revision.run)): RevisionObjects {
  const { app, name, sha, run } = revision
  const labels = { ...appLabels(app), [revisionLabel]: name, 'slipway.dev/commit': sha }
  const metadata = metadataOf(revision)
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
        replicas: pods,
        selector: { matchLabels: selector },
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
        // A revision never rolls, so it has no history; going back is moving weight.
        revisionHistoryLimit: 0,
        progressDeadlineSeconds: 300,
        template: { metadata: { labels }, spec: podSpec(revision) },
      },
    },
    ...(run.autoscale && { autoscaler: autoscalerObject(revision, run.autoscale, pods) }),
  }
}

function metadataOf({ app, name, release, sha, image, run, config }: Revision) {
  return {
    name,
    namespace: app.namespace,
    labels: {
      ...appLabels(app),
      [revisionLabel]: name,
      'slipway.dev/commit': sha,
      [releaseLabel]: release,
    },
    annotations: {
      [specAnnotation]: canonicalJson({ image, run, config }),
      'slipway.dev/hash-version': hashVersion,
    },
  }
}

/** It keeps at least `least` pods, though the file may declare fewer or more: a share of the load needs what it needs. */
function autoscalerObject(
  revision: Revision,
  { max, cpu }: NonNullable<Revision['run']['autoscale']>,
  least: number,
): Named<Autoscaler> {
  return {
    metadata: metadataOf(revision),
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: revision.name },
      minReplicas: Math.min(Math.max(least, 1), max),
      maxReplicas: max,
      metrics: [
        {
          type: 'Resource',
          resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: cpu } },
        },
      ],
    },
  }
}
