// How the command line reads the values of options: a wrong one is refused with what to write.
import { InvalidArgumentError } from 'commander'
import { parseDuration } from '../domain/notation.ts'

export function duration(text: string): number {
  const read = parseDuration(text)
  if (read !== undefined && read > 0) return read
  throw new InvalidArgumentError('write a time such as 90s, 5m or 1h30m.')
}

export function positive(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('write a whole number above 0.')
}

export function requestRate(text: string): number {
  const rate = /^\d{1,6}(\.\d{1,3})?$/.test(text) ? Number(text) : 0
  if (rate > 0 && rate <= 100_000) return rate
  throw new InvalidArgumentError('write requests a second, above 0 and at most 100000.')
}

export function commitSha(text: string): string {
  if (/^[0-9a-f]{7,40}$/.test(text)) return text
  throw new InvalidArgumentError('write 7 to 40 hexadecimal digits, such as: git rev-parse HEAD')
}

export function portNumber(text: string): number {
  const port = positive(text)
  if (port <= 65_535) return port
  throw new InvalidArgumentError('a port is at most 65535.')
}
