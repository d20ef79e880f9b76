// Who listens on a port of this machine, read from the kernel's own tables.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

export type Listener = { readonly address: string; readonly port: number; readonly inode: string }

const listening = '0A'

/** The process that stands in the way of listening on host:port, or undefined when the way is free. */
export function occupant(host: string, port: number): string | undefined {
  const taken = listeners().find((listener) => listener.port === port && overlaps(listener.address, host))
  return taken === undefined ? undefined : describeOwner(taken.inode)
}

export function listeners(tables = ['/proc/net/tcp', '/proc/net/tcp6']): Listener[] {
  return tables.flatMap((table) => parseTable(readOrEmpty(table)))
}

export function parseTable(table: string): Listener[] {
  return table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === listening)
    .map((fields) => {
      const [address = '', port = ''] = (fields[1] ?? '').split(':')
      return { address: parseAddress(address), port: Number.parseInt(port, 16), inode: fields[9] ?? '' }
    })
}

/** The kernel prints IPv4 as one little-endian word; all that matters of IPv6 is whether it is any or mapped. */
function parseAddress(hex: string): string {
  if (hex.length === 8) return ipv4(hex)
  if (/^0+$/.test(hex)) return 'any'
  return hex.slice(0, 24) === '0000000000000000FFFF0000' ? ipv4(hex.slice(24)) : 'ipv6'
}

function ipv4(hex: string): string {
  const bytes = [6, 4, 2, 0].map((at) => Number.parseInt(hex.slice(at, at + 2), 16))
  return bytes.every((byte) => byte === 0) ? 'any' : bytes.join('.')
}

const overlaps = (address: string, host: string): boolean => address === 'any' || address === host

function describeOwner(inode: string): string {
  const socket = `socket:[${inode}]`
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    if (!openFiles(pid).includes(socket)) continue
    const command = readOrEmpty(`/proc/${pid}/cmdline`)
      .split('\0')
      .join(' ')
      .replace(/\s+/g, ' ')
      .trim()
      .slice(0, 120)
    return `process ${pid} (${command || readOrEmpty(`/proc/${pid}/comm`).trim()})`
  }
  return 'a process that cannot be seen from here (in another container?)'
}

function openFiles(pid: string): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => readLinkOrEmpty(`/proc/${pid}/fd/${fd}`))
  } catch {
    return []
  }
}

function readLinkOrEmpty(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
