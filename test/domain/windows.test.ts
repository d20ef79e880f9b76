// When weight may rise: checked against a plain clock, minute by minute, also where the clock is set.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { days, type Windows } from '../../domain/gate.ts'
import { isTimeZone, openingAt, windowsOf } from '../../domain/windows.ts'

const minute = 60_000
const hour = 60 * minute
const at = (text: string) => Date.parse(text)
const clock = (text: string) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3))
const time = (on: string, from: string, to: string) => ({
  days: days.filter((day) => on.includes(day)),
  from: clock(from),
  to: clock(to),
})
const windows = (timeZone: string, written: Partial<Windows>): Windows => ({
  timeZone,
  allow: [],
  deny: [],
  freezes: [],
  ...written,
})

describe('windows', () => {
  const office = windows('Europe/Berlin', { allow: [time('mon tue wed thu fri', '09:00', '17:00')] })

  it('are open when there are none', () => {
    expect(openingAt([], 0)).toEqual({ open: true })
    expect(openingAt([windows('UTC', {})], 0)).toEqual({ open: true })
  })

  it('say why they are closed, and until when', () => {
    // A Friday, 18:00 in Berlin.
    expect(openingAt([office], at('2026-11-27T17:00Z'))).toEqual({
      open: false,
      why: 'weight rises only on mon, tue, wed, thu, fri 09:00–17:00 (Europe/Berlin)',
      until: at('2026-11-30T08:00Z'),
    })
    expect(openingAt([office], at('2026-11-27T15:59Z'))).toEqual({ open: true })
  })

  it('deny what they allow', () => {
    const friday = { ...office, deny: [time('fri', '14:00', '24:00')] }
    expect(openingAt([friday], at('2026-11-27T13:30Z'))).toEqual({
      open: false,
      why: 'nothing rises on fri 14:00–24:00 (Europe/Berlin)',
      until: at('2026-11-30T08:00Z'),
    })
  })

  it('are closed in a freeze, and open after it as soon as they would be', () => {
    const christmas = windowsOf({
      timeZone: 'Europe/Berlin',
      allow: [{ days: ['mon'], from: clock('09:00'), to: clock('10:00') }],
      deny: [],
      freezes: [{ name: 'holidays', from: '2026-09-20', until: '2027-01-03T06:00' }],
    })
    expect(christmas.freezes).toEqual([
      { name: 'holidays', from: at('2026-09-19T22:00Z'), until: at('2027-01-03T05:00Z') },
    ])
    expect(openingAt([christmas], at('2026-09-21T07:30Z'))).toEqual({
      open: false,
      why: 'the freeze holidays lasts until 2027-01-03 06:00 (Europe/Berlin)',
      until: at('2027-01-04T08:00Z'),
    })
    expect(openingAt([christmas], at('2027-01-04T08:59Z'))).toEqual({ open: true })
  })

  it('of the file and of the policy hold both, each in its own time zone', () => {
    const cluster = windows('America/New_York', { allow: [time('mon tue wed thu fri', '09:00', '17:00')] })
    // 14:00 in Berlin is 08:00 in New York.
    expect(openingAt([office, cluster], at('2026-11-30T13:00Z'))).toMatchObject({
      open: false,
      until: at('2026-11-30T14:00Z'),
    })
    expect(openingAt([office, cluster], at('2026-11-30T15:59Z'))).toEqual({ open: true })
    expect(openingAt([office, cluster], at('2026-11-30T16:00Z'))).toMatchObject({
      open: false,
      until: at('2026-12-01T14:00Z'),
    })
  })

  it('that never open say no end', () => {
    const never = windows('UTC', {
      allow: [time('mon', '09:00', '10:00')],
      deny: [time('mon', '00:00', '24:00')],
    })
    expect(openingAt([never], at('2026-11-30T09:30Z'))).toEqual({
      open: false,
      why: expect.stringContaining('nothing rises on mon 00:00–24:00'),
    })
  })

  it('cross midnight into the next day, also when that is not one of theirs', () => {
    const night = windows('UTC', { allow: [time('fri', '22:00', '02:00')] })
    const open = ['2026-11-27T22:00Z', '2026-11-28T01:59Z']
    const closed = ['2026-11-27T01:00Z', '2026-11-27T21:59Z', '2026-11-28T02:00Z', '2026-11-28T22:30Z']
    expect(open.map((text) => openingAt([night], at(text)).open)).toEqual([true, true])
    expect(closed.map((text) => openingAt([night], at(text)).open)).toEqual(closed.map(() => false))
  })
})

describe('where the clock is set', () => {
  const early = windows('Europe/Berlin', { allow: [time('sun', '02:00', '03:00')] })

  it('an hour that the day does not have opens nothing', () => {
    expect(openingAt([early], at('2026-03-29T00:30Z'))).toMatchObject({ until: at('2026-04-05T00:00Z') })
    const later = windows('Europe/Berlin', { allow: [time('sun', '02:30', '03:30')] })
    expect(openingAt([later], at('2026-03-29T00:30Z'))).toMatchObject({ until: at('2026-03-29T01:00Z') })
  })

  it('an hour that the day has twice opens twice', () => {
    const half = windows('Europe/Berlin', { allow: [time('sun', '02:30', '03:00')] })
    expect(openingAt([half], at('2026-10-24T23:00Z'))).toMatchObject({ until: at('2026-10-25T00:30Z') })
    expect(openingAt([half], at('2026-10-25T00:59Z'))).toEqual({ open: true })
    expect(openingAt([half], at('2026-10-25T01:00Z'))).toMatchObject({ until: at('2026-10-25T01:30Z') })
  })

  it('a freeze begins at the first of two, and ends after a gap', () => {
    const freeze = (from: string, until: string) =>
      windowsOf({ timeZone: 'Europe/Berlin', allow: [], deny: [], freezes: [{ name: 'a', from, until }] })
        .freezes[0]
    expect(freeze('2026-10-25T02:30', '2026-10-26')).toMatchObject({ from: at('2026-10-25T00:30Z') })
    expect(freeze('2026-03-28', '2026-03-29T02:30')).toMatchObject({ until: at('2026-03-29T01:30Z') })
  })
})

const walls = new Map(
  ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'UTC'].map((timeZone) => [
    timeZone,
    new Intl.DateTimeFormat('en-GB', {
      timeZone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    }),
  ]),
)

/** The same question, asked of the clock on the wall. */
function openOnTheWall({ timeZone, allow, deny }: Windows, now: number): boolean {
  const text = walls.get(timeZone)?.format(now) ?? ''
  const [, day = '', shown = ''] = /^(\w+),? (\d\d:\d\d)$/.exec(text) ?? []
  const today = days.map(String).indexOf(day.toLowerCase())
  const minutes = today * 1440 + clock(shown)
  const includes = ({ days: on, from, to }: Windows['allow'][number]) =>
    on.some((name) => {
      const begin = days.indexOf(name) * 1440 + from
      const length = to > from ? to - from : to - from + 1440
      return (minutes - begin + 7 * 1440) % (7 * 1440) < length
    })
  return !deny.some(includes) && (allow.length === 0 || allow.some(includes))
}

const changesOfTheClock = [
  ['Europe/Berlin', '2026-03-29T01:00Z'],
  ['Europe/Berlin', '2026-10-25T01:00Z'],
  ['America/New_York', '2026-03-08T07:00Z'],
  ['America/New_York', '2026-11-01T06:00Z'],
  ['Australia/Lord_Howe', '2026-04-04T15:00Z'],
  ['Australia/Lord_Howe', '2026-10-03T15:30Z'],
  ['Asia/Kathmandu', '2026-06-01T00:00Z'],
  ['UTC', '2026-06-01T00:00Z'],
] as const

const grid = 15
const anyTime = fc
  .record({
    days: fc.subarray([...days], { minLength: 1 }),
    from: fc.integer({ min: 0, max: 95 }),
    length: fc.integer({ min: 1, max: 95 }),
  })
  .map(({ days: on, from, length }) => ({
    days: on,
    from: from * grid,
    to: from + length > 96 ? (from + length - 96) * grid : (from + length) * grid,
  }))

describe('whatever the windows', () => {
  const near = fc.constantFrom(...changesOfTheClock).chain(([timeZone, change]) =>
    fc.record({
      written: fc.record({
        timeZone: fc.constant(timeZone as string),
        allow: fc.array(anyTime, { maxLength: 3 }),
        deny: fc.array(anyTime, { maxLength: 3 }),
        freezes: fc.constant([]),
      }),
      now: fc.integer({ min: -2 * 96, max: 96 }).map((n) => at(change) + n * grid * minute),
    }),
  )

  it('they are open when the clock on the wall says so', () => {
    fc.assert(
      fc.property(near, ({ written, now }) => {
        expect(openingAt([written], now).open).toBe(openOnTheWall(written, now))
      }),
      { numRuns: 300 },
    )
  })

  it('they are closed until they say, and then open', () => {
    fc.assert(
      fc.property(near, ({ written, now }) => {
        const opening = openingAt([written], now)
        if (opening.open) return
        const end = opening.until ?? now + 8 * 24 * hour
        for (let t = now; t < Math.min(end, now + 3 * 24 * hour); t += grid * minute)
          expect(openOnTheWall(written, t), new Date(t).toISOString()).toBe(false)
        if (opening.until !== undefined) expect(openOnTheWall(written, opening.until)).toBe(true)
      }),
      { numRuns: 60 },
    )
  })
})

it('knows the zones that there are', () => {
  expect(['UTC', 'Europe/Berlin', 'Australia/Lord_Howe'].map(isTimeZone)).toEqual([true, true, true])
  expect(['Berlin', 'Europe/Atlantis', ''].map(isTimeZone)).toEqual([false, false, false])
})
