// Whose turn it is: of all that can happen now one thing does, drawn by the seed; when nothing can, time moves on. No real time passes.
import type { Random } from '../../../domain/simulation/random.ts'
import type { Clock } from '../../../platform/memory/clock.ts'

export type Turns = ReturnType<typeof makeTurns>

type Act = () => void | Promise<void>

interface Alarm {
  readonly at: number
  readonly act: Act
}

/** More than any life needs: what goes on for ever is found out. */
const turnsAtMost = 100_000

export function makeTurns(random: Random, begin: number) {
  let now = begin
  let turns = 0
  const ready: Act[] = []
  const alarms = new Set<Alarm>()

  const soon = (act: Act) => void ready.push(act)

  /** Calls it so many milliseconds later; answers with the way to call it off. */
  function later(milliseconds: number, act: Act): () => void {
    const alarm = { at: now + milliseconds, act }
    alarms.add(alarm)
    return () => void alarms.delete(alarm)
  }

  const sleep: Clock['sleep'] = (milliseconds, signal) =>
    new Promise<void>((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const off = later(milliseconds, () => {
        signal?.removeEventListener('abort', abort)
        resolve()
      })
      const abort = () => {
        off()
        reject(signal?.reason)
      }
      signal?.addEventListener('abort', abort, { once: true })
    })

  function wakeTheFirst(): boolean {
    if (alarms.size === 0) return false
    let first = Number.POSITIVE_INFINITY
    for (const { at } of alarms) first = Math.min(first, at)
    now = Math.max(now, first)
    for (const alarm of alarms) {
      if (alarm.at > now) continue
      alarms.delete(alarm)
      ready.push(alarm.act)
    }
    return true
  }

  return {
    clock: { now: () => now, sleep } satisfies Clock,
    soon,
    later,
    random,
    /** Everything else that can happen may come first. */
    turn: () => new Promise<void>((resolve) => soon(resolve)),
    /** Lets things happen until the work is done. */
    async until<Result>(work: Promise<Result>): Promise<Result> {
      let over = false
      const end = () => {
        over = true
      }
      work.then(end, end)
      for (;;) {
        await settled()
        if (over) return work
        turns += 1
        if (turns > turnsAtMost) throw new Error(`it does not end in ${turnsAtMost} turns`)
        const [act] = ready.splice(Math.floor(random() * ready.length), 1)
        if (act) await act()
        else if (!wakeTheFirst()) throw new Error('nothing can happen any more')
      }
    },
    turns: () => turns,
  }
}

/** Everything that follows from what happened has followed. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve))
