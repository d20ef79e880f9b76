// Ends everything that `up` started and puts the machine back as it was; what people made (repositories, images) stays.
import { existsSync, readdirSync, readFileSync, readlinkSync, rmdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { delegatedControllers, endPods, removeCgroups } from './cgroups.ts'
import { folders, restoreHost } from './network.ts'
import { stopPart } from './parts/part.ts'
import { paths } from './paths.ts'
import { ask, isAlive, type ProcessId, run, sleep, startTimeOf, stop } from './process.ts'
import type { Progress } from './progress.ts'
import { readStateFile, updateState } from './state.ts'
import { debianTools } from './tools/debian.ts'

export async function down(progress: Progress, purge: boolean): Promise<void> {
  if (!existsSync(paths.stateFile)) {
    progress.say('Nothing of Slipway runs on this machine.')
    return
  }
  await stopAll(progress, 'Slipway and what it stands on', [
    'worker',
    'api',
    'github',
    'pod-targets',
    'prometheus',
    'temporal',
  ])
  await stopAll(progress, 'The node', ['kubelet', 'kube-proxy', 'kube-scheduler', 'kube-controller-manager'])
  await progress.stage('The pods', endEveryPod)
  await stopAll(progress, 'The cluster', ['containerd', 'kube-apiserver', 'registry', 'etcd', ...others()])
  await progress.stage('Mounts, rules, settings and control groups', restoreMachine)
  if (purge) await progress.stage(`Everything under ${paths.state}`, async () => removeState())
}

function stopAll(progress: Progress, title: string, names: readonly string[]): Promise<void> {
  return progress.stage(title, async (note) => {
    for (const name of names) {
      note(`stopping ${name}`)
      await stopPart(name)
    }
    note('stopped')
  })
}

/** Parts that an older version knew and this one does not. */
const others = (): string[] => Object.keys(readStateFile().parts)

async function endEveryPod(): Promise<void> {
  await endPods()
  // containerd sees its tasks end and takes their mounts away; what it leaves is taken below.
  for (const end = Date.now() + 5_000; shims().length > 0 && Date.now() < end; ) await sleep(100)
}

async function restoreMachine(): Promise<void> {
  for (const shim of shims()) await stop(shim, 1_000)
  await unmountAll()
  await restoreHost(await debianTools(), readStateFile().host)
  removeCgroups(readStateFile().host?.controllers ?? delegatedControllers())
  removeFolders(readStateFile().host?.folders ?? [])
  rmSync(paths.run, { recursive: true, force: true })
  updateState(({ host: _, github: __, sink: ___, ...state }) => state)
}

/** The processes that hold pods for our containerd: known by its socket, which they are started with. */
function shims(): ProcessId[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const command = readCommand(name)
      const startTime = startTimeOf(Number(name))
      const ours = command[0]?.endsWith('containerd-shim-runc-v2') && command.includes(paths.containerdSocket)
      return ours && startTime !== undefined ? [{ pid: Number(name), startTime }] : []
    })
    .filter(isAlive)
}

function readCommand(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  } catch {
    return []
  }
}

async function unmountAll(): Promise<void> {
  for (const mount of mountsUnder([paths.run, paths.state]).reverse()) await ask(['umount', mount])
  for (const mount of mountsUnder([paths.run, paths.state]).reverse()) await run(['umount', '--lazy', mount])
}

export function mountsUnder(
  places: readonly string[],
  mounts = readFileSync('/proc/self/mounts', 'utf8'),
): string[] {
  return mounts
    .split('\n')
    .map((line) => (line.split(' ')[1] ?? '').replaceAll('\\040', ' '))
    .filter((path) => places.some((place) => path.startsWith(`${place}/`)))
}

/** Of the folders that the runtime makes outside our own, those that were not there before; others' content stays. */
function removeFolders(before: readonly string[]): void {
  const sandboxes = namesIn('/var/lib/cni/results').flatMap(
    (name) => name.match(/^slipway-([0-9a-f]+)-/)?.[1] ?? [],
  )
  removeEntries('/var/lib/cni/results', (name) => sandboxes.some((sandbox) => name.includes(sandbox)))
  removeEntries('/var/log/containers', (name) => linksInto(join('/var/log/containers', name), paths.log))
  if (!before.includes('/var/lib/kubelet'))
    rmSync('/var/lib/kubelet/device-plugins', { recursive: true, force: true })
  for (const folder of folders) if (!before.includes(folder)) removeEmpty(folder)
}

function removeEntries(folder: string, ours: (name: string) => boolean): void {
  for (const name of namesIn(folder).filter(ours)) rmSync(join(folder, name))
}

const namesIn = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : [])

function linksInto(link: string, folder: string): boolean {
  try {
    return readlinkSync(link).startsWith(folder)
  } catch {
    return false
  }
}

function removeEmpty(folder: string): void {
  if (!existsSync(folder)) return
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) removeEmpty(join(folder, entry.name))
  }
  if (readdirSync(folder).length === 0) rmdirSync(folder)
}

function removeState(): void {
  for (const name of readdirSync(paths.state)) {
    if (join(paths.state, name) !== paths.lock)
      rmSync(join(paths.state, name), { recursive: true, force: true })
  }
}
