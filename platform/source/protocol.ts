// Git's smart HTTP protocol, version 2: the two commands that reading needs, `ls-refs` and `fetch`.
import { PermanentFailure } from '../../domain/failure.ts'
import type { GitHttp } from './http.ts'

export interface Ref {
  readonly name: string
  readonly oid: string
}

export interface FetchRequest {
  readonly wants: readonly string[]
  /** Commits of history; 1 is the commit alone. Absent: whatever the wanted objects reach. */
  readonly depth?: number
  /** What to leave out, where the server can: `blob:none`, `tree:0`. */
  readonly filter?: string
  /** The largest answer to take. */
  readonly maxBytes?: number
}

export interface Fetched {
  readonly pack: Buffer
  /** Commits whose parents were left out. */
  readonly shallow: ReadonlySet<string>
}

export interface GitServer {
  /** The refs whose names begin with `prefix`. */
  readonly refs: (prefix: string) => Promise<readonly Ref[]>
  /** The pack with these objects; undefined when the server has no such object. */
  readonly fetch: (request: FetchRequest) => Promise<Fetched | undefined>
}

/** Greets the server of a repository (a URL without a slash at its end) and learns what it can do. */
export async function connect(http: GitHttp, repository: string): Promise<GitServer> {
  const greeting = await http({
    method: 'GET',
    url: `${repository}/info/refs?service=git-upload-pack`,
    headers: { 'git-protocol': 'version=2' },
  })
  const capabilities = await readCapabilities(repository, greeting)
  const call = (body: Buffer, maxBytes?: number): Promise<Buffer> =>
    http({
      method: 'POST',
      url: `${repository}/git-upload-pack`,
      headers: {
        'git-protocol': 'version=2',
        'content-type': 'application/x-git-upload-pack-request',
        accept: 'application/x-git-upload-pack-result',
      },
      body,
      ...(maxBytes === undefined ? {} : { maxBytes }),
    })
  const canFilter = capabilities.get('fetch')?.split(' ').includes('filter') ?? false
  return {
    refs: async (prefix) => {
      const answer = await call(command('ls-refs', [`ref-prefix ${prefix}`]))
      return readPackets(repository, answer).flatMap((packet) =>
        packet.kind === 'data' ? [readRef(packet.text())] : [],
      )
    },
    fetch: async ({ wants, depth, filter, maxBytes }) => {
      const options = [
        'ofs-delta',
        'no-progress',
        ...wants.map((oid) => `want ${oid}`),
        ...(depth === undefined ? [] : [`deepen ${depth}`]),
        ...(filter === undefined || !canFilter ? [] : [`filter ${filter}`]),
        'done',
      ]
      return readFetched(repository, await call(command('fetch', options), maxBytes))
    },
  }
}

async function readCapabilities(repository: string, greeting: Buffer): Promise<Map<string, string>> {
  const lines = readPackets(repository, greeting).flatMap((packet) =>
    packet.kind === 'data' ? [packet.text()] : [],
  )
  if (!lines.includes('version 2')) {
    throw new PermanentFailure(
      'Invalid',
      `cannot read ${repository}: it does not speak git's protocol version 2`,
    )
  }
  if (lines.some((line) => line.startsWith('object-format=') && line !== 'object-format=sha1')) {
    throw new PermanentFailure('Invalid', `cannot read ${repository}: only SHA-1 repositories are supported`)
  }
  return new Map(
    lines.map((line) => {
      const [key = '', ...value] = line.split('=')
      return [key, value.join('=')]
    }),
  )
}

function readRef(line: string): Ref {
  const space = line.indexOf(' ')
  return { oid: line.slice(0, space), name: line.slice(space + 1) }
}

/**
 * Reads the sections of a `fetch` answer. An error that the server sends in the middle of a pack ends here,
 * not at a later read of an object that never came.
 */
function readFetched(repository: string, answer: Buffer): Fetched | undefined {
  const packets = readPackets(repository, answer, { unknownObject: 'stop' })
  if (packets === undefined) return undefined
  const shallow = new Set<string>()
  const pack: Buffer[] = []
  let section = ''
  for (const packet of packets) {
    if (packet.kind !== 'data') section = ''
    else if (section === '') section = packet.text()
    else if (section === 'shallow-info' && packet.text().startsWith('shallow ')) {
      shallow.add(packet.text().slice('shallow '.length))
    } else if (section === 'packfile') {
      const band = packet.bytes[0]
      if (band === 1) pack.push(packet.bytes.subarray(1))
      if (band === 3) throw serverError(repository, packet.bytes.subarray(1).toString())
    }
  }
  return { pack: Buffer.concat(pack), shallow }
}

type Packet =
  | { readonly kind: 'data'; readonly bytes: Buffer; readonly text: () => string }
  | { readonly kind: 'flush' | 'delimiter' | 'end' }

function readPackets(repository: string, bytes: Buffer): Packet[]
function readPackets(repository: string, bytes: Buffer, on: { unknownObject: 'stop' }): Packet[] | undefined
function readPackets(
  repository: string,
  bytes: Buffer,
  on?: { unknownObject: 'stop' },
): Packet[] | undefined {
  const packets: Packet[] = []
  for (let at = 0; at < bytes.length; ) {
    const head = bytes.toString('latin1', at, at + 4)
    const length = /^[0-9a-f]{4}$/i.test(head) ? Number.parseInt(head, 16) : -1
    if (length === 0 || length === 1 || length === 2) {
      packets.push({ kind: (['flush', 'delimiter', 'end'] as const)[length] })
      at += 4
      continue
    }
    if (length < 4 || at + length > bytes.length) {
      throw new Error(`cannot read ${repository}: its answer is not git's protocol, or was cut short`)
    }
    const data = bytes.subarray(at + 4, at + length)
    at += length
    if (data.toString('latin1', 0, 4) === 'ERR ') {
      const said = data.toString('utf8', 4)
      if (on !== undefined && /not our ref|unknown object|bad object/i.test(said)) return undefined
      throw serverError(repository, said)
    }
    packets.push({ kind: 'data', bytes: data, text: () => data.toString().replace(/\n$/, '') })
  }
  return packets
}

const serverError = (repository: string, said: string): Error =>
  new Error(`cannot read ${repository}: the git server said: ${said.replace(/\p{Cc}+/gu, ' ').slice(0, 200)}`)

function command(name: string, options: readonly string[]): Buffer {
  return Buffer.concat([
    packet(`command=${name}`),
    packet('agent=git/slipway'),
    packet('object-format=sha1'),
    Buffer.from('0001'),
    ...options.map(packet),
    Buffer.from('0000'),
  ])
}

/** A length and the bytes: nothing inside can be taken for another line. */
function packet(text: string): Buffer {
  const bytes = Buffer.from(text)
  return Buffer.concat([Buffer.from((bytes.length + 4).toString(16).padStart(4, '0')), bytes])
}
