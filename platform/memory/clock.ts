// A clock that waits for nobody: when everyone sleeps it jumps to the moment at which the first one wakes.

export interface Clock {
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Rejects with the signal's reason when that comes first. */
  readonly sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>
}

/** Runs with real time and ahead of it: an hour's sleep takes about a millisecond, in the order in which sleepers wake. */
export function memoryClock(): Clock {
  let ahead = 0
  const now = () => Date.now() + ahead
  const sleepers = new Set<{ readonly until: number; readonly wake: () => void }>()
  let waiting = false

  const wakeTheFirst = () => {
    waiting = false
    // Whoever slept was told to stop meanwhile.
    if (sleepers.size === 0) return
    const first = Math.min(...[...sleepers].map(({ until }) => until))
    ahead += Math.max(0, first - now())
    for (const sleeper of sleepers) if (sleeper.until <= now()) sleeper.wake()
    wait()
  }
  // One real millisecond lets whoever was woken act before time moves on.
  const wait = () => {
    if (waiting || sleepers.size === 0) return
    waiting = true
    setTimeout(wakeTheFirst, 1)
  }

  const sleep = (milliseconds: number, signal?: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const end = (settle: () => void) => () => {
        sleepers.delete(sleeper)
        signal?.removeEventListener('abort', abort)
        settle()
      }
      const abort = end(() => reject(signal?.reason))
      const sleeper = { until: now() + milliseconds, wake: end(resolve) }
      signal?.addEventListener('abort', abort)
      sleepers.add(sleeper)
      wait()
    })
  return { now, sleep }
}

/** Rejects when the signal falls. */
export const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
