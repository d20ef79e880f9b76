// The one Kubernetes client: a few verbs over plain JSON objects, with a deadline on each and errors that say what was refused.
import { IsomorphicFetchHttpLibrary, KubeConfig, RequestContext } from '@kubernetes/client-node'
import { deepestCause } from '../domain/deepest-cause.ts'
import { PermanentFailure } from '../domain/failure.ts'
import { connections } from './connections.ts'
import { type Kind, kinds, type Metadata, type Resource } from './kinds.ts'

export interface Kubernetes {
  /** For what this does not do: watches. */
  readonly config: KubeConfig
  /** Undefined when there is none. */
  readonly get: <T extends Resource>(
    kind: Kind<T>,
    namespace: string,
    name: string,
  ) => Promise<Stored<T> | undefined>
  /** Of one namespace, or of all ('') where the account may. All pages; sorted by name, as the API server has them. */
  readonly list: <T extends Resource>(
    kind: Kind<T>,
    namespace: string,
    selector?: Selector,
  ) => Promise<readonly Stored<T>[]>
  /** Makes the fields that are given what they are given to be, whoever else owns them (server-side apply, forced). */
  readonly apply: <T extends Resource>(kind: Kind<T>, object: Named<T>, part?: 'status') => Promise<Stored<T>>
  /** Undefined when one of that name exists. */
  readonly create: <T extends Resource>(kind: Kind<T>, object: Named<T>) => Promise<Stored<T> | undefined>
  /** Puts the object in place of the version that was read; undefined when it has changed or gone since: read again, decide again. */
  readonly replace: <T extends Resource>(
    kind: Kind<T>,
    object: Stored<T>,
    part?: 'status',
  ) => Promise<Stored<T> | undefined>
  /**
   * Deletes; false when there was nothing (any more) that meets the precondition. Who owns pods stays visible until they are gone,
   * anything else is gone at once.
   */
  readonly remove: <T extends Resource>(
    kind: Kind<T>,
    namespace: string,
    name: string,
    only?: Precondition,
  ) => Promise<boolean>
  /** The end of a container's log. */
  readonly logs: (namespace: string, pod: string, container: string, lines: number) => Promise<string>
}

/** As the API server keeps it. */
export type Stored<T> = T & { readonly metadata: Metadata & { uid: string; resourceVersion: string } }
/** As we send it: the kind is added on the way. */
export type Named<T> = Omit<T, 'apiVersion' | 'kind'>
export interface Selector {
  readonly labels?: Readonly<Record<string, string>>
  readonly fields?: Readonly<Record<string, string>>
}
export interface Precondition {
  readonly uid?: string
  readonly resourceVersion?: string
}
/** One answered call, for who counts them. `status` is 0 when there was no answer. */
export interface Call {
  readonly verb: string
  readonly resource: string
  readonly status: number
}

export interface KubernetesOptions {
  /** A kubeconfig's path; without it the pod's own ServiceAccount is used. The environment's KUBECONFIG never is. */
  readonly kubeconfig?: string | undefined
  /** One that is loaded already, in place of a path. */
  readonly config?: KubeConfig
  /** Milliseconds for one call. */
  readonly timeout?: number
  readonly observe?: (call: Call) => void
}

export function kubernetes(options: KubernetesOptions = {}): Kubernetes {
  const config = options.config ?? configOf(options.kubeconfig)
  const call = caller(config, options.timeout ?? 10_000, options.observe ?? (() => undefined))

  return {
    config,
    get: async (kind, namespace, name) => {
      const { status, body } = await call({ verb: 'get', kind, namespace, name, absent: [404] })
      return status === 404 ? undefined : JSON.parse(body)
    },
    list: (kind, namespace, selector = {}) => pages(call, kind, namespace, selector),
    apply: async (kind, object, part) => {
      const { namespace, name } = placed(object)
      const query = { fieldManager: 'slipway', force: 'true' }
      return JSON.parse((await call({ verb: 'apply', kind, namespace, name, part, query, object })).body)
    },
    create: async (kind, object) => {
      const { namespace } = placed(object)
      const query = { fieldManager: 'slipway' }
      const { status, body } = await call({ verb: 'create', kind, namespace, query, object, absent: [409] })
      return status === 409 ? undefined : JSON.parse(body)
    },
    replace: async (kind, object, part) => {
      const { namespace, name } = placed(object)
      const query = { fieldManager: 'slipway' }
      const absent = [404, 409]
      const request = { verb: 'update', kind, namespace, name, part, query, object, absent } as const
      const { status, body } = await call(request)
      return status === 404 || status === 409 ? undefined : JSON.parse(body)
    },
    remove: async (kind, namespace, name, only) => {
      // In the foreground the absence of an object means the absence of what it owns. One that owns nothing would only linger
      // until a collector comes by, and whoever makes the same again in between would be told that it is there.
      const propagationPolicy = kind.owns ? 'Foreground' : 'Background'
      const object = { propagationPolicy, ...(only ? { preconditions: only } : {}) }
      const { status } = await call({ verb: 'delete', kind, namespace, name, object, absent: [404, 409] })
      return status !== 404 && status !== 409
    },
    logs: async (namespace, pod, container, lines) => {
      const query = { container, tailLines: String(lines), limitBytes: String(256 * 1024) }
      return (await call({ verb: 'get', kind: kinds.Pod, namespace, name: pod, part: 'log', query })).body
    },
  }
}

function configOf(kubeconfig: string | undefined): KubeConfig {
  const config = new KubeConfig()
  if (kubeconfig) config.loadFromFile(kubeconfig)
  else config.loadFromCluster()
  return config
}

interface Request {
  readonly verb: keyof typeof methods
  readonly kind: Kind<Resource>
  readonly namespace: string
  readonly name?: string | undefined
  readonly part?: string | undefined
  readonly query?: Readonly<Record<string, string>>
  readonly object?: object
  /** Statuses that are an answer, not an error. */
  readonly absent?: readonly number[]
}
type Caller = (request: Request) => Promise<{ status: number; body: string }>

const methods = {
  get: 'GET',
  list: 'GET',
  create: 'POST',
  update: 'PUT',
  apply: 'PATCH',
  delete: 'DELETE',
} as const

/**
 * Sends plain JSON with the client library's credentials, TLS and connections. Its typed interfaces are not used for
 * what we write: some drop fields that they do not know, and under server-side apply a dropped field is a removed one.
 */
function caller(config: KubeConfig, timeout: number, observe: (call: Call) => void): Caller {
  const connect = connections(config)
  return async (request) => {
    const { verb, kind, object } = request
    const context = new RequestContext(address(config, request), methods[verb])
    context.setHeaderParam('Accept', 'application/json')
    context.setSignal(AbortSignal.timeout(timeout))
    if (object) {
      context.setHeaderParam(
        'Content-Type',
        verb === 'apply' ? 'application/apply-patch+yaml' : 'application/json',
      )
      const typed = verb === 'delete' ? object : { ...object, apiVersion: kind.apiVersion, kind: kind.kind }
      context.setBody(JSON.stringify(typed))
    }
    const { status, body } = await answer(connect, context).catch((cause) => {
      observe({ verb, resource: kind.plural, status: 0 })
      throw new Error(`cannot ${what(request)}: no answer from the API server: ${deepestCause(cause)}`, {
        cause,
      })
    })
    observe({ verb, resource: kind.plural, status })
    if (status === 404 && !isStatus(body))
      throw new Error(
        `cannot ${what(request)}: the API server does not know such objects; is their definition installed?`,
      )
    if (status >= 300 && !request.absent?.includes(status)) throw refusal(request, status, body)
    return { status, body }
  }
}

const http = new IsomorphicFetchHttpLibrary()

async function answer(connect: ReturnType<typeof connections>, context: RequestContext) {
  await connect(context)
  const response = await http.send(context).toPromise()
  return { status: response.httpStatusCode, body: await response.body.text() }
}

function address(config: KubeConfig, { kind, namespace, name, part, query = {} }: Request): string {
  const server = config.getCurrentCluster()?.server
  if (!server) throw new Error('the kubeconfig names no cluster; check its current-context')
  const root = kind.apiVersion.includes('/') ? `apis/${kind.apiVersion}` : `api/${kind.apiVersion}`
  const parts = [root, namespace && `namespaces/${namespace}`, kind.plural, name, part].filter(Boolean)
  const search = new URLSearchParams(query).toString()
  return `${server.replace(/\/+$/, '')}/${parts.join('/')}${search && `?${search}`}`
}

/** Lists in pages of 500, at most 20 of them: a namespace with more than that is not ours to read. */
async function pages<T extends Resource>(
  call: Caller,
  kind: Kind<T>,
  namespace: string,
  { labels = {}, fields = {} }: Selector,
): Promise<readonly Stored<T>[]> {
  const terms = (all: Readonly<Record<string, string>>) =>
    Object.entries(all)
      .map(([key, value]) => `${key}=${value}`)
      .join(',')
  const items: Stored<T>[] = []
  let token = ''
  for (let page = 0; page < 20; page += 1) {
    const query = {
      labelSelector: terms(labels),
      fieldSelector: terms(fields),
      limit: '500',
      continue: token,
    }
    const answered: { items: Stored<T>[]; metadata?: { continue?: string } } = JSON.parse(
      (await call({ verb: 'list', kind, namespace, query })).body,
    )
    items.push(...answered.items)
    token = answered.metadata?.continue ?? ''
    if (!token) return items
  }
  throw new Error(`cannot list ${kind.plural} in ${namespace}: more than 10000 of them`)
}

function placed(object: object): { namespace: string; name: string } {
  const { namespace, name } = (object as { metadata: Metadata }).metadata
  if (!namespace || !name) throw new Error('an object that is sent must have a namespace and a name')
  return { namespace, name }
}

/** Permanent when another try would be refused the same way. */
function refusal(request: Request, status: number, body: string): Error {
  const message = `cannot ${what(request)}: ${said(body) || `HTTP ${status}`}`
  if (status === 403)
    return new PermanentFailure('Forbidden', `${message} (grant Slipway's account this verb)`)
  if (status === 404) return new PermanentFailure('NotFound', message)
  if (status === 422) return new PermanentFailure('Invalid', message)
  return new Error(`${message} (HTTP ${status})`)
}

function what({ verb, kind, namespace, name, part }: Request): string {
  const group = kind.apiVersion.includes('/') ? `.${kind.apiVersion.split('/')[0]}` : ''
  const subject = `${kind.plural}${group}${part ? `/${part}` : ''}`
  return name ? `${verb} ${subject} ${namespace}/${name}` : `${verb} ${subject} in ${namespace}`
}

/**
 * That an object does not exist is said by a Status. A kind that does not exist is a bare 404: its definition is being
 * installed or was removed, which says nothing about the objects.
 */
const isStatus = (body: string): boolean => body.trimStart().startsWith('{')

function said(body: string): string {
  try {
    return String(JSON.parse(body).message ?? '')
  } catch {
    return body.slice(0, 200)
  }
}
