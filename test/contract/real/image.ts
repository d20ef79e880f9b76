// An image in the local registry that runs a program: the Node image's layers under a configuration of our own.
import { createHash } from 'node:crypto'
import type { Image } from '../../../domain/revision.ts'

const manifestTypes = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
]

interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
}
interface Manifest {
  readonly mediaType: string
  readonly config: Descriptor
  readonly layers: readonly Descriptor[]
}

/** `base` is `host:port/path:tag`. The same program is the same digest. */
export async function pushProgram(
  registry: string,
  base: string,
  path: string,
  program: string,
): Promise<Image> {
  const host = base.slice(0, base.indexOf('/'))
  const from = base.slice(host.length + 1, base.lastIndexOf(':'))
  const tag = base.slice(base.lastIndexOf(':') + 1)
  const manifest: Manifest = JSON.parse(await fetched(`${registry}/v2/${from}/manifests/${tag}`))
  const config = JSON.parse(await fetched(`${registry}/v2/${from}/blobs/${manifest.config.digest}`))
  const command = { Entrypoint: ['node', '-e', program], Cmd: null }
  const changed = JSON.stringify({ ...config, config: { ...config.config, ...command } })

  for (const { digest } of manifest.layers) await mount(registry, path, from, digest)
  const stored = { ...manifest.config, digest: sha256(changed), size: Buffer.byteLength(changed) }
  await upload(registry, path, changed)
  const body = JSON.stringify({ ...manifest, config: stored })
  const headers = { 'content-type': manifest.mediaType }
  await sent(`${registry}/v2/${path}/manifests/${sha256(body)}`, { method: 'PUT', headers, body }, 201)
  return { repository: `${host}/${path}`, digest: sha256(body) }
}

const sha256 = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`

async function fetched(url: string): Promise<string> {
  return (await sent(url, { headers: { accept: manifestTypes.join(', ') } }, 200)).text()
}

async function mount(registry: string, path: string, from: string, digest: string): Promise<void> {
  await sent(`${registry}/v2/${path}/blobs/uploads/?mount=${digest}&from=${from}`, { method: 'POST' }, 201)
}

async function upload(registry: string, path: string, body: string): Promise<void> {
  const begun = await sent(`${registry}/v2/${path}/blobs/uploads/`, { method: 'POST' }, 202)
  const place = new URL(begun.headers.get('location') ?? '', registry)
  place.searchParams.set('digest', sha256(body))
  const headers = { 'content-type': 'application/octet-stream' }
  await sent(place.href, { method: 'PUT', headers, body }, 201)
}

async function sent(url: string, init: RequestInit, expected: number): Promise<Response> {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(10_000) })
  if (response.status === expected) return response
  throw new Error(`${init.method ?? 'GET'} ${url}: HTTP ${response.status}: ${await response.text()}`)
}
