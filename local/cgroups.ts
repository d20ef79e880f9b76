// The cluster's own branch of the control groups: pods run below it, and `down` takes it away with all that is in it.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isAlive, type ProcessId, sleep, startTimeOf } from './process.ts'

const mount = '/sys/fs/cgroup'
export const branch = 'slipway'

export const isUnified = (): boolean => existsSync(join(mount, 'cgroup.controllers'))

/** The kubelet wants its branch to exist, under every controller. */
export function ensureCgroups(): void {
  if (isUnified()) {
    delegate(mount)
    mkdirSync(join(mount, branch), { recursive: true })
    delegate(join(mount, branch))
    return
  }
  for (const hierarchy of hierarchies()) mkdirSync(join(hierarchy, branch), { recursive: true })
}

/** Ends what still runs in the pods: asked first, then killed. */
export async function endPods(patience = 3_000): Promise<void> {
  signal('SIGTERM')
  for (const end = Date.now() + patience; processes().length > 0 && Date.now() < end; ) await sleep(50)
  for (let round = 0; processes().length > 0 && round < 100; round++) {
    signal('SIGKILL')
    await sleep(50)
  }
}

export function removeCgroups(): void {
  for (const folder of roots()) removeTree(folder)
}

/** Of each hierarchy, the branch's folder. */
function roots(): string[] {
  const all = isUnified() ? [mount] : hierarchies()
  return all.map((hierarchy) => join(hierarchy, branch)).filter((folder) => existsSync(folder))
}

function hierarchies(): string[] {
  return readdirSync(mount, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(mount, entry.name))
    .filter((folder) => existsSync(join(folder, 'cgroup.procs')))
}

function delegate(folder: string): void {
  const offered = readFileSync(join(folder, 'cgroup.controllers'), 'utf8').trim().split(' ')
  const wanted = ['cpu', 'cpuset', 'memory', 'pids', 'io', 'hugetlb'].filter((name) => offered.includes(name))
  for (const name of wanted) writeFileSync(join(folder, 'cgroup.subtree_control'), `+${name}`)
}

function processes(): ProcessId[] {
  const pids = new Set(roots().flatMap(pidsIn))
  return [...pids].flatMap((pid) => {
    const startTime = startTimeOf(pid)
    return startTime === undefined ? [] : [{ pid, startTime }]
  })
}

function pidsIn(folder: string): number[] {
  const own = ifThere(() => readFileSync(join(folder, 'cgroup.procs'), 'utf8'), '')
  return [...own.split('\n').filter(Boolean).map(Number), ...childrenOf(folder).flatMap(pidsIn)]
}

function signal(name: NodeJS.Signals): void {
  for (const id of processes()) {
    try {
      if (isAlive(id)) process.kill(id.pid, name)
    } catch {
      // It ended between the look and the signal.
    }
  }
}

function removeTree(folder: string): void {
  for (const child of childrenOf(folder)) removeTree(child)
  ifThere(() => rmdirSync(folder), undefined)
}

function childrenOf(folder: string): string[] {
  const entries = ifThere(() => readdirSync(folder, { withFileTypes: true }), [])
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(folder, entry.name))
}

/** The container runtime takes groups away while they are looked at. */
function ifThere<Result>(look: () => Result, otherwise: Result): Result {
  try {
    return look()
  } catch (error) {
    if (['ENOENT', 'ENODEV'].includes((error as NodeJS.ErrnoException).code ?? '')) return otherwise
    throw error
  }
}
