// When weight may rise: weekly windows and named freezes, each in its own time zone, also across changes of the clock.
import { type Day, days, type Opening, type Windows, type WindowTime } from './gate.ts'
import type { WindowsSpec } from './gate-spec.ts'
import { formatClock, parseMoment } from './notation.ts'

const minute = 60_000
const day = 86_400_000

/** The windows with their freezes as moments. */
export const windowsOf = ({ timeZone, allow, deny, freezes }: WindowsSpec): Windows => ({
  timeZone,
  allow,
  deny,
  freezes: freezes.map(({ name, from, until }) => ({
    name,
    from: momentIn(timeZone, from),
    until: momentIn(timeZone, until),
  })),
})

/**
 * Whether weight may rise now: every one of the windows must be open. When one is not: why, and when all will be.
 * Time zones are the machine's knowledge: ask in activities, never in workflow code.
 */
export function openingAt(windows: readonly Windows[], now: number): Opening {
  const reasons = windows.flatMap((one) => closedBecause(one, now))
  if (reasons.length === 0) return { open: true }
  const until = nextOpening(windows, now)
  return { open: false, why: reasons.join('; '), ...(until !== undefined && { until }) }
}

function closedBecause(windows: Windows, at: number): readonly string[] {
  const { timeZone, allow, deny, freezes } = windows
  const local = localTime(timeZone, at)
  const freeze = freezes.find(({ from, until }) => at >= from && at < until)
  const denied = deny.find((time) => includes(time, local))
  const allowed = allow.length === 0 || allow.some((time) => includes(time, local))
  return [
    ...(freeze ? [`the freeze ${freeze.name} lasts until ${inWords(timeZone, freeze.until)}`] : []),
    ...(denied ? [`nothing rises on ${timeInWords(denied)} (${timeZone})`] : []),
    ...(allowed ? [] : [`weight rises only on ${allow.map(timeInWords).join(', and on ')} (${timeZone})`]),
  ]
}

interface LocalTime {
  readonly day: Day
  readonly minute: number
}

const dayBefore = (one: Day): Day => days[(days.indexOf(one) + 6) % 7] as Day

function includes({ days: on, from, to }: WindowTime, local: LocalTime): boolean {
  if (to > from) return on.includes(local.day) && local.minute >= from && local.minute < to
  return (
    (on.includes(local.day) && local.minute >= from) ||
    (on.includes(dayBefore(local.day)) && local.minute < to)
  )
}

/**
 * Windows repeat each week, so what is not open within eight days of now, or of the end of a freeze, hardly ever is. Nothing
 * changes but at the times that are written, and where the clock is set.
 */
function nextOpening(windows: readonly Windows[], now: number): number | undefined {
  const starts = [now, ...windows.flatMap(({ freezes }) => freezes.map(({ until }) => until))]
  const moments = starts
    .filter((start) => start >= now)
    .flatMap((start) => [start, ...windows.flatMap((one) => changes(one, start, start + 8 * day))])
  return [...new Set(moments)]
    .filter((at) => at > now)
    .sort((a, b) => a - b)
    .find((at) => windows.every((one) => closedBecause(one, at).length === 0))
}

/** The moments at which these windows may open or close. */
function changes({ timeZone, allow, deny }: Windows, from: number, to: number): number[] {
  const minutes = [...new Set([...allow, ...deny].flatMap((time) => [time.from, time.to]))]
  if (minutes.length === 0) return []
  return stretches(timeZone, from, to).flatMap(({ begin, end, offset }) => {
    const midnights = range(Math.floor((begin + offset) / day), Math.floor((end + offset) / day))
    const moments = midnights.flatMap((midnight) => minutes.map((m) => midnight * day + m * minute - offset))
    return [begin, ...moments.filter((at) => at > begin && at < end)]
  })
}

/** The time between two moments, cut where the clock is set. */
function stretches(timeZone: string, from: number, to: number) {
  const cuts = range(0, Math.ceil((to - from) / day) - 1).flatMap((n) => {
    const [begin, end] = [from + n * day, Math.min(to, from + (n + 1) * day)]
    return offsetAt(timeZone, begin) === offsetAt(timeZone, end) ? [] : [clockSet(timeZone, begin, end)]
  })
  const edges = [from, ...cuts, to]
  return edges
    .slice(0, -1)
    .map((begin, i) => ({ begin, end: edges[i + 1] as number, offset: offsetAt(timeZone, begin) }))
}

/** The first moment of the new offset, between two moments that differ in it. */
function clockSet(timeZone: string, from: number, to: number): number {
  const before = offsetAt(timeZone, from)
  let [old, now] = [from, to]
  while (now - old > 1) {
    const middle = Math.floor((old + now) / 2)
    if (offsetAt(timeZone, middle) === before) old = middle
    else now = middle
  }
  return now
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i)

function localTime(timeZone: string, at: number): LocalTime {
  const local = at + offsetAt(timeZone, at)
  const date = Math.floor(local / day)
  // The first day of 1970 was a Thursday.
  return {
    day: days[(((date + 3) % 7) + 7) % 7] as Day,
    minute: Math.floor((local - date * day) / minute),
  }
}

/** A local date and time as a moment. One that the clock shows twice is the first; one that it leaps over is as much later. */
function momentIn(timeZone: string, text: string): number {
  const local = parseMoment(text)
  if (local === undefined) throw new Error(`cannot read "${text}" as a date`)
  const offsets = [offsetAt(timeZone, local - day), offsetAt(timeZone, local + day)] as const
  const shown = offsets.map((offset) => local - offset).filter((at) => at + offsetAt(timeZone, at) === local)
  return shown.length > 0 ? Math.min(...shown) : local - offsets[0]
}

const formats = new Map<string, Intl.DateTimeFormat>()

/** Milliseconds that the zone's clock is ahead of UTC at the moment. */
function offsetAt(timeZone: string, at: number): number {
  const format = formats.get(timeZone) ?? clockOf(timeZone)
  formats.set(timeZone, format)
  const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]))
  const { year = 0, month = 1, day: date = 1, hour = 0, minute: minutes = 0, second = 0 } = parts
  return Date.UTC(year, month - 1, date, hour, minutes, second) - Math.floor(at / 1000) * 1000
}

const clockOf = (timeZone: string) =>
  new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'iso8601',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })

/** Whether the machine knows the zone. */
export function isTimeZone(name: string): boolean {
  try {
    return clockOf(name) !== undefined
  } catch {
    return false
  }
}

function timeInWords({ days: on, from, to }: WindowTime): string {
  const time = `${formatClock(from)}–${formatClock(to)}`
  return on.length === days.length ? `every day ${time}` : `${on.join(', ')} ${time}`
}

function inWords(timeZone: string, at: number): string {
  const local = new Date(at + offsetAt(timeZone, at)).toISOString()
  return `${local.slice(0, 16).replace('T', ' ')} (${timeZone})`
}
