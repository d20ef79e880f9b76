// The Releases as the cluster tells them: read from the watch, so that asking costs nobody anything.
import { z } from 'zod'
import type { AppRef } from '../domain/app.ts'
import type { ReleaseRef } from '../domain/release.ts'
import type { Custom, Kind } from '../platform/kinds.ts'
import type { Kubernetes } from '../platform/kubernetes.ts'
import type { Watched } from './watch.ts'

/** A Release object, as far as it is used here. */
export interface SeenRelease {
  readonly name: string
  readonly release: ReleaseRef
  readonly phase: string
  readonly outcome: string | undefined
  readonly message: string
  /** Thousandths. */
  readonly weight: number
  readonly transitions: readonly SeenTransition[]
}
export interface SeenTransition {
  readonly at: number
  readonly phase: string
  readonly weight: number
  readonly message: string
}

export interface Releases {
  /** Asks the cluster itself, which knows what the watch may not have heard yet. */
  readonly read: (namespace: string, name: string) => Promise<SeenRelease | undefined>
  /** Newest first. */
  readonly ofApp: (app: AppRef) => readonly SeenRelease[]
  /** The whole objects of a namespace, newest first, for whoever may see them. */
  readonly objects: (namespace: string) => readonly Custom[]
  readonly object: (namespace: string, name: string) => Custom | undefined
}

// Another version of Slipway may have written the object: an odd field must not hide the release.
const Time = z.union([z.number(), z.string().transform((text) => Date.parse(text))]).catch(0)
const Transition = z.object({
  at: Time,
  phase: z.string().catch(''),
  weight: z.number().catch(0),
  message: z.string().catch(''),
})
const Seen = z.object({
  metadata: z.object({ namespace: z.string(), name: z.string() }),
  spec: z.object({ app: z.string(), seq: z.int(), sha: z.string() }),
  status: z
    .object({
      phase: z.string().catch('pending'),
      outcome: z.string().optional().catch(undefined),
      message: z.string().catch(''),
      weight: z.number().catch(0),
      transitions: z.array(Transition).catch([]),
    })
    .default({ phase: 'pending', outcome: undefined, message: '', weight: 0, transitions: [] }),
})

export function seenReleases(
  kubernetes: Pick<Kubernetes, 'get'>,
  kind: Kind<Custom>,
  watched: Watched<Custom>,
): Releases {
  const all = (namespace: string) => watched.list(namespace).flatMap((object) => seen(object) ?? [])
  return {
    read: async (namespace, name) => seen(await kubernetes.get(kind, namespace, name)),
    ofApp: (app) =>
      all(app.namespace)
        .filter(({ release }) => release.app.name === app.name)
        .sort((a, b) => b.release.seq - a.release.seq),
    objects: (namespace) => watched.list(namespace).toSorted((a, b) => createdAt(b) - createdAt(a)),
    object: (namespace, name) => watched.get(namespace, name),
  }
}

const createdAt = (object: Custom): number => Date.parse(object.metadata.creationTimestamp ?? '') || 0

function seen(object: Custom | undefined): SeenRelease | undefined {
  const parsed = Seen.safeParse(object)
  if (!parsed.success) return undefined
  const { metadata, spec, status } = parsed.data
  const app = { namespace: metadata.namespace, name: spec.app }
  return {
    name: metadata.name,
    release: { app, seq: spec.seq, sha: spec.sha },
    phase: status.phase,
    outcome: status.outcome,
    message: status.message,
    weight: status.weight,
    transitions: status.transitions,
  }
}
