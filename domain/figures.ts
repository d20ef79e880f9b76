// How shares, counts, times and names are written for people.

/** A share of `whole`, with as many digits as it needs to differ from none: `0.25%`. Nothing of nothing is no share. */
export function share(part: number, whole: number): string {
  if (whole === 0) return '–'
  const value = (part / whole) * 100
  return `${value === 0 || value >= 10 ? Math.round(value) : value.toPrecision(2)}%`
}

/** A weight: 1 → `0.1%`. */
export const formatWeight = (thousandths: number): string => `${thousandths / 10}%`

/** `12,345`; from a million on three digits are enough: `1.23M`. */
export function count(value: number): string {
  const whole = Math.round(value)
  if (whole < 1e6) return whole.toLocaleString('en-US')
  // 999.6 million is already a billion when it is told with three digits.
  return whole < 999.5e6 ? `${(whole / 1e6).toPrecision(3)}M` : `${(whole / 1e9).toPrecision(3)}B`
}

/** `1 request`, `2 requests`. */
export const counted = (value: number, noun: string): string =>
  `${count(value)} ${noun}${Math.round(value) === 1 ? '' : 's'}`

/** A span in milliseconds as people say it: `850ms`, `12s`, `4m10s`, `3h5m`, `2d`. */
export function span(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.max(0, Math.round(milliseconds))}ms`
  const seconds = Math.round(milliseconds / 1000)
  if (seconds < 60) return `${seconds}s`
  if (seconds < 3600) return join(Math.floor(seconds / 60), 'm', seconds % 60, 's')
  if (seconds < 86_400) return join(Math.floor(seconds / 3600), 'h', Math.floor((seconds % 3600) / 60), 'm')
  return `${Math.floor(seconds / 86_400)}d`
}

const join = (large: number, unit: string, small: number, smallUnit: string): string =>
  small === 0 ? `${large}${unit}` : `${large}${unit}${small}${smallUnit}`

/** `14:02:11`, in the local time zone. */
export const clock = (at: number): string => new Date(at).toTimeString().slice(0, 8)

/** `2026-03-01 14:02:11 UTC`. */
export const date = (at: number): string => `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`

/** `14:02:11`, in UTC. */
export const utcClock = (at: number): string => new Date(at).toISOString().slice(11, 19)

export const shortSha = (sha: string): string => sha.slice(0, 7)

/** What a message says before it goes into detail. */
export const firstLine = (text: string): string => text.split('\n', 1)[0] ?? ''
