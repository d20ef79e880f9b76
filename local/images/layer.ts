// A layer of an image: a plain tar file with its digest beside it.
import { createHash } from 'node:crypto'
import {
  createReadStream,
  createWriteStream,
  existsSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { pipeline } from 'node:stream/promises'

export type Layer = { readonly file: string; readonly digest: string; readonly size: number }
export type LayerFile = { readonly path: string; readonly from: string; readonly mode: number }

const block = 512

/** Writes the files into a tar, in order, without owners or times, so that the same files make the same digest. */
export async function writeLayer(tar: string, files: readonly LayerFile[]): Promise<void> {
  await pipeline(async function* () {
    for (const file of files) {
      const size = statSync(file.from).size
      yield header(file.path, size, file.mode)
      yield* createReadStream(file.from)
      yield Buffer.alloc((block - (size % block)) % block)
    }
    yield Buffer.alloc(2 * block)
  }, createWriteStream(tar))
}

export async function readLayer(tar: string): Promise<Layer> {
  const known = `${tar}.sha256`
  if (!existsSync(known)) writeFileSync(known, await digestOf(tar))
  return { file: tar, digest: readFileSync(known, 'utf8'), size: statSync(tar).size }
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash)
  return `sha256:${hash.digest('hex')}`
}

/** One ustar header: the format that every image tool reads. */
export function header(path: string, size: number, mode: number): Buffer {
  const bytes = Buffer.alloc(block)
  const octal = (value: number, length: number) => `${value.toString(8).padStart(length - 1, '0')}\0`
  bytes.write(path, 0, 100)
  bytes.write(octal(mode, 8), 100)
  bytes.write(octal(0, 8), 108)
  bytes.write(octal(0, 8), 116)
  bytes.write(octal(size, 12), 124)
  bytes.write(octal(0, 12), 136)
  bytes.write(' '.repeat(8), 148)
  bytes.write('0', 156)
  bytes.write('ustar\u000000', 257)
  const sum = bytes.reduce((total, byte) => total + byte, 0)
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return bytes
}
