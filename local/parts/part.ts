// A part is one lasting process: how it is started, how it shows that it serves, and how it is kept so.
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { ports } from '../addresses.ts'
import { logOf } from '../paths.ts'
import { occupant } from '../ports.ts'
import { isAlive, prefer, sleep, startDetached, stop } from '../process.ts'
import { readStateFile, recordPart } from '../state.ts'

export type Part = {
  readonly name: string
  readonly title: string
  readonly command: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Configuration, written before the start; a change of it restarts the part. */
  readonly files?: Readonly<Record<string, string>>
  /** Who waits for its answer waits outside and not for long: where all are busy, the other parts give way. */
  readonly urgent?: boolean
  /** Whatever else must restart the part when it changes. */
  readonly also?: string
  /** What is still missing, or undefined when the part serves. */
  readonly missing: () => Promise<string | undefined>
}

const patience = { running: 10_000, starting: 90_000, poll: 100 }

/** Leaves the part running and serving, whatever it was before: says what had to be done. */
export async function ensurePart(part: Part): Promise<'was running' | 'started' | 'restarted'> {
  const record = readStateFile().parts[part.name]
  const alive = record !== undefined && isAlive(record)
  if (
    alive &&
    record.fingerprint === fingerprintOf(part) &&
    (await serves(part, patience.running)) === undefined
  ) {
    return 'was running'
  }
  if (alive) await stop(record, stopPatience(part.name))
  await start(part)
  return record === undefined ? 'started' : 'restarted'
}

/** The port that a part needs and somebody else has, in words; undefined when all are free. */
export function conflict(name: string): string | undefined {
  if (isAlive(readStateFile().parts[name])) return undefined
  return taken(name, ports[name] ?? [])
}

export function taken(
  name: string,
  wanted: readonly (readonly [host: string, port: number])[],
): string | undefined {
  for (const [host, port] of wanted) {
    const holder = occupant(host, port)
    if (holder !== undefined) return `port ${port} of ${host}, which ${name} needs, is in use by ${holder}`
  }
  return undefined
}

export async function stopPart(name: string): Promise<void> {
  const record = readStateFile().parts[name]
  if (record !== undefined) await stop(record, stopPatience(name))
  recordPart(name, undefined)
}

/** The API server would wait for its watchers, who never leave; all it knows is in etcd, so nothing is lost. */
const stopPatience = (name: string): number => (name === 'kube-apiserver' ? 2_000 : 15_000)

async function start(part: Part): Promise<void> {
  const holder = conflict(part.name)
  if (holder !== undefined) throw new Error(`${holder}: end that process, then run this again`)
  for (const [file, content] of Object.entries(part.files ?? {})) {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, content, { mode: 0o600 })
  }
  const id = startDetached(part.command, {
    log: logOf(part.name),
    ...(part.env === undefined ? {} : { env: part.env }),
  })
  if (part.urgent) prefer(id)
  recordPart(part.name, { ...id, fingerprint: fingerprintOf(part) })
  const missing = await serves(part, patience.starting, () => isAlive(id))
  if (missing !== undefined) throw new Error(`${part.title} does not serve: ${missing}`)
}

async function serves(
  part: Part,
  within: number,
  alive: () => boolean = () => true,
): Promise<string | undefined> {
  let missing: string | undefined
  for (const end = Date.now() + within; Date.now() < end; await sleep(patience.poll)) {
    missing = await part.missing().catch((error: Error) => error.message)
    if (missing === undefined) return undefined
    if (!alive()) return 'it ended right after its start'
  }
  return `${missing} (after ${within / 1000} s)`
}

function fingerprintOf(part: Part): string {
  const { command, env, files, also, urgent } = part
  return createHash('sha256')
    .update(JSON.stringify({ command, env, files, also, urgent }))
    .digest('hex')
    .slice(0, 16)
}
