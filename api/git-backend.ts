// Runs `git http-backend` for one request: CGI in, HTTP out, streaming both ways.
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { Readable, Transform, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import type { Logger } from 'pino'
import { gitEnvironment, largestPack } from './git-environment.ts'
import { Problem } from './problem.ts'

export interface RefUpdate {
  readonly old: string
  readonly new: string
  readonly ref: string
}

export interface GitCall {
  readonly request: Request
  /** Below the repository: `info/refs`, `git-upload-pack` or `git-receive-pack`. */
  readonly path: string
  readonly repository: string
  readonly user: string
  /** Called once when a push has moved refs; its lines go to the pusher until it ends. */
  readonly received: (updates: readonly RefUpdate[], signal: AbortSignal) => AsyncIterable<string>
}

export interface GitBackendOptions {
  readonly root: string
  readonly hooks: string
  readonly log: Logger
  /** Milliseconds that one git process may live. */
  readonly longest?: number
  /** How many may run at once. */
  readonly most?: number
}

export function gitBackend({ root, hooks, log, longest = 1_800_000, most = 64 }: GitBackendOptions) {
  let running = 0
  return async (call: GitCall): Promise<Response> => {
    if (running >= most) {
      throw new Problem(503, 'git-busy', 'too many git operations at once; try again in a few seconds', {
        headers: { 'retry-after': '5' },
      })
    }
    running += 1
    const child = spawn('git', ['http-backend'], {
      cwd: root,
      env: { ...gitEnvironment(root, { 'core.hooksPath': hooks }), ...cgi(call, root) },
      // A group of its own, so that what it starts ends with it.
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe', 'pipe', 'pipe'],
    })
    const ended = end(child, longest).finally(() => {
      running -= 1
    })
    return serve(call, child, ended, log)
  }
}

async function serve(
  call: GitCall,
  child: ChildProcess,
  ended: Promise<Ended>,
  log: Logger,
): Promise<Response> {
  const fields = { repository: call.repository, path: call.path }
  const [stdin, stdout, stderr, told, tell] = child.stdio as [
    Writable,
    Readable,
    Readable,
    Readable,
    Writable,
  ]
  const gone = new AbortController()
  // A pusher that disconnects is no longer told, but git ends in its own time: killed at the wrong moment it leaves a lock.
  const onGone = () => {
    gone.abort()
    stdin.destroy()
    if (call.path === 'git-receive-pack') stdout.resume()
    else signalGroup(child, 'SIGTERM')
  }
  call.request.signal.addEventListener('abort', onGone, { once: true })

  void pipeline(body(call.request), atMost(largestPack + 1_048_576), stdin).catch(() => stdin.destroy())
  void relay(told, tell, (updates) => call.received(updates, gone.signal)).catch((error: unknown) =>
    log.error({ ...fields, error }, 'a push could not be followed'),
  )
  const complaint = lastLines(stderr)
  void ended.then(({ code, signal, error }) => {
    call.request.signal.removeEventListener('abort', onGone)
    gone.abort()
    if (code !== 0) log.warn({ ...fields, code, signal, error, git: complaint() }, 'git ended with an error')
  })

  const { status, headers } = await readHeader(stdout).catch((error: unknown) => {
    signalGroup(child, 'SIGTERM')
    throw new Error(`git http-backend gave no answer for ${call.repository}; is git installed?`, {
      cause: error,
    })
  })
  return new Response(Readable.toWeb(stdout) as globalThis.ReadableStream, { status, headers })
}

/** What CGI (RFC 3875) wants to know; nothing else of the request reaches git. */
function cgi({ request, path, repository, user }: GitCall, root: string): Record<string, string> {
  const header = (name: string, variable: string) => {
    const value = request.headers.get(name)
    return value === null ? [] : [[variable, value]]
  }
  return {
    GIT_PROJECT_ROOT: root,
    GIT_HTTP_EXPORT_ALL: '1',
    PATH_INFO: `/${repository}.git/${path}`,
    QUERY_STRING: new URL(request.url).search.slice(1),
    REQUEST_METHOD: request.method,
    REMOTE_USER: user,
    ...Object.fromEntries([
      ...header('content-type', 'CONTENT_TYPE'),
      ...header('content-length', 'CONTENT_LENGTH'),
      ...header('content-encoding', 'HTTP_CONTENT_ENCODING'),
      ...header('git-protocol', 'GIT_PROTOCOL'),
    ]),
  }
}

const body = (request: Request): Readable =>
  request.body ? Readable.fromWeb(request.body as ReadableStream) : Readable.from([])

function atMost(bytes: number): Transform {
  let seen = 0
  return new Transform({
    transform(chunk: Buffer, _encoding, next) {
      seen += chunk.length
      if (seen > bytes) next(new Error(`the request is larger than ${bytes} bytes`))
      else next(null, chunk)
    },
  })
}

/** Reads the hook's `old new ref` lines up to the empty one, then writes what is answered. */
async function relay(
  told: Readable,
  tell: Writable,
  received: (updates: readonly RefUpdate[]) => AsyncIterable<string>,
): Promise<void> {
  // The hook may be gone before it has read everything.
  tell.on('error', () => undefined)
  told.on('error', () => undefined)
  const updates: RefUpdate[] = []
  for await (const line of createInterface({ input: told })) {
    if (line === '') break
    const [before, after, ...ref] = line.split(' ')
    if (before && after) updates.push({ old: before, new: after, ref: ref.join(' ') })
  }
  try {
    if (updates.length > 0) for await (const line of received(updates)) tell.write(`${line}\n`)
  } finally {
    tell.end()
  }
}

interface CgiHeader {
  readonly status: number
  readonly headers: [string, string][]
}

async function readHeader(stdout: Readable): Promise<CgiHeader> {
  let head = Buffer.alloc(0)
  for await (const chunk of stdout.iterator({ destroyOnReturn: false })) {
    head = Buffer.concat([head, chunk as Buffer])
    const at = head.indexOf('\r\n\r\n')
    if (at < 0 && head.length > 16_384) break
    if (at < 0) continue
    if (head.length > at + 4) stdout.unshift(head.subarray(at + 4))
    return parseHeader(head.subarray(0, at).toString('latin1'))
  }
  throw new Error('the output ended before its header')
}

function parseHeader(text: string): CgiHeader {
  const lines = text.split('\r\n').map((line): [string, string] => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
  })
  const status = Number.parseInt(lines.find(([name]) => name === 'status')?.[1] ?? '200', 10)
  return { status, headers: lines.filter(([name]) => name !== 'status') }
}

function lastLines(stderr: Readable): () => string {
  let tail = ''
  stderr.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-2000)
  })
  return () => tail.trim()
}

interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly error?: string
}

/** Resolves when git has ended; past its time it is asked to, then made to. */
function end(child: ChildProcess, longest: number): Promise<Ended> {
  const timers = [
    setTimeout(() => signalGroup(child, 'SIGTERM'), longest),
    setTimeout(() => signalGroup(child, 'SIGKILL'), longest + 10_000),
  ]
  return new Promise<Ended>((resolve) => {
    child.once('error', (error) => resolve({ code: null, signal: null, error: error.message }))
    child.once('exit', (code, signal) => resolve({ code, signal }))
  }).finally(() => timers.forEach(clearTimeout))
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  try {
    process.kill(-child.pid, signal)
  } catch {
    // It ended between the look and the signal.
  }
}
