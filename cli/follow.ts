// A release now and after each change: a watch that survives its connections.
import { setTimeout as pause } from 'node:timers/promises'
import { type KubeConfig, Watch } from '@kubernetes/client-node'
import type { ReleaseView } from './cluster.ts'
import { releaseView, type Stored } from './objects.ts'

const betweenWatches = 500
/** How often in a row the API server may be away before it is an error: about half a minute. */
const patience = 60

export interface Followed {
  readonly config: KubeConfig
  /** The path of the namespace's releases. */
  readonly path: string
  readonly name: string
  readonly signal: AbortSignal
  /** Fails when the API server cannot be asked; undefined when the release is gone. */
  readonly read: () => Promise<Change | undefined>
}

export async function* follow(followed: Followed): AsyncGenerator<ReleaseView> {
  const { signal } = followed
  let seen: string | undefined
  let failures = 0
  while (!signal.aborted) {
    const now = await present(followed, seen === undefined ? 0 : patience - failures)
    if (now === 'gone') return
    failures = now === 'unknown' ? failures + 1 : 0
    if (now !== 'unknown' && now.metadata.resourceVersion !== seen) {
      seen = now.metadata.resourceVersion
      yield releaseView(now)
    }
    for await (const object of changes(followed, seen)) {
      if (object.metadata.resourceVersion === seen) continue
      seen = object.metadata.resourceVersion
      yield releaseView(object)
    }
    await pause(betweenWatches, undefined, { signal }).catch(() => undefined)
  }
}

async function present({ read }: Followed, patienceLeft: number): Promise<Change | 'gone' | 'unknown'> {
  try {
    return (await read()) ?? 'gone'
  } catch (error) {
    if (patienceLeft > 0) return 'unknown'
    throw error
  }
}

type Change = Stored<never, never>

/**
 * What one watch tells until its connection ends or the signal falls. It begins after what was read: asked for the present, a busy
 * API server first waits until its cache is sure of it, and may refuse instead.
 */
async function* changes(
  { config, path, name, signal }: Followed,
  after: string | undefined,
): AsyncGenerator<Change> {
  const told: Change[] = []
  let wake = () => {}
  let open = true
  const close = () => {
    open = false
    wake()
  }
  const take = (kind: string, object: Change) => {
    if (kind === 'ADDED' || kind === 'MODIFIED') told.push(object)
    else if (kind !== 'BOOKMARK') open = false
    wake()
  }
  const query = { fieldSelector: `metadata.name=${name}`, ...(after && { resourceVersion: after }) }
  const connection = await new Watch(config).watch(path, query, take, close)
  signal.addEventListener('abort', close, { once: true })
  try {
    while ((open && !signal.aborted) || told.length > 0) {
      const next = told.shift()
      if (next) yield next
      else await new Promise<void>((resolve) => (wake = resolve))
    }
  } finally {
    signal.removeEventListener('abort', close)
    connection.abort()
  }
}
