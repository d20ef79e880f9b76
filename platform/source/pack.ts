// Reads a packfile: every object in it, named by the hash of what it holds. Bounded, because its writer may be hostile.
import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { inflateSync } from 'node:zlib'
import { TooLarge } from './http.ts'

export type ObjectKind = 'commit' | 'tree' | 'blob' | 'tag'

export interface GitObject {
  readonly kind: ObjectKind
  readonly bytes: Buffer
}

export interface PackLimits {
  /** The largest object, unpacked. A few kilobytes can inflate to gigabytes. */
  readonly objectBytes: number
  /** All objects together, unpacked. */
  readonly totalBytes: number
}

export const packLimits: PackLimits = { objectBytes: 16 * 1024 * 1024, totalBytes: 128 * 1024 * 1024 }

/** The objects of a pack by id. An id is computed from the object, so whatever is found under one is what was asked for. */
export async function readPack(
  pack: Buffer,
  limits: PackLimits = packLimits,
): Promise<Map<string, GitObject>> {
  const count = checkFrame(pack)
  const budget = { left: limits.totalBytes }
  const byOffset = new Map<number, GitObject>()
  const byId = new Map<string, GitObject>()
  const waiting: Entry[] = []
  const keep = (offset: number, object: GitObject) => {
    byOffset.set(offset, object)
    byId.set(objectId(object), object)
  }
  let at = 12
  for (let index = 0; index < count; index++) {
    const entry = readEntry(pack, at, limits, budget)
    at = entry.end
    const object = resolve(entry, byOffset, byId, limits, budget)
    if (object) keep(entry.offset, object)
    else waiting.push(entry)
    // A large pack must not stop the process's other work.
    if (index % 500 === 499) await setImmediate()
  }
  resolveLate(waiting, keep, (entry) => resolve(entry, byOffset, byId, limits, budget))
  return byId
}

export function objectId({ kind, bytes }: GitObject): string {
  return createHash('sha1').update(`${kind} ${bytes.length}\0`).update(bytes).digest('hex')
}

/** `PACK`, version 2, the number of objects, and at the end the hash of all that came before. */
function checkFrame(pack: Buffer): number {
  if (pack.length < 32 || pack.toString('latin1', 0, 4) !== 'PACK' || pack.readUInt32BE(4) !== 2) {
    throw new Error('the git server sent no pack')
  }
  const sum = createHash('sha1').update(pack.subarray(0, -20)).digest()
  if (!sum.equals(pack.subarray(-20))) throw new Error('the git server sent a damaged pack')
  return pack.readUInt32BE(8)
}

type Budget = { left: number }

interface Entry {
  readonly offset: number
  readonly end: number
  readonly kind: ObjectKind | 'delta'
  /** The object, or the delta against `base`. */
  readonly bytes: Buffer
  /** Where a delta's base lies in this pack, or its id. */
  readonly base?: number | string
}

const kinds: Readonly<Record<number, ObjectKind>> = { 1: 'commit', 2: 'tree', 3: 'blob', 4: 'tag' }
const offsetDelta = 6
const idDelta = 7

function readEntry(pack: Buffer, offset: number, limits: PackLimits, budget: Budget): Entry {
  const header = readSize(pack, offset)
  let at = header.end
  let base: number | string | undefined
  if (header.type === offsetDelta) {
    const back = readOffset(pack, at)
    base = offset - back.value
    at = back.end
  } else if (header.type === idDelta) {
    base = pack.toString('hex', at, at + 20)
    at += 20
  }
  const kind = base === undefined ? kinds[header.type] : 'delta'
  if (kind === undefined) throw damaged()
  spend(header.size, limits, budget)
  const { bytes, consumed } = inflate(pack.subarray(at, -20), header.size)
  return { offset, end: at + consumed, kind, bytes, ...(base === undefined ? {} : { base }) }
}

function resolve(
  entry: Entry,
  byOffset: ReadonlyMap<number, GitObject>,
  byId: ReadonlyMap<string, GitObject>,
  limits: PackLimits,
  budget: Budget,
): GitObject | undefined {
  const { kind, bytes, base } = entry
  if (kind !== 'delta') return { kind, bytes }
  const onto = typeof base === 'number' ? byOffset.get(base) : byId.get(base ?? '')
  return onto && { kind: onto.kind, bytes: applyDelta(onto.bytes, bytes, limits, budget) }
}

/** A delta may come before its base: go on while that helps. */
function resolveLate(
  waiting: readonly Entry[],
  keep: (offset: number, object: GitObject) => void,
  resolveOne: (entry: Entry) => GitObject | undefined,
): void {
  for (let left = waiting; left.length > 0; ) {
    const stuck = left.filter((entry) => {
      const object = resolveOne(entry)
      if (object) keep(entry.offset, object)
      return object === undefined
    })
    if (stuck.length === left.length) throw damaged()
    left = stuck
  }
}

function applyDelta(base: Buffer, delta: Buffer, limits: PackLimits, budget: Budget): Buffer {
  const from = readVarint(delta, 0)
  const to = readVarint(delta, from.end)
  if (from.value !== base.length) throw damaged()
  spend(to.value, limits, budget)
  const result = Buffer.alloc(to.value)
  let written = 0
  for (let at = to.end; at < delta.length; ) {
    const code = byteAt(delta, at++)
    if (code & 0x80) {
      const copy = readCopy(delta, at, code)
      at = copy.end
      if (copy.offset + copy.size > base.length || written + copy.size > result.length) throw damaged()
      base.copy(result, written, copy.offset, copy.offset + copy.size)
      written += copy.size
    } else {
      if (code === 0 || at + code > delta.length || written + code > result.length) throw damaged()
      delta.copy(result, written, at, at + code)
      at += code
      written += code
    }
  }
  if (written !== result.length) throw damaged()
  return result
}

/** Seven bits of the code say which of four offset bytes and three size bytes follow. */
function readCopy(delta: Buffer, at: number, code: number): { offset: number; size: number; end: number } {
  let [offset, size, end] = [0, 0, at]
  for (let bit = 0; bit < 4; bit++) if (code & (1 << bit)) offset += byteAt(delta, end++) * 2 ** (8 * bit)
  for (let bit = 0; bit < 3; bit++) if (code & (0x10 << bit)) size += byteAt(delta, end++) * 2 ** (8 * bit)
  return { offset, size: size === 0 ? 0x10000 : size, end }
}

function readSize(pack: Buffer, start: number): { type: number; size: number; end: number } {
  const first = byteAt(pack, start)
  const rest = first & 0x80 ? readVarint(pack, start + 1) : { value: 0, end: start + 1 }
  return { type: (first >> 4) & 7, size: (first & 0x0f) + rest.value * 16, end: rest.end }
}

function readVarint(bytes: Buffer, start: number): { value: number; end: number } {
  let value = 0
  for (let at = start, scale = 1; at < start + 7; at++, scale *= 128) {
    const byte = byteAt(bytes, at)
    value += (byte & 0x7f) * scale
    if (!(byte & 0x80)) return { value, end: at + 1 }
  }
  throw damaged()
}

/** The distance back to a base: like a varint, but most significant first and with no two ways to write a number. */
function readOffset(bytes: Buffer, start: number): { value: number; end: number } {
  let byte = byteAt(bytes, start)
  let value = byte & 0x7f
  let at = start + 1
  for (; byte & 0x80 && at < start + 7; at++) {
    byte = byteAt(bytes, at)
    value = (value + 1) * 128 + (byte & 0x7f)
  }
  return { value, end: at }
}

function inflate(bytes: Buffer, size: number): { bytes: Buffer; consumed: number } {
  // The declared size is the limit, so a lie about it is found before it costs memory. Node's types know `info` only loosely.
  const options = {
    maxOutputLength: Math.max(size, 1),
    chunkSize: Math.max(64, Math.min(size, 65_536)),
    info: true,
  }
  try {
    const { buffer, engine } = inflateSync(bytes, options) as unknown as {
      buffer: Buffer
      engine: { bytesWritten: number }
    }
    if (buffer.length !== size) throw damaged()
    return { bytes: buffer, consumed: engine.bytesWritten }
  } catch {
    throw damaged()
  }
}

function spend(size: number, limits: PackLimits, budget: Budget): void {
  budget.left -= size
  if (size > limits.objectBytes)
    throw new TooLarge(`it contains an object of ${size} bytes, more than ${limits.objectBytes}`)
  if (budget.left < 0)
    throw new TooLarge(`it contains objects of more than ${limits.totalBytes} bytes together`)
}

function byteAt(bytes: Buffer, at: number): number {
  const byte = bytes[at]
  if (byte === undefined) throw damaged()
  return byte
}

const damaged = (): Error => new Error('the git server sent a damaged pack')
