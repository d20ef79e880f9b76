// Layers are tars that other programs read; an image's name and digests are what a registry expects.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readLayer, writeLayer } from '../../local/images/layer.ts'
import { parseReference, push } from '../../local/images/push.ts'

const folder = mkdtempSync(join(tmpdir(), 'slipway-images-'))

async function aLayer(name: string) {
  const program = join(folder, name)
  writeFileSync(program, '#!/bin/sh\necho hello\n'.repeat(100))
  const tar = join(folder, `${name}.tar`)
  await writeLayer(tar, [{ path: `usr/local/bin/${name}`, from: program, mode: 0o755 }])
  return { program, tar, layer: await readLayer(tar) }
}

test('tar reads what was written: name, mode and content', async () => {
  const { program, tar } = await aLayer('hello')
  expect(execFileSync('tar', ['-tvf', tar]).toString()).toMatch(
    /^-rwxr-xr-x 0\/0 +2100 .* usr\/local\/bin\/hello\n$/,
  )
  expect(execFileSync('tar', ['-xOf', tar]).equals(readFileSync(program))).toBe(true)
})

test('the same files make the same layer', async () => {
  const first = (await aLayer('twice')).layer
  const tar = join(folder, 'again.tar')
  await writeLayer(tar, [{ path: 'usr/local/bin/twice', from: join(folder, 'twice'), mode: 0o755 }])
  expect((await readLayer(tar)).digest).toBe(first.digest)
})

test('a reference has a host, a name and a tag', () => {
  const parts = { host: '10.244.0.1:5000', name: 'slipway/pause', tag: '1' }
  expect(parseReference('10.244.0.1:5000/slipway/pause:1')).toEqual(parts)
  expect(() => parseReference('slipway')).toThrow('not an image reference: slipway')
})

test('a push brings blobs and manifest with their own digests, and the second brings nothing', async () => {
  const stored = new Map<string, Buffer>()
  const puts: string[] = []
  const server = createServer(async (request, answer) => {
    const url = new URL(request.url ?? '', 'http://registry')
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    const digest = `sha256:${createHash('sha256').update(body).digest('hex')}`
    if (request.method === 'HEAD') {
      const found = stored.get(url.pathname)
      const of = found === undefined ? '' : `sha256:${createHash('sha256').update(found).digest('hex')}`
      return answer.writeHead(found ? 200 : 404, { 'docker-content-digest': of }).end()
    }
    if (request.method === 'POST') return answer.writeHead(202, { location: `${url.pathname}1` }).end()
    puts.push(url.pathname)
    const claimed = url.searchParams.get('digest')
    stored.set(claimed === null ? url.pathname : `/v2/app/blobs/${claimed}`, body)
    return answer.writeHead(claimed === null || claimed === digest ? 201 : 400).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const { layer } = await aLayer('pushed')
  const image = { reference: `127.0.0.1:${port}/app:1`, layers: [layer], config: { Entrypoint: ['/pushed'] } }

  await push(image)
  const manifest = JSON.parse(stored.get('/v2/app/manifests/1')?.toString() ?? '{}')
  const config = JSON.parse(stored.get(`/v2/app/blobs/${manifest.config.digest}`)?.toString() ?? '{}')
  expect(manifest.layers).toEqual([
    { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: layer.digest, size: layer.size },
  ])
  expect(config.rootfs.diff_ids).toEqual([layer.digest])
  expect(config.config.Entrypoint).toEqual(['/pushed'])
  expect(puts).toHaveLength(3)

  await push(image)
  expect(puts).toHaveLength(3)
  await new Promise((resolve) => server.close(resolve))
})
