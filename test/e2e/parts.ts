// Slipway's own parts as a crash leaves them, and as whatever watches over them starts them again.
import { conflict, ensurePart, type Part } from '../../local/parts/part.ts'
import { temporal } from '../../local/parts/services.ts'
import { api, worker } from '../../local/parts/slipway.ts'
import { isAlive } from '../../local/process.ts'
import { readStateFile } from '../../local/state.ts'
import { wheelProgram } from '../../local/tools/python.ts'
import { until } from './lab.ts'

/** What Slipway consists of, in the order in which its parts need each other. */
export const parts = ['temporal', 'api', 'worker'] as const
export type PartName = (typeof parts)[number]

/** Kills them by their process ids, without warning; they are gone when this returns. */
export async function kill(...names: readonly PartName[]): Promise<void> {
  const running = readStateFile().parts
  const victims = names.map((name) => {
    const victim = running[name]
    if (!victim || !isAlive(victim)) throw new Error(`${name} does not run`)
    process.kill(victim.pid, 'SIGKILL')
    return victim
  })
  // The kernel gives a process' ports back a moment after its end.
  const gone = () => !victims.some(isAlive) && names.every((name) => conflict(name) === undefined)
  await until(`${names} to be gone`, 5_000, () => (gone() ? true : undefined))
}

/** Starts what does not run, all at once, as a machine that comes back does; everything serves when this returns. */
export async function start(...names: readonly PartName[]): Promise<void> {
  await Promise.all(names.map(async (name) => ensurePart(await partOf[name]())))
}

/** As an upgrade does: the running worker is asked to stop, and another program takes its place. */
export async function replaceWorker(main: string): Promise<void> {
  const { command, also, ...rest } = worker()
  const flags = command.filter((word) => word.startsWith('--'))
  await ensurePart({ ...rest, command: [process.execPath, ...flags, main], also: `${also} ${main}` })
}

const partOf: Readonly<Record<PartName, () => Promise<Part>>> = {
  temporal: async () => temporal(await wheelProgram('temporal')),
  api: async () => api(),
  worker: async () => worker(),
}
