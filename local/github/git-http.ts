// The repositories over git's smart HTTP: installations read with their token, people push with theirs.
import { spawn } from 'node:child_process'
import { Readable } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import type { Caller, Callers } from './caller.ts'
import { folderOf, gitSettings, refsOf } from './commits.ts'
import { sees } from './operation.ts'
import { Refusal } from './refusal.ts'
import { fullNameOf, type Repository, repositoryNamed, type State } from './state.ts'

export interface Pushed {
  readonly repository: Repository
  readonly login: string
  readonly before: ReadonlyMap<string, string>
  readonly after: ReadonlyMap<string, string>
}

export interface GitOptions {
  readonly state: State
  readonly callers: Callers
  readonly pushed: (push: Pushed) => Promise<void>
}

const services = ['info/refs', 'git-upload-pack', 'git-receive-pack']

/** Undefined: this is no request of git's. */
export function gitRepositories(options: GitOptions): (request: Request) => Promise<Response | undefined> {
  const inTurn = turns()
  return async (request) => {
    const url = new URL(request.url)
    const [, name = '', service = ''] = /^\/([^/]+\/[^/]+?)(?:\.git)?\/(.+)$/.exec(url.pathname) ?? []
    if (!services.includes(service)) return undefined
    const asks = url.searchParams.get('service') ?? service
    try {
      const { repository, login } = allowed(options, request, name, asks)
      const call = { request, repository, service, login, root: options.state.root }
      if (service !== 'git-receive-pack') return await backend(call)
      return await inTurn(name, () => receive(options, call))
    } catch (error) {
      if (error instanceof Refusal) {
        return new Response(`${error.message}\n`, { status: error.status, headers: error.headers })
      }
      throw error
    }
  }
}

interface Allowed {
  readonly repository: Repository
  readonly login: string
}

function allowed({ state, callers }: GitOptions, request: Request, name: string, asks: string): Allowed {
  const caller = callerOf(callers, request)
  const repository = state.renamed.get(name.toLowerCase()) ?? repositoryNamed(state, name)
  if (!repository || !sees(state, caller, repository)) throw new Refusal(404, 'Repository not found.')
  const level = asks === 'git-receive-pack' ? 'write' : 'read'
  if (caller.kind === 'user') {
    if (level === 'read' || ['write', 'admin'].includes(repository.permissions.get(caller.login) ?? '')) {
      return { repository, login: caller.login }
    }
    throw new Refusal(403, `Permission to ${name}.git denied to ${caller.login}.`)
  }
  const granted = caller.kind === 'installation' ? caller.token.permissions.contents : undefined
  if (caller.kind === 'installation' && (granted === 'write' || granted === level)) {
    return { repository, login: `${caller.token.installation.app.slug}[bot]` }
  }
  throw new Refusal(403, 'Write access to repository not granted.')
}

function callerOf(callers: Callers, request: Request): Caller {
  const unknown = new Refusal(401, 'Authentication required', {
    headers: { 'www-authenticate': 'Basic realm="GitHub"' },
  })
  const [, encoded] = /^basic (\S+)$/i.exec(request.headers.get('authorization') ?? '') ?? []
  if (encoded === undefined) throw unknown
  const [, ...password] = Buffer.from(encoded, 'base64').toString().split(':')
  try {
    return callers.ofToken(password.join(':'))
  } catch {
    throw unknown
  }
}

interface BackendCall {
  readonly request: Request
  readonly repository: Repository
  readonly service: string
  readonly login: string
  readonly root: string
}

/** What was pushed is what differs between before and after: nobody else may push to it in between. */
async function receive({ state, pushed }: GitOptions, call: BackendCall): Promise<Response> {
  const folder = folderOf(state, call.repository)
  const before = await refsOf(folder)
  const response = await backend(call)
  const answer = await response.arrayBuffer()
  const after = await refsOf(folder)
  await pushed({ repository: call.repository, login: call.login, before, after })
  return new Response(answer, { status: response.status, headers: response.headers })
}

async function backend(call: BackendCall): Promise<Response> {
  const { request } = call
  const child = spawn('git', ['http-backend'], { env: environment(call), stdio: 'pipe' })
  const input = request.body ? Readable.fromWeb(request.body as ReadableStream) : Readable.from([])
  // The backend may end before it has read everything: its answer counts, not that.
  void pipeline(input, child.stdin).catch(() => undefined)
  const [output, complaint] = await Promise.all([buffer(child.stdout), text(child.stderr)])
  const end = output.indexOf('\r\n\r\n')
  if (end < 0) throw new Error(`git http-backend gave no answer: ${complaint.trim()}`)
  const lines = output.toString('latin1', 0, end).split('\r\n')
  const headers = lines.map((line): [string, string] => {
    const [name = '', ...value] = line.split(': ')
    return [name.toLowerCase(), value.join(': ')]
  })
  const status = Number.parseInt(headers.find(([name]) => name === 'status')?.[1] ?? '200', 10)
  return new Response(new Uint8Array(output.subarray(end + 4)), {
    status,
    headers: headers.filter(([name]) => name !== 'status'),
  })
}

const settings: Readonly<Record<string, string>> = {
  'safe.directory': '*',
  'http.receivepack': 'true',
  'uploadpack.allowAnySHA1InWant': 'true',
  'uploadpack.allowFilter': 'true',
  'gc.auto': '0',
}

function environment({ request, repository, service, login, root }: BackendCall): NodeJS.ProcessEnv {
  const { headers, method, url } = request
  const numbered = Object.entries(settings).flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ])
  return {
    PATH: process.env.PATH,
    ...gitSettings,
    ...Object.fromEntries(numbered),
    GIT_CONFIG_COUNT: String(Object.keys(settings).length),
    GIT_PROJECT_ROOT: root,
    GIT_HTTP_EXPORT_ALL: '1',
    GIT_PROTOCOL: headers.get('git-protocol') ?? '',
    PATH_INFO: `/${fullNameOf(repository)}.git/${service}`,
    QUERY_STRING: new URL(url).search.slice(1),
    REQUEST_METHOD: method,
    CONTENT_TYPE: headers.get('content-type') ?? '',
    HTTP_CONTENT_ENCODING: headers.get('content-encoding') ?? '',
    REMOTE_USER: login,
  }
}

/** Work of the same name waits for the work before it. */
function turns() {
  const last = new Map<string, Promise<unknown>>()
  return <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const turn = (last.get(name) ?? Promise.resolve()).then(work, work)
    last.set(name, turn)
    return turn
  }
}
