// Work by key: each key once at a time, again after a failure with growing pauses, and never more than a few at once.
import type { Logger } from 'pino'
import { PermanentFailure } from '../domain/failure.ts'

export interface Queue {
  /** Takes a note; asking twice before it runs is asking once, asking while it runs is once more after it. */
  readonly add: (key: string) => void
  readonly stop: () => void
}

export interface QueueOptions {
  readonly name: string
  /** Brings the key's subject up to date. Throwing means: try again later, unless it is permanent. */
  readonly handle: (key: string) => Promise<void>
  readonly log: Logger
  readonly atOnce?: number
  /** After so many failures in a row, or a permanent one, it is given up: whoever asked asks again when it still matters. */
  readonly tries?: number
  /** Milliseconds of the first and of the longest pause between tries. */
  readonly pause?: { readonly first: number; readonly longest: number }
}

export function queue({ name, handle, log, ...options }: QueueOptions): Queue {
  const { atOnce = 8, tries: most = 20, pause = { first: 1_000, longest: 30_000 } } = options
  const waiting = new Set<string>()
  const running = new Set<string>()
  const failures = new Map<string, number>()
  const timers = new Map<string, NodeJS.Timeout>()
  let stopped = false

  function next(): void {
    if (stopped) return
    for (const key of waiting) {
      if (running.size >= atOnce) return
      if (running.has(key)) continue
      waiting.delete(key)
      running.add(key)
      void work(key)
    }
  }

  async function work(key: string): Promise<void> {
    try {
      await handle(key)
      failures.delete(key)
    } catch (error) {
      later(key, error)
    }
    running.delete(key)
    next()
  }

  function later(key: string, error: unknown): void {
    const tries = (failures.get(key) ?? 0) + 1
    if (tries >= most || error instanceof PermanentFailure) {
      failures.delete(key)
      log.error({ queue: name, key, tries, error }, 'work failed and is given up until it is asked for again')
      return
    }
    failures.set(key, tries)
    const longest = Math.min(pause.longest, pause.first * 2 ** Math.min(tries - 1, 10))
    const wait = longest * (0.5 + Math.random() / 2)
    log.warn({ queue: name, key, tries, wait: Math.round(wait), error }, 'work failed; it is tried again')
    clearTimeout(timers.get(key))
    timers.set(key, setTimeout(() => add(key), wait).unref())
  }

  function add(key: string): void {
    clearTimeout(timers.get(key))
    timers.delete(key)
    waiting.add(key)
    next()
  }

  return {
    add,
    stop: () => {
      stopped = true
      for (const timer of timers.values()) clearTimeout(timer)
    },
  }
}
