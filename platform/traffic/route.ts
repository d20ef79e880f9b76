// An App's HTTPRoute: made from what is to be served and from what others have put on it. Pure: no client in sight.
import type { AppRef } from '../../domain/app.ts'
import { servicePort } from '../../domain/revision.ts'
import type { Intent, RouteState, Weight } from '../../domain/route.ts'
import type { BackendRef, HttpRoute, Metadata, RouteRule } from '../kinds.ts'
import type { RouteWrite } from '../platform.ts'
import { driftOf } from './drift.ts'
import { annotated, told } from './intent.ts'

export interface GatewayRef {
  readonly namespace: string
  readonly name: string
}

export const managedBy = 'app.kubernetes.io/managed-by'
export const appLabel = 'slipway.dev/app'

/** The labels by which a route of this App is known as Slipway's. */
export const routeLabels = ({ name }: AppRef) => ({ [managedBy]: 'slipway', [appLabel]: name })

/** The route that serves `write`; whatever others put on the route that is there stays. Without a gateway it keeps its parents. */
export function httpRoute(write: RouteWrite, gateway: GatewayRef | undefined, there?: HttpRoute): HttpRoute {
  const { app, hosts } = write
  const { hostnames: _, ...others } = there?.spec ?? {}
  return {
    ...there,
    metadata: {
      ...there?.metadata,
      name: app.name,
      namespace: app.namespace,
      labels: { ...there?.metadata.labels, ...routeLabels(app) },
      annotations: annotated(write, there?.metadata.annotations),
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

/** What the route says, and whether another made it say so; undefined when it does not carry Slipway's annotations. */
export function routeState(route: HttpRoute): RouteState | undefined {
  const said = told(route.metadata)
  if (!said) return undefined
  const { intent, ...known } = said
  const { direct, preview } = intent ?? {}
  const is: Intent = {
    hosts: route.spec.hostnames ?? [],
    weights: weightsOf(route),
    ...(direct && { direct }),
    ...(preview && { preview }),
  }
  const drift = intent && driftOf(route, is, intent)
  return { ...known, ...is, ...(drift && { drift }) }
}

/** Whether Slipway may write it: it made it, or someone handed it over by the label. */
export const isOurs = (route: HttpRoute): boolean => route.metadata.labels?.[managedBy] === 'slipway'

/** Whether it is Slipway's and this App's. */
export const belongsTo = (route: HttpRoute, { name }: AppRef): boolean =>
  isOurs(route) && [undefined, name].includes(route.metadata.labels?.[appLabel])

/** The rule that holds the revisions; undefined when there is none that could. */
export const ourRule = ({ metadata, spec: { rules = [] } }: HttpRoute): RouteRule | undefined =>
  rules[ours(metadata, rules)]

/** How a rule sends to a revision; what others said of that backend stays. */
export const backend = (revision: string, weight: number, there: readonly BackendRef[]): BackendRef => ({
  ...there.find(({ name }) => name === revision),
  group: '',
  kind: 'Service',
  name: revision,
  port: servicePort,
  weight,
})

export const everyPath = { path: { type: 'PathPrefix', value: '/' } }

function weightsOf(route: HttpRoute): readonly Weight[] {
  const isPlain = ({ kind = 'Service', group = '', namespace, port }: BackendRef) =>
    kind === 'Service' && group === '' && port === servicePort && isHere(route.metadata, namespace)
  // What shares a revision's name and is something else is no revision.
  return (ourRule(route)?.backendRefs ?? []).map((one) => ({
    revision: isPlain(one)
      ? one.name
      : `${one.namespace ?? ''}/${one.kind ?? ''}/${one.name}:${one.port ?? ''}`,
    weight: one.weight ?? 1,
  }))
}

const isHere = (metadata: Metadata, namespace: string | undefined): boolean =>
  namespace === undefined || namespace === metadata.namespace

function parents(gateway: GatewayRef | undefined, there: readonly Readonly<Record<string, unknown>>[]) {
  const known = ({ name, namespace }: Readonly<Record<string, unknown>>) =>
    name === gateway?.name && namespace === gateway?.namespace
  if (!gateway || there.some(known)) return there
  return [...there, { group: 'gateway.networking.k8s.io', kind: 'Gateway', ...gateway }]
}

/** The rule that holds the revisions gets the new shares; other rules, and what else is on this one, stay. */
function rules({ app, weights }: RouteWrite, there: readonly RouteRule[]): readonly RouteRule[] {
  const backends = (others: readonly BackendRef[]) =>
    weights.map(({ revision, weight }) => backend(revision, weight, others))
  const mine = ours(app, there)
  if (mine < 0) return [...there, { matches: [everyPath], backendRefs: backends([]) }]
  return there.map((rule, index) =>
    index === mine ? { ...rule, backendRefs: backends(rule.backendRefs ?? []) } : rule,
  )
}

/** Which rule holds the revisions: the one that names some, else the first that sends anywhere. */
function ours({ name }: AppRef | Metadata, rules: readonly RouteRule[]): number {
  const revision = /^(.+)-[0-9a-f]{7}-[0-9a-f]{4}$/
  const names = (rule: RouteRule) => rule.backendRefs?.some((one) => revision.exec(one.name)?.[1] === name)
  const named = rules.findIndex(names)
  return named < 0 ? rules.findIndex(({ backendRefs = [] }) => backendRefs.length > 0) : named
}
