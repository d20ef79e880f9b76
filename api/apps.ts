// The Apps that the cluster declares: which of them take their commits from a repository, and the first push's own.
import { z } from 'zod'
import type { AppRef, AppSource } from '../domain/app.ts'
import type { Custom, Kind } from '../platform/kinds.ts'
import type { Kubernetes } from '../platform/kubernetes.ts'
import { repositoryKey } from './repository-url.ts'
import type { Watched } from './watch.ts'

export interface DeclaredApp {
  readonly app: AppRef
  readonly uid: string
  readonly generation: number
  readonly source: AppSource | undefined
  /** The commit that holds the traffic, as the App's status says. */
  readonly stable: string | undefined
}

export interface Apps {
  readonly get: (namespace: string, name: string) => DeclaredApp | undefined
  readonly list: () => readonly DeclaredApp[]
  /** Fails while the Apps are not known. */
  readonly ofRepository: (url: string) => readonly DeclaredApp[]
  /** Declares the App unless one of that name exists; returns the one that exists then. */
  readonly register: (app: AppRef, source: AppSource) => Promise<DeclaredApp>
}

// The API server has checked these against the CRD: here only the few fields that are used, leniently.
const Declared = z.object({
  metadata: z.object({
    namespace: z.string(),
    name: z.string(),
    uid: z.string().default(''),
    generation: z.number().default(0),
  }),
  spec: z
    .object({ source: z.object({ repository: z.string(), branch: z.string().default('main') }).optional() })
    .default({}),
  status: z.object({ stable: z.object({ sha: z.string().optional() }).optional() }).default({}),
})

export function declaredApps(kubernetes: Kubernetes, kind: Kind<Custom>, watched: Watched<Custom>): Apps {
  return {
    get: (namespace, name) => declared(watched.get(namespace, name)),
    list: () => watched.list().flatMap((object) => declared(object) ?? []),
    ofRepository: (url) => {
      // Half the truth would declare an App for a repository that another App releases already.
      if (!watched.synced()) throw new Error('the Apps are not known yet')
      const key = repositoryKey(url)
      return watched.list().flatMap((object) => (keyOf(object) === key ? (declared(object) ?? []) : []))
    },
    async register(app, source) {
      const object = { metadata: { ...app }, spec: { source } }
      const made = await kubernetes.create(kind, object)
      const found = declared(made ?? (await kubernetes.get(kind, app.namespace, app.name)))
      if (!found)
        throw new Error(`App ${app.namespace}/${app.name} was deleted while it was being registered`)
      return found
    },
  }
}

/** Asked of every App for every delivery: the watch has another object when an App changes, and the same until then. */
const keys = new WeakMap<Custom, string>()

function keyOf(object: Custom): string {
  const known = keys.get(object)
  if (known !== undefined) return known
  const source = declared(object)?.source
  const key = source ? repositoryKey(source.repository) : ''
  keys.set(object, key)
  return key
}

function declared(object: Custom | undefined): DeclaredApp | undefined {
  const parsed = Declared.safeParse(object)
  if (!parsed.success) return undefined
  const { metadata, spec, status } = parsed.data
  return {
    app: { namespace: metadata.namespace, name: metadata.name },
    uid: metadata.uid,
    generation: metadata.generation,
    source: spec.source,
    stable: status.stable?.sha,
  }
}
