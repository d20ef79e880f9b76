// Removes Commands that were answered long ago: what came of them stands in their release's history, for good.
import type { Logger } from 'pino'
import { z } from 'zod'
import type { Custom, Kind } from '../platform/kinds.ts'
import type { Kubernetes } from '../platform/kubernetes.ts'
import type { Watched } from './watch.ts'

/** An answered Command stays a week, the newest hundred of a namespace; and an hour in any case: its author reads the answer. */
export const keeping = { longest: 7 * 86_400_000, least: 3_600_000, most: 100 }

export interface OldCommandsOptions {
  readonly kubernetes: Pick<Kubernetes, 'remove'>
  readonly kind: Kind<Custom>
  readonly watched: Pick<Watched<Custom>, 'list'>
  readonly log: Pick<Logger, 'warn'>
  readonly now?: () => number
  /** How many go at once: the rest goes the next time. */
  readonly atOnce?: number
}

/** Returns a function that removes some of what is old. It reads the watch alone: with nothing to remove it asks nobody. */
export function oldCommands({ kubernetes, kind, watched, log, ...options }: OldCommandsOptions) {
  const { now = Date.now, atOnce = 50 } = options
  return async (): Promise<void> => {
    for (const { namespace, name, uid } of outdated(watched.list(), now()).slice(0, atOnce)) {
      // The uid: one of the same name may have been created since, and waits for its answer.
      const removal = kubernetes.remove(kind, namespace, name, { uid })
      await removal.catch((error: unknown) =>
        log.warn({ namespace, name, error }, 'an old command could not be removed'),
      )
    }
  }
}

const Answered = z.object({
  metadata: z.object({ namespace: z.string(), name: z.string(), uid: z.string() }),
  status: z.object({ state: z.string(), answeredAt: z.string().transform((text) => Date.parse(text)) }),
})
type Answered = z.infer<typeof Answered>

/** Oldest first. One without an answer is never old. */
function outdated(objects: readonly Custom[], now: number): readonly Answered['metadata'][] {
  const answered = objects
    .flatMap((object) => Answered.safeParse(object).data ?? [])
    .sort((a, b) => b.status.answeredAt - a.status.answeredAt)
  const newer = new Map<string, number>()
  const old = answered.filter(({ metadata: { namespace }, status }) => {
    const rank = newer.get(namespace) ?? 0
    newer.set(namespace, rank + 1)
    const age = now - status.answeredAt
    return age > keeping.longest || (rank >= keeping.most && age > keeping.least)
  })
  return old.map(({ metadata }) => metadata).reverse()
}
