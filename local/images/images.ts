// The five images that the cluster starts with, made here and put into the local registry.
import { createHash } from 'node:crypto'
import { basename, join } from 'node:path'
import { images } from '../addresses.ts'
import { cached } from '../tools/cache.ts'
import { debianRoot } from './debian-root.ts'
import { type Layer, readLayer, writeLayer } from './layer.ts'
import { push } from './push.ts'

const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

export const nodeRoot = (mmdebstrap: string): Promise<string> => debianRoot(mmdebstrap, 'node', ['nodejs'])
export const buildkitRoot = (mmdebstrap: string): Promise<string> =>
  debianRoot(mmdebstrap, 'buildkit', ['git', 'runc', 'mount', 'grep', 'sed'])

/** An image that is one static program and nothing else. */
export async function pushProgram(
  reference: string,
  program: string,
  name = basename(program),
): Promise<void> {
  const layer = await programs([program], '', name)
  await push({ reference, layers: [layer], config: { Entrypoint: [`/${name}`] } })
}

export async function pushNode(root: string): Promise<void> {
  const layers = [await readLayer(root)]
  await push({ reference: images.node, layers, config: { Env: [path], Cmd: ['node'] } })
}

export async function pushBuildkit(root: string, folder: string): Promise<void> {
  const tools = await programs([join(folder, 'buildkitd'), join(folder, 'buildctl')], 'usr/local/bin/')
  const layers = [await readLayer(root), tools]
  await push({
    reference: images.buildkit,
    layers,
    config: { Env: [path], Entrypoint: ['/usr/local/bin/buildkitd'] },
  })
}

async function programs(files: readonly string[], into: string, name?: string): Promise<Layer> {
  const key = createHash('sha256')
    .update([into, name, ...files].join(' '))
    .digest('hex')
    .slice(0, 12)
  const folder = await cached(`layer-${name ?? 'programs'}-${key}`, async (draft) => {
    const entries = files.map((from) => ({ path: `${into}${name ?? basename(from)}`, from, mode: 0o755 }))
    await writeLayer(join(draft, 'layer.tar'), entries)
  })
  return readLayer(join(folder, 'layer.tar'))
}
