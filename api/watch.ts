// Keeps all objects of one kind at hand: the client library's informer, made to survive what stops it for good.
import { setTimeout as sleep } from 'node:timers/promises'
import { CustomObjectsApi, type KubeConfig, makeInformer } from '@kubernetes/client-node'
import type { Logger } from 'pino'
import type { Custom, Kind } from '../platform/kinds.ts'

/** What the watch has seen of a kind. Possibly late, never invented. */
export interface Watched<T extends Custom> {
  readonly get: (namespace: string, name: string) => T | undefined
  readonly list: (namespace?: string) => readonly T[]
  /** Whether a complete list was read, and the watch has not been down for longer than a minute since. */
  readonly synced: () => boolean
  readonly stop: () => Promise<void>
}

/** The client library's informer, as far as it is used here: a test passes its own. */
export interface Informer<T> {
  readonly on: (verb: 'add' | 'update' | 'delete' | 'error', listener: (seen: T) => void) => void
  readonly start: () => Promise<void>
  readonly stop: () => Promise<void>
  readonly list: () => readonly T[]
}

export interface WatchOptions<T> {
  readonly kind: string
  readonly informer: () => Informer<T>
  /** Called for a new or changed object, and for each one at a resync. Must only take a note: a throw here is lost. */
  readonly onSeen?: (object: T) => void
  /** Called for an object that is there no more. Must only take a note, too. */
  readonly onGone?: (object: T) => void
  readonly log: Logger
  readonly now?: () => number
  /** Milliseconds between complete lists. */
  readonly resync?: number
  /** Milliseconds that one complete list may take. */
  readonly listWithin?: number
  /** Milliseconds of the first and of the longest pause after an error. */
  readonly pause?: { readonly first: number; readonly longest: number }
}

export function watch<T extends Custom>(options: WatchOptions<T>): Watched<T> {
  const { kind, informer, onSeen = () => undefined, onGone = () => undefined, log, now = Date.now } = options
  const { resync = 600_000, listWithin = 30_000, pause = { first: 500, longest: 30_000 } } = options
  const objects = new Map<string, T>()
  const stopped = new AbortController()
  let downSince: number | undefined = now()
  let complete = false

  const keep = (object: T, again = false) => {
    const key = keyOf(object)
    if (!again && versionOf(objects.get(key)) === versionOf(object)) return
    objects.set(key, object)
    onSeen(object)
  }

  const drop = (object: T) => {
    if (objects.delete(keyOf(object))) onGone(object)
  }

  /** One life of an informer: until it fails, the resync is due, or all ends. Resolves with the error, if there was one. */
  async function live(again: boolean): Promise<unknown> {
    const current = informer()
    const failed = new Promise<unknown>((resolve) =>
      current.on('error', (error) => resolve(error ?? 'closed')),
    )
    current.on('add', (object) => keep(object, again))
    current.on('update', (object) => keep(object))
    current.on('delete', drop)
    try {
      const started = Promise.race([current.start(), failed])
      const error = await within(started, listWithin, stopped.signal)
      if (error) return error
      // What went while nobody watched is gone from the list, and no event will say so.
      const present = new Set(current.list().map(keyOf))
      for (const object of [...objects.values()]) if (!present.has(keyOf(object))) drop(object)
      complete = true
      downSince = undefined
      return await Promise.race([failed, sleep(resync, undefined, { signal: stopped.signal, ref: false })])
    } finally {
      await current.stop()
    }
  }

  async function run(): Promise<void> {
    let failures = 0
    let again = false
    while (!stopped.signal.aborted) {
      const error: unknown = await live(again).catch((thrown: unknown) => thrown)
      if (stopped.signal.aborted) return
      again = error === undefined
      if (error === undefined) continue
      failures = downSince === undefined ? 1 : failures + 1
      downSince ??= now()
      log.warn({ kind, failures, error }, 'the watch broke off; it starts again')
      // Jitter: replicas that lost the same API server do not come back in the same instant.
      const longest = Math.min(pause.longest, pause.first * 2 ** Math.min(failures - 1, 10))
      await sleep(longest * (0.5 + Math.random() / 2), undefined, { signal: stopped.signal }).catch(
        () => undefined,
      )
    }
  }
  const running = run()

  return {
    get: (namespace, name) => objects.get(`${namespace}/${name}`),
    list: (namespace) =>
      [...objects.values()].filter((object) => !namespace || object.metadata.namespace === namespace),
    synced: () => complete && (downSince === undefined || now() - downSince < 60_000),
    stop: async () => {
      stopped.abort()
      await running
    },
  }
}

/** The real informer of one of our kinds, in all namespaces. */
export function informerOf<T extends Custom>(config: KubeConfig, kind: Kind<T>): () => Informer<T> {
  const [group = '', version = ''] = kind.apiVersion.split('/')
  const api = config.makeApiClient(CustomObjectsApi)
  const list = () => api.listCustomObjectForAllNamespaces({ group, version, resourcePlural: kind.plural })
  return () =>
    makeInformer(config, `/apis/${kind.apiVersion}/${kind.plural}`, list as never) as unknown as Informer<T>
}

const keyOf = (object: Custom): string => `${object.metadata.namespace}/${object.metadata.name}`
const versionOf = (object: Custom | undefined): string | undefined => object?.metadata.resourceVersion

/** Resolves with the error that ended the start; undefined when it went well. */
async function within(
  started: Promise<unknown>,
  milliseconds: number,
  signal: AbortSignal,
): Promise<unknown> {
  const given = new AbortController()
  const late = sleep(milliseconds, new Error(`no complete list within ${milliseconds} ms`), {
    signal: AbortSignal.any([given.signal, signal]),
  })
  try {
    return await Promise.race([started, late])
  } finally {
    given.abort()
    late.catch(() => undefined)
  }
}
