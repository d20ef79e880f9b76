// Makes revisions again what they were made as, when another has changed their pods or where their Service sends.
import { type AppRef, appKey } from '../../domain/app.ts'
import { type Deployment, kinds, type Resource, type Service } from '../kinds.ts'
import type { Kubernetes, Stored } from '../kubernetes.ts'
import { ownObjects } from '../own-objects.ts'
import type { Repair } from '../platform.ts'
import { asMade } from './made.ts'
import { ourLabels, type RevisionObjects, revisionLabel, revisionObjects } from './objects.ts'

/**
 * One read of each kind for each namespace. How many pods there are is not looked at: a release, an autoscaler or a person who
 * helps out may have set it. What others put beside what is ours stays.
 */
export async function repairRevisions(kube: Kubernetes, apps: readonly AppRef[]): Promise<readonly Repair[]> {
  const known = new Set(apps.map(appKey))
  const repairs: Repair[] = []
  for (const namespace of new Set(apps.map((app) => app.namespace))) {
    const [deployments, services] = await Promise.all([
      ownObjects(kube, kinds.Deployment, namespace, ourLabels),
      ownObjects(kube, kinds.Service, namespace, ourLabels),
    ])
    for (const there of deployments) {
      const app = appOf(there)
      if (known.has(appKey(app))) repairs.push(...(await repaired(kube, app, there, services)))
    }
  }
  return repairs
}

const appOf = ({ metadata: { namespace, labels = {} } }: Resource): AppRef => ({
  namespace,
  name: labels['slipway.dev/app'] ?? '',
})

async function repaired(
  kube: Kubernetes,
  app: AppRef,
  there: Stored<Deployment>,
  services: readonly Stored<Service>[],
): Promise<readonly Repair[]> {
  const objects = asWritten(app, there)
  if (!objects || there.metadata.deletionTimestamp) return []
  const { name } = there.metadata
  const service = services.find(({ metadata }) => metadata.labels?.[revisionLabel] === name)
  const repairs: Repair[] = []
  const template = changedBy(
    there,
    ['f:spec', 'f:template'],
    there.spec.template,
    objects.deployment.spec.template,
  )
  if (template && (await putBack(kube, there, objects))) {
    repairs.push({ app, what: `the pods of Deployment ${name}`, manager: template })
  }
  const target = service && changedBy(service, ['f:spec'], service.spec, objects.service.spec)
  if (target && isNewer(await kube.apply(kinds.Service, objects.service), service)) {
    repairs.push({ app, what: `where Service ${name} sends`, manager: target })
  }
  return repairs
}

/** Undefined when it does not say what it was made of: then nobody can know. */
function asWritten(app: AppRef, there: Stored<Deployment>): RevisionObjects | undefined {
  try {
    return revisionObjects(asMade(app, there), there.spec.replicas)
  } catch {
    return undefined
  }
}

/** The number of pods is sent as it is: what an apply leaves out, it would take away. */
async function putBack(kube: Kubernetes, there: Stored<Deployment>, { deployment }: RevisionObjects) {
  const { replicas = 1 } = there.spec
  const after = await kube.apply(kinds.Deployment, {
    ...deployment,
    spec: { ...deployment.spec, replicas },
  })
  return isNewer(after, there)
}

/** The API server writes nothing when nothing differs. */
const isNewer = (after: Resource, before: Resource): boolean =>
  after.metadata.resourceVersion !== before.metadata.resourceVersion

interface Managed {
  readonly manager?: string
  readonly subresource?: string
  readonly fieldsV1?: unknown
}

/**
 * The other manager that wrote below this path, when something of ours is not as we wrote it. A newer Slipway may write a revision
 * otherwise than the one that made it: without another's hand that is no change.
 */
export function changedBy(
  there: Resource,
  path: readonly string[],
  is: unknown,
  wanted: unknown,
): string | undefined {
  const { managedFields = [] } = there.metadata as { managedFields?: readonly Managed[] }
  const below = ({ fieldsV1 }: Managed) =>
    path.reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], fieldsV1)
  const other = managedFields.find(
    (one) => one.manager !== 'slipway' && !one.subresource && below(one) !== undefined,
  )
  return other && !holds(is, wanted) ? (other.manager ?? 'somebody') : undefined
}

/** Whether all that is wanted is there; what is there besides is another's, or the API server's own default. */
function holds(is: unknown, wanted: unknown): boolean {
  if (wanted === undefined) return true
  if (Array.isArray(wanted)) {
    return Array.isArray(is) && wanted.every((one) => is.some((there) => holds(there, one)))
  }
  if (wanted === null || typeof wanted !== 'object') return is === wanted
  if (is === null || typeof is !== 'object') return Object.keys(wanted).length === 0
  return Object.entries(wanted).every(([key, value]) => holds((is as Record<string, unknown>)[key], value))
}
