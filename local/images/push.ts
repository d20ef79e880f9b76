// Puts an image into the local registry by the registry's own protocol.
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { request } from 'node:http'
import { Readable } from 'node:stream'
import type { Layer } from './layer.ts'

export type Image = {
  /** host:port/name:tag */
  readonly reference: string
  readonly layers: readonly Layer[]
  readonly config: {
    readonly Env?: readonly string[]
    readonly Entrypoint?: readonly string[]
    readonly Cmd?: readonly string[]
  }
}

const type = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
}

/** Pushes what the registry does not have yet; twice is the same as once. */
export async function push(image: Image): Promise<void> {
  const { host, name, tag } = parseReference(image.reference)
  const base = `http://${host}/v2/${name}`
  const config = Buffer.from(JSON.stringify(configOf(image)))
  const manifest = Buffer.from(JSON.stringify(manifestOf(image, config)))
  if ((await digestServed(base, tag)) === sha256(manifest)) return
  for (const layer of image.layers)
    await pushBlob(base, layer.digest, layer.size, () => createReadStream(layer.file))
  await pushBlob(base, sha256(config), config.length, () => Readable.from([config]))
  await put(`${base}/manifests/${tag}`, type.manifest, manifest.length, Readable.from([manifest]))
}

export function parseReference(reference: string): { host: string; name: string; tag: string } {
  const [, host, name, tag] = reference.match(/^([^/]+)\/(.+):([^:/]+)$/) ?? []
  if (host === undefined || name === undefined || tag === undefined)
    throw new Error(`not an image reference: ${reference}`)
  return { host, name, tag }
}

export function configOf(image: Image) {
  return {
    architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
    os: 'linux',
    config: image.config,
    rootfs: { type: 'layers', diff_ids: image.layers.map((layer) => layer.digest) },
    history: image.layers.map(() => ({ created_by: 'slipway up' })),
  }
}

export function manifestOf(image: Image, config: Buffer) {
  return {
    schemaVersion: 2,
    mediaType: type.manifest,
    config: { mediaType: type.config, digest: sha256(config), size: config.length },
    layers: image.layers.map(({ digest, size }) => ({ mediaType: type.layer, digest, size })),
  }
}

async function digestServed(base: string, tag: string): Promise<string | null> {
  const answer = await fetch(`${base}/manifests/${tag}`, {
    method: 'HEAD',
    headers: { accept: type.manifest },
  })
  return answer.ok ? answer.headers.get('docker-content-digest') : null
}

async function pushBlob(base: string, digest: string, size: number, open: () => Readable): Promise<void> {
  if ((await fetch(`${base}/blobs/${digest}`, { method: 'HEAD' })).ok) return
  const upload = await fetch(`${base}/blobs/uploads/`, { method: 'POST' })
  const location = upload.headers.get('location')
  if (location === null)
    throw new Error(`cannot begin an upload to ${base}: the registry answered ${upload.status}`)
  const target = new URL(location, base)
  target.searchParams.set('digest', digest)
  await put(target.href, 'application/octet-stream', size, open())
}

function put(url: string, contentType: string, size: number, body: Readable): Promise<void> {
  const headers = { 'content-type': contentType, 'content-length': size }
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'PUT', headers, timeout: 120_000 }, (answer) => {
      answer.resume()
      if (answer.statusCode === 201) resolve()
      else
        reject(new Error(`cannot put ${new URL(url).pathname}: the registry answered ${answer.statusCode}`))
    })
    sent.once('timeout', () =>
      sent.destroy(new Error(`cannot put ${new URL(url).pathname}: no answer in two minutes`)),
    )
    sent.once('error', reject)
    body.once('error', reject).pipe(sent)
  })
}

const sha256 = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`
