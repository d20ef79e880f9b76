// What a revision's pods are like. Pure: no client in sight.
import type { ConfigCopy } from '../../domain/config.ts'
import { imageReference, type Revision } from '../../domain/revision.ts'

export function podSpec(revision: Revision) {
  const volumes = volumesOf(revision)
  return {
    // The app gets no identity in the cluster and no list of its neighbours unless it asks for them.
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    // Longer than the pause before the end and the requests that are under way then.
    terminationGracePeriodSeconds: 35,
    securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
    ...(volumes.length > 0 && { volumes: volumes.map(({ volume }) => volume) }),
    containers: [container(revision, volumes)],
  }
}

function container({ image, run, config = [] }: Revision, volumes: readonly MountedVolume[]) {
  const envFrom = config.filter(({ mount }) => mount === undefined).map(asVariables)
  return {
    name: 'app',
    image: imageReference(image),
    imagePullPolicy: 'IfNotPresent',
    ports: [{ name: 'http', containerPort: run.port, protocol: 'TCP' }],
    ...(envFrom.length > 0 && { envFrom }),
    env: Object.entries(run.env)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => ({ name, value })),
    ...(volumes.length > 0 && { volumeMounts: volumes.map(({ mount }) => mount) }),
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
  }
}

const asVariables = ({ kind, copy }: ConfigCopy) =>
  kind === 'Secret' ? { secretRef: { name: copy } } : { configMapRef: { name: copy } }

interface MountedVolume {
  readonly volume: Readonly<Record<string, unknown>>
  readonly mount: { readonly name: string; readonly mountPath: string; readonly readOnly: true }
}

/** Volumes are numbered: a copy's name may be longer than a volume's. */
const volumesOf = ({ config = [] }: Revision): readonly MountedVolume[] =>
  config.flatMap(({ kind, copy, mount }, i) => {
    if (mount === undefined) return []
    const name = `config-${i}`
    const from = kind === 'Secret' ? { secret: { secretName: copy } } : { configMap: { name: copy } }
    return [{ volume: { name, ...from }, mount: { name, mountPath: mount, readOnly: true } }]
  })
