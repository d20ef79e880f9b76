// The cluster's own branch of the control groups: pods run below it, and `down` takes it away with all that is in it.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isAlive, type ProcessId, sleep, startTimeOf } from './process.ts'

const mount = '/sys/fs/cgroup'
export const branch = 'slipway'

export const isUnified = (): boolean => existsSync(join(mount, 'cgroup.controllers'))

/** All pods together get as much of a busy machine as so many processes: a gateway that starves fails requests. */
const processesWorth = 32

/** The kubelet wants its branch to exist, under every controller. */
export function ensureCgroups(): void {
  if (isUnified()) {
    delegate(mount)
    mkdirSync(join(mount, branch), { recursive: true })
    delegate(join(mount, branch))
  } else {
    for (const hierarchy of hierarchies()) mkdirSync(join(hierarchy, branch), { recursive: true })
  }
  const [share, ofOneProcess] = isUnified() ? ['cpu.weight', 100] : ['cpu.shares', 1024]
  for (const folder of roots()) {
    const write = () =>
      writeFileSync(join(folder, share), String(ofOneProcess * processesWorth), { flag: 'r+' })
    ifThere(write, undefined)
  }
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

/** Takes the branch away, and the controllers back that the machine's root did not hand down before. */
export function removeCgroups(controllers: readonly string[]): void {
  for (const folder of roots()) removeTree(folder)
  if (!isUnified()) return
  for (const name of delegatedControllers().filter((name) => !controllers.includes(name))) {
    // Somebody else may have come to use it since: then it stays.
    ifThere(() => writeFileSync(join(mount, 'cgroup.subtree_control'), `-${name}`), undefined, ['EBUSY'])
  }
}

/** What the machine's root hands down to its groups: nothing has to be handed down where each controller has its own tree. */
export function delegatedControllers(): string[] {
  return isUnified() ? words(join(mount, 'cgroup.subtree_control')) : []
}

const words = (file: string): string[] => readFileSync(file, 'utf8').split(/\s+/).filter(Boolean)

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
  const offered = words(join(folder, 'cgroup.controllers'))
  const wanted = ['cpu', 'cpuset', 'memory', 'pids', 'io', 'hugetlb'].filter((name) => offered.includes(name))
  try {
    for (const name of wanted) writeFileSync(join(folder, 'cgroup.subtree_control'), `+${name}`)
  } catch (cause) {
    const hint =
      'inside a container this needs a control group of its own: use a whole machine, real or virtual'
    throw new Error(`cannot hand the controllers ${wanted.join(', ')} down from ${folder}: ${hint}`, {
      cause,
    })
  }
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
function ifThere<Result>(look: () => Result, otherwise: Result, also: readonly string[] = []): Result {
  try {
    return look()
  } catch (error) {
    if (['ENOENT', 'ENODEV', ...also].includes((error as NodeJS.ErrnoException).code ?? '')) return otherwise
    throw error
  }
}
