// Looks at something again and again while a story is told.
import { setTimeout as sleep } from 'node:timers/promises'

export interface Looking<Seen> {
  /** What the last look came to. */
  readonly stop: () => Promise<Seen>
}

/** A look that fails is looked again: what was seen before stays the last that is known. */
export function every<Seen>(pause: number, look: () => Promise<Seen>): Looking<Seen> {
  let stopped = false
  let seen: Seen | undefined
  const ended = (async () => {
    while (!stopped) {
      seen = await look().catch(() => seen)
      await sleep(pause)
    }
    return seen ?? look()
  })()
  return {
    stop: () => {
      stopped = true
      return ended
    },
  }
}
