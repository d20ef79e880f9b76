// The catch-up, against a list of deliveries as GitHub keeps it.
import { beforeEach, expect, test } from 'vitest'
import { patience, redeliveries } from '../../api/deliveries.ts'
import { prometheusMetrics } from '../../api/metrics.ts'
import { silent } from './support.ts'

const minute = 60_000
const start = Date.parse('2026-03-01T12:00:00Z')

let now: number
/** Newest first. */
let deliveries: {
  id: number
  guid: string
  delivered_at: string
  redelivery: boolean
  status_code: number
  event: string
}[]
let listed: number
let asked: string[]
let fails: 'list' | 'ask' | undefined
let metrics: ReturnType<typeof prometheusMetrics>

beforeEach(() => {
  now = start
  deliveries = []
  listed = 0
  asked = []
  fails = undefined
  metrics = prometheusMetrics()
})

let ids = 0
function delivered(guid: string, status_code: number, ago = minute, event = 'push') {
  ids += 1
  const delivered_at = new Date(now - ago).toISOString()
  const redelivery = deliveries.some((one) => one.guid === guid)
  deliveries.push({ id: ids, guid, delivered_at, redelivery, status_code, event })
  deliveries.sort((a, b) => Date.parse(b.delivered_at) - Date.parse(a.delivered_at))
}

async function asApp({ method, path }: { method: 'GET' | 'POST'; path: string }) {
  const url = new URL(path, 'https://api.github.com')
  if (method === 'POST') {
    const found = deliveries.find(({ id }) => url.pathname === `/app/hook/deliveries/${id}/attempts`)
    if (!found || fails === 'ask') throw new Error('GitHub refuses it')
    asked.push(found.guid)
    return { headers: new Headers(), body: {} }
  }
  listed += 1
  if (fails === 'list') throw new Error('GitHub gave no answer')
  const from = Number(url.searchParams.get('cursor') ?? 0)
  const to = from + Number(url.searchParams.get('per_page'))
  const next = `<https://api.github.com/app/hook/deliveries?cursor=${to}>; rel="next"`
  const headers = new Headers(to < deliveries.length ? { link: next } : {})
  return { headers, body: deliveries.slice(from, to) }
}

const catchUp = (options: { atOnce?: number; pages?: number } = {}) =>
  redeliveries({ asApp, metrics, log: silent, now: () => now, ...options })

test('what failed and has not arrived since is asked for again', async () => {
  delivered('arrived', 202)
  delivered('refused-by-a-proxy', 502)
  delivered('secret-was-changed', 401)
  delivered('no-answer', 0)
  delivered('arrived-later', 503, 9 * minute)
  delivered('arrived-later', 202, 2 * minute)
  await catchUp()()
  expect(asked.toSorted()).toEqual(['no-answer', 'refused-by-a-proxy', 'secret-was-changed'])
  expect(await metrics.text()).toContain('slipway_api_redeliveries_total{result="asked"} 3')
})

test.each([400, 403, 413, 415, 422])('what we refused with %i would be refused again', async (status) => {
  delivered('broken', status)
  await catchUp()()
  expect(asked).toEqual([])
})

test('once in half an hour, until it arrives', async () => {
  delivered('lost', 502)
  const round = catchUp()
  for (const passed of [0, 5, 25, 25]) {
    now += passed * minute
    await round()
  }
  expect(asked).toEqual(['lost', 'lost'])
  now += 5 * minute
  delivered('lost', 202, 0)
  now += patience.again
  await round()
  expect(asked).toHaveLength(2)
})

test('an attempt that failed again is still the same delivery', async () => {
  delivered('lost', 502, 10 * minute)
  const round = catchUp()
  await round()
  delivered('lost', 502, 0)
  now += patience.walk
  await round()
  expect(asked).toEqual(['lost'])
})

test('a click is left alone after an hour, all else after three days', async () => {
  delivered('click', 502, patience.click - minute, 'check_run')
  delivered('old click', 502, patience.click + minute, 'check_run')
  delivered('all checks again', 502, patience.click + minute, 'check_suite')
  delivered('push', 502, patience.all - minute)
  delivered('old push', 502, patience.all + minute)
  await catchUp()()
  expect(asked).toEqual(['click', 'push'])
})

test('a click is as old as its first attempt, however often it was asked for since', async () => {
  delivered('click', 502, 0, 'check_run')
  delivered('push', 502, 0)
  const round = catchUp()
  for (let passed = 0; passed < 180; passed += 5) {
    const before = asked.length
    await round()
    for (const guid of asked.slice(before)) delivered(guid, 502, 0, guid === 'click' ? 'check_run' : 'push')
    now += 5 * minute
  }
  expect(asked.filter((guid) => guid === 'click')).toHaveLength(3)
  expect(asked.filter((guid) => guid === 'push')).toHaveLength(6)
})

test('a click whose first attempt is not listed any more is left alone', async () => {
  delivered('click', 502, patience.all + minute, 'check_run')
  delivered('click', 502, minute, 'check_run')
  await catchUp()()
  expect(asked).toEqual([])
})

test('a round asks for a bounded number, and the next one for the rest', async () => {
  for (const guid of ['a', 'b', 'c']) delivered(guid, 502)
  const round = catchUp({ atOnce: 2 })
  await round()
  expect(asked).toHaveLength(2)
  now += patience.walk
  await round()
  expect(asked.toSorted()).toEqual(['a', 'b', 'c'])
})

test('a failure on a later page is found; a round reads so many pages and no more', async () => {
  for (let index = 0; index < 250; index += 1) delivered(`good-${index}`, 202)
  delivered('lost', 502, 2 * minute)
  await catchUp({ pages: 2 })()
  expect([asked, listed]).toEqual([[], 2])
  await catchUp()()
  expect([asked, listed]).toEqual([['lost'], 5])
})

test('a walk goes on where its last round ended, and asks for each failure once', async () => {
  for (let index = 0; index < 250; index += 1) delivered(`good-${index}`, 202)
  for (let index = 0; index < 150; index += 1) delivered(`lost-${index}`, 502, 2 * minute)
  const round = catchUp({ pages: 2 })
  for (const [reads, asks] of [
    [2, 0],
    [3, 20],
    [3, 40],
    [4, 60],
  ]) {
    await round()
    expect([listed, asked.length]).toEqual([reads, asks])
    now += patience.round
  }
  for (let times = 0; times < 5; times += 1) await round()
  expect([listed, asked.length, new Set(asked).size]).toEqual([4, 150, 150])
})

test('between two walks nobody is asked', async () => {
  const round = catchUp()
  for (let passed = 0; passed < patience.walk; passed += patience.round) {
    await round()
    now += patience.round
  }
  expect(listed).toBe(1)
  await round()
  expect(listed).toBe(2)
})

test('what arrived by a later attempt is not asked for when its first one is read in another round', async () => {
  delivered('arrived', 502, 30 * minute)
  delivered('arrived', 202, 2 * minute)
  for (let index = 0; index < 150; index += 1) delivered(`good-${index}`, 202, 10 * minute)
  const round = catchUp({ pages: 1 })
  await round()
  await round()
  expect([asked, listed]).toEqual([[], 2])
})

test('a place in the list that cannot be read any more is left', async () => {
  for (let index = 0; index < 150; index += 1) delivered(`good-${index}`, 202)
  const round = catchUp({ pages: 1 })
  await round()
  fails = 'list'
  for (let times = 0; times < 3; times += 1) await round()
  fails = undefined
  delivered('lost', 502, 0)
  now += patience.walk
  await round()
  expect(asked).toEqual(['lost'])
})

test('what is settled is not read again', async () => {
  for (let index = 0; index < 250; index += 1) delivered(`good-${index}`, 202, 60 * minute)
  const round = catchUp()
  await round()
  expect(listed).toBe(3)
  now += patience.walk
  delivered('lost', 502, patience.walk + minute)
  await round()
  expect([asked, listed]).toEqual([['lost'], 4])
})

test('a failure of GitHub’s is left to the next round', async () => {
  delivered('lost', 502)
  const round = catchUp()
  fails = 'list'
  await round()
  fails = 'ask'
  await round()
  expect(asked).toEqual([])
  fails = undefined
  now += patience.again
  await round()
  expect(asked).toEqual(['lost'])
  expect(await metrics.text()).toContain('slipway_api_redeliveries_total{result="failed"} 2')
})

test('an id that JSON rounds is not asked for: it is another delivery’s', async () => {
  delivered('rounded', 502)
  deliveries = deliveries.map((one) => ({ ...one, id: 2 ** 53 }))
  await catchUp()()
  expect(asked).toEqual([])
  expect(await metrics.text()).not.toContain('failed"} ')
})

test('two rounds do not run side by side', async () => {
  delivered('lost', 502)
  const round = catchUp()
  await Promise.all([round(), round()])
  expect([asked, listed]).toEqual([['lost'], 1])
})
