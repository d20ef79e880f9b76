// One `up` or `down` at a time on a machine, whichever clone it comes from.
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { paths } from './paths.ts'
import { isAlive, type ProcessId, startTimeOf } from './process.ts'

export type Holder = ProcessId & { readonly verb: string; readonly root: string }

/** Holds the machine's lock while the work goes on; refuses, naming the holder, when another has it. */
export async function withLock<Result>(
  verb: string,
  work: () => Promise<Result>,
  file = paths.lock,
): Promise<Result> {
  take(file, { pid: process.pid, startTime: startTimeOf(process.pid) ?? '', verb, root: paths.root })
  try {
    return await work()
  } finally {
    rmSync(file, { force: true })
  }
}

function take(file: string, holder: Holder): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o755 })
  const draft = `${file}.${holder.pid}`
  writeFileSync(draft, JSON.stringify(holder), { mode: 0o600 })
  try {
    if (claim(draft, file)) return
    const other = holderOf(file)
    if (other !== undefined && isAlive(other)) {
      throw new Error(
        `\`${other.verb}\` of ${other.root} is at work on this machine (process ${other.pid}); wait until it is done and run this again`,
      )
    }
    rmSync(file, { force: true }) // Its holder was killed or the machine restarted.
    if (!claim(draft, file))
      throw new Error(`another \`${holder.verb}\` took ${file} in this moment; run this again`)
  } finally {
    rmSync(draft, { force: true })
  }
}

/** A link is made whole or not at all, so a reader never sees a lock without its holder. */
function claim(draft: string, file: string): boolean {
  try {
    linkSync(draft, file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

function holderOf(file: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Holder
  } catch {
    return undefined
  }
}
