// The kinds of Kubernetes objects that Slipway touches: what they are called, and the fields of them that it uses.

export interface Metadata {
  name: string
  namespace: string
  labels?: Readonly<Record<string, string>>
  annotations?: Readonly<Record<string, string>>
  uid?: string
  resourceVersion?: string
  generation?: number
  creationTimestamp?: string
  deletionTimestamp?: string
  finalizers?: readonly string[]
  ownerReferences?: readonly { apiVersion: string; kind: string; name: string; uid: string }[]
  /** Who owns which field, as the API server keeps it. */
  managedFields?: readonly {
    manager?: string
    time?: string
    fieldsV1?: { 'f:spec'?: Readonly<Record<string, unknown>> }
  }[]
}
export interface Resource {
  apiVersion?: string
  kind?: string
  metadata: Metadata
}
export interface Kind<T extends Resource> {
  readonly apiVersion: string
  readonly kind: string
  readonly plural: string
  /** What objects of this kind make for themselves, and must not outlive them. */
  readonly owns?: 'pods'
  /** Only for the compiler: which shape objects of this kind have. */
  readonly shape?: T
}

export interface Condition {
  type: string
  status: 'True' | 'False' | 'Unknown'
  reason?: string
  message?: string
  observedGeneration?: number
  lastTransitionTime?: string
}

export interface Deployment extends Resource {
  spec: { replicas?: number; [field: string]: unknown }
  status?: {
    observedGeneration?: number
    replicas?: number
    updatedReplicas?: number
    readyReplicas?: number
    availableReplicas?: number
    conditions?: readonly Condition[]
  }
}
export interface Autoscaler extends Resource {
  spec: { minReplicas?: number; maxReplicas: number; [field: string]: unknown }
}
/** A ConfigMap, or a Secret: there each value is in base64. */
export interface Content extends Resource {
  type?: string
  immutable?: boolean
  data?: Readonly<Record<string, string>>
  binaryData?: Readonly<Record<string, string>>
}
export interface Service extends Resource {
  spec: Readonly<Record<string, unknown>>
}
export interface ContainerStatus {
  name: string
  ready: boolean
  restartCount: number
  state?: {
    waiting?: { reason?: string; message?: string }
    terminated?: { reason?: string; message?: string; exitCode: number; finishedAt?: string }
    running?: { startedAt?: string }
  }
  lastState?: { terminated?: { reason?: string; message?: string; exitCode: number } }
}
export interface Pod extends Resource {
  spec?: Readonly<Record<string, unknown>>
  status?: {
    phase?: string
    reason?: string
    message?: string
    podIP?: string
    startTime?: string
    conditions?: readonly Condition[]
    initContainerStatuses?: readonly ContainerStatus[]
    containerStatuses?: readonly ContainerStatus[]
  }
}
export interface EndpointSlice extends Resource {
  endpoints: readonly {
    addresses: readonly string[]
    conditions?: { ready?: boolean; serving?: boolean; terminating?: boolean }
  }[]
}
export interface Job extends Resource {
  spec: Readonly<Record<string, unknown>>
  status?: { active?: number; succeeded?: number; failed?: number; conditions?: readonly Condition[] }
}
export interface BackendRef {
  name: string
  group?: string
  kind?: string
  namespace?: string
  port?: number
  weight?: number
  [field: string]: unknown
}
export interface RouteRule {
  matches?: readonly unknown[]
  filters?: readonly unknown[]
  backendRefs?: readonly BackendRef[]
  [field: string]: unknown
}
export interface HttpRoute extends Resource {
  spec: {
    hostnames?: readonly string[]
    parentRefs?: readonly Readonly<Record<string, unknown>>[]
    rules?: readonly RouteRule[]
    [field: string]: unknown
  }
  status?: {
    parents?: readonly { parentRef: Readonly<Record<string, unknown>>; conditions?: readonly Condition[] }[]
  }
}
/** One of our own: what `manifests/` declares. */
export interface Custom extends Resource {
  spec?: Readonly<Record<string, unknown>>
  status?: Readonly<Record<string, unknown>>
}
export interface Event extends Resource {
  [field: string]: unknown
}

export const kinds = {
  Pod: { apiVersion: 'v1', kind: 'Pod', plural: 'pods' } as Kind<Pod>,
  Service: { apiVersion: 'v1', kind: 'Service', plural: 'services' } as Kind<Service>,
  Deployment: {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    plural: 'deployments',
    owns: 'pods',
  } as Kind<Deployment>,
  HorizontalPodAutoscaler: {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    plural: 'horizontalpodautoscalers',
  } as Kind<Autoscaler>,
  ConfigMap: { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps' } as Kind<Content>,
  Secret: { apiVersion: 'v1', kind: 'Secret', plural: 'secrets' } as Kind<Content>,
  Job: { apiVersion: 'batch/v1', kind: 'Job', plural: 'jobs', owns: 'pods' } as Kind<Job>,
  EndpointSlice: {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    plural: 'endpointslices',
  } as Kind<EndpointSlice>,
  Event: { apiVersion: 'events.k8s.io/v1', kind: 'Event', plural: 'events' } as Kind<Event>,
  HTTPRoute: {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    plural: 'httproutes',
  } as Kind<HttpRoute>,
  App: { apiVersion: 'slipway.dev/v1beta1', kind: 'App', plural: 'apps' } as Kind<Custom>,
  Release: { apiVersion: 'slipway.dev/v1beta1', kind: 'Release', plural: 'releases' } as Kind<Custom>,
  Command: { apiVersion: 'slipway.dev/v1beta1', kind: 'Command', plural: 'commands' } as Kind<Custom>,
}
