// A real git server for tests: bare repositories behind `git http-backend`, over plain HTTP, with a token.
import { execFile, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'

export interface GitServer {
  /** `http://127.0.0.1:40123/git`: repositories lie below it. */
  readonly url: string
  /** Makes an empty bare repository and returns its URL. */
  readonly create: (name: string) => Promise<string>
  /** Commits these files (and nothing else) on the branch, or on another parent, and returns the commit. */
  readonly commit: (repository: string, commit: NewCommit) => Promise<string>
  /** Makes a branch of this many commits, the last of them a merge with a side branch, and returns them oldest first. */
  readonly history: (repository: string, branch: string, count: number) => Promise<readonly string[]>
  /** Every request that came: `GET /git/shop.git/info/refs?…`. */
  readonly requests: string[]
  readonly close: () => Promise<void>
}

export interface NewCommit {
  readonly branch: string
  readonly files: Readonly<Record<string, FileContent>>
  readonly title?: string
  readonly author?: string
  /** Instead of the branch's head; `none` makes a root commit. */
  readonly parent?: string
}
/** Text or bytes; or a symbolic link; or a submodule at a commit. */
export type FileContent = string | Buffer | { readonly link: string } | { readonly submodule: string }

const run = promisify(execFile)

/** `host` is where it listens; pods of the local cluster reach the bridge's address only. */
export async function aGitServer(token: string, host = '127.0.0.1'): Promise<GitServer> {
  const root = await mkdtemp(join(tmpdir(), 'slipway-git-server-'))
  const requests: string[] = []
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`)
    serve(root, token, request, response).catch(() => response.destroy())
  })
  await new Promise<void>((listening) => server.listen(0, host, listening))
  const url = `http://${host}:${(server.address() as AddressInfo).port}/git`
  const folder = (repository: string) => join(root, repository.slice(url.length))
  return {
    url,
    requests,
    create: async (name) => {
      await run('git', ['init', '--quiet', '--bare', '--initial-branch=main', join(root, name)])
      return `${url}/${name}`
    },
    commit: (repository, commit) => importCommit(folder(repository), commit),
    history: (repository, branch, count) => importHistory(folder(repository), branch, count),
    close: async () => {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
      await rm(root, { recursive: true, force: true })
    },
  }
}

async function serve(root: string, token: string, request: IncomingMessage, response: ServerResponse) {
  const sent = Buffer.from((request.headers.authorization ?? '').replace(/^basic /i, ''), 'base64').toString()
  if (sent.split(':')[1] !== token) {
    response.writeHead(401, { 'www-authenticate': 'Basic' }).end('who are you?')
    return
  }
  const url = new URL(request.url ?? '', 'http://server')
  const child = spawn('git', ['http-backend'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: {
      PATH: process.env.PATH,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      PATH_INFO: decodeURIComponent(url.pathname.replace(/^\/git/, '')),
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      REMOTE_USER: 'test',
      GIT_CONFIG_COUNT: '2',
      GIT_CONFIG_KEY_0: 'uploadpack.allowAnySHA1InWant',
      GIT_CONFIG_VALUE_0: 'true',
      GIT_CONFIG_KEY_1: 'safe.directory',
      GIT_CONFIG_VALUE_1: '*',
    },
  })
  // The backend may end before it has read everything: its answer counts, not that.
  pipeline(request, child.stdin).catch(() => {})
  const output: Buffer[] = []
  for await (const chunk of child.stdout) output.push(chunk)
  const answer = Buffer.concat(output)
  const end = answer.indexOf('\r\n\r\n')
  const headers = answer.toString('latin1', 0, end).split('\r\n')
  for (const header of headers) {
    const [name = '', ...value] = header.split(': ')
    if (name === 'Status') response.statusCode = Number.parseInt(value.join(''), 10)
    else response.setHeader(name, value.join(': '))
  }
  response.end(answer.subarray(end + 4))
}

/** Through `git fast-import`: names and contents that no work tree could hold pass unharmed. */
async function importCommit(folder: string, { branch, files, ...about }: NewCommit): Promise<string> {
  const { title = 'Change', author = 'Ana <ana@example.com>', parent } = about
  const head = await run('git', ['rev-parse', '--verify', '--quiet', `refs/heads/${branch}`], { cwd: folder })
    .then(({ stdout }) => stdout.trim())
    .catch(() => undefined)
  const from = parent === 'none' ? undefined : (parent ?? head)
  const seconds = 1_700_000_000
  const data = (bytes: string | Buffer) => [`data ${Buffer.byteLength(bytes)}\n`, bytes, '\n']
  const stream: (string | Buffer)[] = [
    'commit refs/slipway-test/new\n',
    `author ${author} ${seconds} +0000\ncommitter ${author} ${seconds} +0000\n`,
    ...data(title),
    ...(from === undefined ? [] : [`from ${from}\n`]),
    'deleteall\n',
  ]
  for (const [path, content] of Object.entries(files)) {
    if (typeof content === 'string' || Buffer.isBuffer(content)) {
      stream.push(`M 100644 inline ${path}\n`, ...data(content))
    } else if ('link' in content) stream.push(`M 120000 inline ${path}\n`, ...data(content.link))
    else stream.push(`M 160000 ${content.submodule} ${path}\n`)
  }
  await feed(folder, ['fast-import', '--quiet', '--force'], stream)
  const { stdout } = await run('git', ['rev-parse', 'refs/slipway-test/new'], { cwd: folder })
  const sha = stdout.trim()
  await run('git', ['update-ref', '-d', 'refs/slipway-test/new'], { cwd: folder })
  await run('git', ['update-ref', `refs/heads/${branch}`, sha], { cwd: folder })
  return sha
}

/** The side branch's only commit comes second to last in the list; the merge has it as its second parent. */
async function importHistory(folder: string, branch: string, count: number): Promise<readonly string[]> {
  const commit = (mark: number, ref: string, lines: readonly string[]) =>
    `commit ${ref}\nmark :${mark}\ncommitter Ana <ana@example.com> ${1_700_000_000 + mark} +0000\ndata 1\nx\n${lines.join('')}\n`
  const stream = Array.from({ length: count }, (_, index) => {
    const mark = index + 1
    const main = `refs/heads/${branch}`
    if (mark === count - 1)
      return commit(mark, `refs/heads/${branch}-side`, ['M 100644 inline side\ndata 0\n'])
    if (mark === count) return commit(mark, main, [`from :${mark - 2}\n`, `merge :${mark - 1}\n`])
    return commit(mark, main, [`M 100644 inline a\ndata ${String(mark).length}\n${mark}\n`])
  })
  const marks = join(folder, 'marks')
  await feed(folder, ['fast-import', '--quiet', '--force', `--export-marks=${marks}`], stream)
  const lines = (await readFile(marks, 'utf8')).trim().split('\n')
  const byMark = new Map(lines.map((line) => [Number(line.slice(1).split(' ')[0]), line.split(' ')[1] ?? '']))
  return stream.map((_, index) => byMark.get(index + 1) ?? '')
}

async function feed(cwd: string, words: string[], input: readonly (string | Buffer)[]): Promise<void> {
  const child = spawn('git', words, { cwd, stdio: ['pipe', 'ignore', 'inherit'] })
  const ended = new Promise<number | null>((resolve) => child.on('exit', resolve))
  child.stdin.end(Buffer.concat(input.map((part) => Buffer.from(part))))
  if ((await ended) !== 0) throw new Error(`git ${words.join(' ')} failed in ${cwd}`)
}
