// An App's HTTPRoute: made from what is to be served and from what others have put on it. Pure: no client in sight.
import type { AppRef } from '../../domain/app.ts'
import { servicePort } from '../../domain/revision.ts'
import { formatEpoch, parseEpoch, type RouteState } from '../../domain/route.ts'
import type { BackendRef, HttpRoute, Metadata, RouteRule } from '../kinds.ts'
import type { RouteWrite } from '../platform.ts'

export interface GatewayRef {
  readonly namespace: string
  readonly name: string
}

const managedBy = 'app.kubernetes.io/managed-by'
const epochAnnotation = 'slipway.dev/epoch'
const stableAnnotation = 'slipway.dev/stable'

/** The route that serves `write`; whatever others put on the route that is there stays. */
export function httpRoute(write: RouteWrite, gateway: GatewayRef, there?: HttpRoute): HttpRoute {
  const { app, hosts, epoch, stable } = write
  const { hostnames: _, ...others } = there?.spec ?? {}
  return {
    ...there,
    metadata: {
      ...there?.metadata,
      name: app.name,
      namespace: app.namespace,
      labels: { ...there?.metadata.labels, [managedBy]: 'slipway', 'slipway.dev/app': app.name },
      annotations: {
        ...there?.metadata.annotations,
        [epochAnnotation]: formatEpoch(epoch),
        [stableAnnotation]: stable,
      },
    },
    spec: {
      ...others,
      // No hosts means every host that the gateway's listener accepts.
      ...(hosts.length > 0 ? { hostnames: hosts } : {}),
      parentRefs: parents(gateway, there?.spec.parentRefs ?? []),
      rules: rules(write, there?.spec.rules ?? []),
    },
  }
}

/** What the route says; undefined when it does not carry Slipway's annotations. */
export function routeState(route: HttpRoute): RouteState | undefined {
  const annotations = route.metadata.annotations ?? {}
  const epoch = parseEpoch(annotations[epochAnnotation])
  const stable = annotations[stableAnnotation]
  if (!epoch || stable === undefined) return undefined
  const { rules = [], hostnames: hosts = [] } = route.spec
  const backends = rules[ours(route.metadata, rules)]?.backendRefs ?? []
  return {
    hosts,
    epoch,
    stable,
    weights: backends.map(({ name, weight = 1 }) => ({ revision: name, weight })),
  }
}

/** Whether Slipway may write it: it made it, or someone handed it over by the label. */
export const isOurs = (route: HttpRoute): boolean => route.metadata.labels?.[managedBy] === 'slipway'

function parents(gateway: GatewayRef, there: readonly Readonly<Record<string, unknown>>[]) {
  const known = there.some(({ name, namespace }) => name === gateway.name && namespace === gateway.namespace)
  if (known) return there
  return [...there, { group: 'gateway.networking.k8s.io', kind: 'Gateway', ...gateway }]
}

/** The rule that holds the revisions gets the new shares; other rules, and what else is on this one, stay. */
function rules(write: RouteWrite, there: readonly RouteRule[]): readonly RouteRule[] {
  if (there.length === 0) {
    return [{ matches: [{ path: { type: 'PathPrefix', value: '/' } }], backendRefs: backends(write, []) }]
  }
  const mine = ours(write.app, there)
  return there.map((rule, index) =>
    index === mine ? { ...rule, backendRefs: backends(write, rule.backendRefs ?? []) } : rule,
  )
}

/** Which rule holds the revisions: the one that names some, else the first. */
function ours({ name }: AppRef | Metadata, rules: readonly RouteRule[]): number {
  const revision = /^(.+)-[0-9a-f]{7}-[0-9a-f]{4}$/
  const names = (rule: RouteRule) => rule.backendRefs?.some((one) => revision.exec(one.name)?.[1] === name)
  return Math.max(0, rules.findIndex(names))
}

function backends({ weights }: RouteWrite, there: readonly BackendRef[]): readonly BackendRef[] {
  return weights.map(({ revision, weight }) => ({
    ...there.find(({ name }) => name === revision),
    group: '',
    kind: 'Service',
    name: revision,
    port: servicePort,
    weight,
  }))
}
