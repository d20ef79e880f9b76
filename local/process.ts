// Runs programs, starts lasting ones, and knows a process by its id and start time together.
import { type ChildProcess, spawn } from 'node:child_process'
import {
  closeSync,
  createWriteStream,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { setPriority } from 'node:os'
import { dirname } from 'node:path'

export type ProcessId = { readonly pid: number; readonly startTime: string }
export type Output = { readonly stdout: string; readonly stderr: string }
export type RunOptions = {
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
  readonly input?: string
  /** Milliseconds after which the program is ended and the run fails. */
  readonly timeout?: number
  /** Everything printed goes to this file too. */
  readonly log?: string
  readonly onOutput?: (text: string) => void
}

/** Runs a program to its end; fails with what it printed when its exit code is not 0. */
export async function run(command: readonly string[], options: RunOptions = {}): Promise<Output> {
  const [program = '', ...args] = command
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { ...environment(), ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    signal: endOfProgram.signal,
    ...(options.timeout === undefined ? {} : { timeout: options.timeout }),
  })
  const output = collect(child, options)
  child.stdin?.on('error', () => {}) // A program may end before it has read its input; its exit code tells.
  child.stdin?.end(options.input ?? '')
  const code = await exit(child)
  const { stdout, stderr } = output()
  if (code === 0) return { stdout, stderr }
  const said = (stderr.trim() || stdout.trim()).split('\n').slice(-15).join('\n')
  throw new Error(`${command.slice(0, 4).join(' ')} … ended with ${code}:\n${said}`)
}

/** Like run, but the answer to a question: undefined when the program fails or is not there. */
export async function ask(command: readonly string[], options: RunOptions = {}): Promise<string | undefined> {
  try {
    const { stdout, stderr } = await run(command, { timeout: 10_000, ...options })
    return stdout || stderr
  } catch {
    return undefined
  }
}

/** Programs that are at work when this one is told to end are ended with it. */
export const endOfProgram = new AbortController()

/** Starts a program that outlives this one; its output goes to the log. */
export function startDetached(
  command: readonly string[],
  options: { log: string; env?: Readonly<Record<string, string>> },
): ProcessId {
  const [program = '', ...args] = command
  mkdirSync(dirname(options.log), { recursive: true })
  keepSmall(options.log)
  const log = openSync(options.log, 'a', 0o600)
  const child = spawn(program, args, {
    cwd: '/',
    detached: true,
    env: { ...environment(), ...options.env },
    stdio: ['ignore', log, log],
  })
  child.on('error', () => {}) // Told below: a program that could not start has no process id.
  closeSync(log)
  child.unref()
  const startTime = child.pid === undefined ? undefined : startTimeOf(child.pid)
  if (child.pid === undefined || startTime === undefined)
    throw new Error(`cannot start ${program}: is it there and executable?`)
  return { pid: child.pid, startTime }
}

/**
 * Gives the program, and what it starts, a larger share of a busy machine, as its CPU requests would in a cluster. A program that was
 * started detached is a group of its own to the scheduler, where there are such groups; its niceness then counts for nothing beside
 * others.
 */
export function prefer({ pid }: ProcessId): void {
  const niceness = -10
  try {
    setPriority(pid, niceness)
    writeFileSync(`/proc/${pid}/autogroup`, `${niceness}`)
  } catch {
    // It has ended, or this is not allowed here, or there are no such groups: it serves with an equal share.
  }
}

/** True while this very process runs: another one with the same id has another start time. */
export function isAlive(id: ProcessId | undefined): boolean {
  return id !== undefined && startTimeOf(id.pid) === id.startTime
}

/** Ends a process: asks first, insists after the given time, returns when it is gone. */
export async function stop(id: ProcessId, patience = 10_000): Promise<void> {
  if (!signal(id, 'SIGTERM')) return
  if (await gone(id, patience)) return
  signal(id, 'SIGKILL')
  if (!(await gone(id, 10_000))) throw new Error(`process ${id.pid} does not end, even when killed`)
}

/** In clock ticks since the machine started; undefined for a process that is gone or only waits to be reaped. */
export function startTimeOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19]
  } catch {
    return undefined
  }
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** The caller's environment, without a kubeconfig that is none of ours. */
function environment(): NodeJS.ProcessEnv {
  const { KUBECONFIG: _, ...rest } = process.env
  return rest
}

/** A log that has grown long is put aside, in place of the one before it. */
function keepSmall(log: string): void {
  if (existsSync(log) && statSync(log).size > 50 * 2 ** 20) renameSync(log, `${log}.old`)
}

function signal(id: ProcessId, name: NodeJS.Signals): boolean {
  if (!isAlive(id)) return false
  try {
    return process.kill(id.pid, name)
  } catch {
    return false
  }
}

async function gone(id: ProcessId, patience: number): Promise<boolean> {
  for (const end = Date.now() + patience; Date.now() < end; await sleep(50)) {
    if (!isAlive(id)) return true
  }
  return !isAlive(id)
}

function exit(child: ChildProcess): Promise<number | string> {
  return new Promise((resolve, reject) => {
    child.once('error', (cause) =>
      reject(new Error(`cannot run ${child.spawnfile}: ${cause.message}`, { cause })),
    )
    child.once('close', (code, by) => resolve(code ?? by ?? 'no exit code'))
  })
}

function collect(child: ChildProcess, { log, onOutput }: RunOptions): () => Output {
  const chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] }
  const file = log === undefined ? undefined : openLog(log)
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.on('data', (data: Buffer) => {
      chunks[name].push(data)
      file?.write(data)
      onOutput?.(data.toString())
    })
  }
  child.once('close', () => file?.end())
  const text = (name: 'stdout' | 'stderr') => Buffer.concat(chunks[name]).toString()
  return () => ({ stdout: text('stdout'), stderr: text('stderr') })
}

function openLog(log: string) {
  mkdirSync(dirname(log), { recursive: true })
  return createWriteStream(log, { flags: 'a', mode: 0o600 })
}
