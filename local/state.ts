// What `up` leaves for others to find: each part's process, log and address, the kubeconfig, the tokens' files.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { addresses, images } from './addresses.ts'
import type { FirewallRecord } from './firewall.ts'
import { logOf, paths, secretFiles } from './paths.ts'
import { isAlive, type ProcessId } from './process.ts'

export type PartRecord = ProcessId & { readonly fingerprint: string }

/** What the machine was like before the first `up`, so that `down` can put it back. */
export type HostRecord = {
  readonly sysctls: Readonly<Record<string, string>>
  readonly firewall: FirewallRecord
  readonly controllers: readonly string[]
  readonly folders: readonly string[]
}

export type StateFile = {
  readonly root: string
  readonly versions: string
  readonly parts: Readonly<Record<string, PartRecord>>
  readonly host?: HostRecord
  /** Slipway is an App of the local GitHub. */
  readonly github?: boolean
  /** Where events go. */
  readonly sink?: string
}

export type PartState = {
  readonly state: 'running' | 'not answering' | 'stopped'
  readonly pid: number | null
  readonly log: string
}

export type State = {
  readonly running: boolean
  readonly root: string
  readonly kubeconfig: string
  readonly kubectl: string
  readonly addresses: typeof addresses
  readonly images: typeof images
  readonly git: { readonly url: string; readonly pushTokenFile: string; readonly fetchTokenFile: string }
  readonly webhookSecretFile: string
  readonly hookKeyFile: string
  readonly eventsTokenFile: string
  /** Undefined when there is no local GitHub. */
  readonly github:
    | { readonly url: string; readonly people: Readonly<Record<'ana' | 'bo', string>> }
    | undefined
  readonly temporalDatabase: string
  readonly auditLog: string
  readonly log: string
  readonly parts: Readonly<Record<string, PartState>>
}

/** Where everything is and what runs, for tests, the demo and `status`. */
export function readState(): State {
  const file = readStateFile()
  const parts = Object.fromEntries(
    Object.entries(file.parts).map(([name, record]) => [name, partState(name, record)]),
  )
  const states = Object.values(parts)
  return {
    running: states.length > 0 && states.every((part) => part.state === 'running'),
    root: file.root,
    kubeconfig: paths.kubeconfig,
    kubectl: `${paths.bin}/kubectl`,
    addresses,
    images,
    git: {
      url: addresses.gitLocal,
      pushTokenFile: secretFiles.gitPush,
      fetchTokenFile: secretFiles.gitFetch,
    },
    webhookSecretFile: secretFiles.webhook,
    hookKeyFile: secretFiles.hook,
    eventsTokenFile: secretFiles.events,
    github: file.github
      ? {
          url: addresses.githubLocal,
          people: { ana: secretFiles.githubAna, bo: secretFiles.githubBo },
        }
      : undefined,
    temporalDatabase: paths.temporalDatabase,
    auditLog: paths.auditLog,
    log: paths.log,
    parts,
  }
}

export function readStateFile(): StateFile {
  try {
    return JSON.parse(readFileSync(paths.stateFile, 'utf8')) as StateFile
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { root: '', versions: '', parts: {} }
    throw new Error(
      `cannot read ${paths.stateFile}: ${(error as Error).message}; remove it when it is broken`,
      { cause: error },
    )
  }
}

/** Changes the state file in one step: a reader sees it before or after, never half. */
export function updateState(change: (state: StateFile) => StateFile): void {
  mkdirSync(dirname(paths.stateFile), { recursive: true, mode: 0o755 })
  const draft = `${paths.stateFile}.new`
  writeFileSync(draft, `${JSON.stringify(change(readStateFile()), null, 2)}\n`, { mode: 0o600 })
  renameSync(draft, paths.stateFile)
}

/** From the next start of the worker on events go there; nowhere when it is undefined. */
export const sendEventsTo = (sink: string | undefined): void =>
  updateState(({ sink: _, ...state }) => ({ ...state, ...(sink !== undefined && { sink }) }))

export function recordPart(name: string, record: PartRecord | undefined): void {
  updateState((state) => {
    const parts = { ...state.parts }
    if (record === undefined) delete parts[name]
    else parts[name] = record
    return { ...state, parts }
  })
}

function partState(name: string, record: PartRecord): PartState {
  const alive = isAlive(record)
  return { state: alive ? 'running' : 'stopped', pid: alive ? record.pid : null, log: logOf(name) }
}
