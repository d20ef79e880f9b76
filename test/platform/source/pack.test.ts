// Packs as real git writes them are read whole; packs as nobody should write them are refused without harm.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { objectId, readPack } from '../../../platform/source/pack.ts'

describe('readPack', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'slipway-pack-'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const git = (words: string[], input = '') =>
    execFileSync('git', words, { cwd: folder, input, maxBuffer: 64 * 1024 * 1024 })

  it.each([
    ['deltas against offsets', ['--delta-base-offset']],
    ['deltas against ids', ['--no-delta-base-offset']],
  ])('reads what git packed, with %s', async (_name, options) => {
    git(['init', '--quiet', '.'])
    const oids = Array.from({ length: 40 }, (_, version) => {
      const lines = Array.from({ length: 400 }, (_, line) =>
        line % 40 === version ? `changed ${version}` : `line ${line}`,
      )
      writeFileSync(join(folder, 'file'), lines.join('\n'))
      return git(['hash-object', '-w', 'file']).toString().trim()
    })
    const pack = git(
      ['pack-objects', '--stdout', '--window=20', '--depth=30', ...options],
      `${oids.join('\n')}\n`,
    )
    const objects = await readPack(pack)
    expect([...objects.keys()].sort()).toEqual([...oids].sort())
    for (const oid of oids) {
      expect(objects.get(oid)?.bytes.equals(git(['cat-file', 'blob', oid]))).toBe(true)
    }
  })

  const packOf = (...entries: Buffer[]): Buffer => {
    const head = Buffer.from('PACK\0\0\0\x02\0\0\0\0', 'latin1')
    head.writeUInt32BE(entries.length, 8)
    const body = Buffer.concat([head, ...entries])
    return Buffer.concat([body, createHash('sha1').update(body).digest()])
  }
  const blob = (size: number, content: Buffer) => {
    const header = [0x30 | (size & 0x0f)]
    for (let rest = size >> 4; rest > 0; rest >>= 7) {
      header.push(rest & 0x7f)
      header[header.length - 2] = (header[header.length - 2] ?? 0) | 0x80
    }
    return Buffer.concat([Buffer.from(header), deflateSync(content)])
  }
  const limits = { objectBytes: 1000, totalBytes: 1500 }

  it('stops at an object that is too large before it is unpacked', async () => {
    const bomb = blob(100_000_000, Buffer.alloc(0))
    await expect(readPack(packOf(bomb), limits)).rejects.toThrow('an object of 100000000 bytes')
  })

  it('stops when all objects together are too large', async () => {
    const one = blob(900, Buffer.alloc(900))
    await expect(readPack(packOf(one, one), limits)).rejects.toThrow('more than 1500 bytes together')
  })

  it('is not deceived by an object that unpacks to more than it says', async () => {
    await expect(readPack(packOf(blob(10, Buffer.alloc(1000))), limits)).rejects.toThrow('damaged')
  })

  it('stops at a delta that would grow too large', async () => {
    // Base of 1 byte, result of 2^28 bytes, and no instruction.
    const delta = Buffer.from([0x01, 0x80, 0x80, 0x80, 0x80, 0x01])
    const base = blob(1, Buffer.from('a'))
    const entry = Buffer.concat([Buffer.from([0x60 | delta.length, base.length]), deflateSync(delta)])
    await expect(readPack(packOf(base, entry), limits)).rejects.toThrow('an object of 268435456 bytes')
  })

  it('refuses a delta whose base is nowhere', async () => {
    const delta = Buffer.from([0x01, 0x01, 0x01, 0x61])
    const entry = Buffer.concat([Buffer.from([0x70 | delta.length]), Buffer.alloc(20, 1), deflateSync(delta)])
    await expect(readPack(packOf(entry), limits)).rejects.toThrow('damaged')
  })

  it('names every object by what it holds, or refuses the pack: never anything else', async () => {
    const good = packOf(blob(5, Buffer.from('hello')), blob(5, Buffer.from('world')))
    const refit = (bytes: Buffer) => Buffer.concat([bytes, createHash('sha1').update(bytes).digest()])
    await fc.assert(
      fc.asyncProperty(fc.nat(good.length - 21), fc.nat(255), async (at, byte) => {
        const bad = Buffer.from(good.subarray(0, -20))
        bad[at] = byte
        const objects = await readPack(refit(bad), limits).catch((error: unknown) => {
          expect(error).toBeInstanceOf(Error)
          return new Map()
        })
        for (const [oid, object] of objects) expect(objectId(object)).toBe(oid)
      }),
    )
    await expect(readPack(good.subarray(0, -1))).rejects.toThrow('damaged')
    await expect(readPack(Buffer.from('<html>'))).rejects.toThrow('no pack')
  })
})
