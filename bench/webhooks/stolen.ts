// A virtual machine shares its cores with others on its host: what they took meanwhile is missing in every figure.
import { readFileSync } from 'node:fs'

/** Begins to watch; the function returns how much of all cores' time others have taken since, in whole percent. */
export function watchStolen(read: () => string = () => readFileSync('/proc/stat', 'utf8')): () => number {
  const before = timesOf(read())
  return () => {
    const after = timesOf(read())
    const all = after.all - before.all
    return all > 0 ? Math.round((100 * (after.stolen - before.stolen)) / all) : 0
  }
}

/** The first line sums all cores up: user, nice, system, idle, iowait, irq, softirq, steal, and of `user` once more those of guests; man 5 proc_stat. */
function timesOf(text: string): { readonly all: number; readonly stolen: number } {
  const [line = ''] = text.split('\n', 1)
  const times = line.split(/ +/).slice(1, 9).map(Number)
  return { all: times.reduce((sum, time) => sum + time, 0), stolen: times[7] ?? 0 }
}
