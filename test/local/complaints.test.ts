// The demo must not pass by itself: each way in which the road can go wrong is said.
import { expect, it } from 'vitest'
import type { Outcome, ReleaseStatus } from '../../domain/release.ts'
import { complaints, harmed } from '../../local/complaints.ts'
import type { Tally } from '../../local/load.ts'
import type { Road, Trip } from '../../local/road.ts'

const traffic = (part: Partial<Tally> = {}): Tally => ({
  requests: 100,
  failed: 0,
  failures: {},
  versions: {},
  latency: { p50: 1, p95: 1, p99: 1, max: 1 },
  ...part,
})
const aTrip = (number: number, outcome: Outcome, seen = traffic()): Trip => ({
  version: { number, failing: 0, title: '' },
  status: { outcome, message: 'so it was' } as ReleaseStatus,
  traffic: seen,
  measures: {} as Trip['measures'],
})
const harmful = traffic({ failed: 6, failures: { 500: 6 }, versions: { 3: { requests: 30, failed: 6 } } })
const aRoad = (part: Partial<Road> = {}): Road => ({
  app: { namespace: 'default', name: 'shop' },
  host: 'shop.example.com',
  first: aTrip(1, 'promoted'),
  good: aTrip(2, 'promoted'),
  bad: aTrip(3, 'rolled-back', harmful),
  after: traffic(),
  weights: [{ a: 1000 }, { a: 970, b: 30 }, { b: 1000, a: 0 }],
  memory: {},
  ...part,
})

it('is silent when all went well', () => {
  expect(complaints(aRoad())).toEqual([])
  expect(harmed(aRoad().bad)).toBe(6)
})

it.each([
  ['version 1 is failed, not promoted: so it was', { first: aTrip(1, 'failed') }],
  ['version 2 is rolled-back, not promoted: so it was', { good: aTrip(2, 'rolled-back') }],
  ['version 3 is promoted, not rolled-back: so it was', { bad: aTrip(3, 'promoted', harmful) }],
  [
    '1 requests failed while version 2 was released: {"503":1}',
    { good: aTrip(2, 'promoted', traffic({ failed: 1, failures: { 503: 1 } })) },
  ],
  [
    'no request was sent while version 2 was released',
    { good: aTrip(2, 'promoted', traffic({ requests: 0 })) },
  ],
  ['version 3 was meant to fail and no request did', { bad: aTrip(3, 'rolled-back') }],
  [
    '2 requests failed that version 3 did not answer: {"500":6,"503":2}',
    { bad: aTrip(3, 'rolled-back', { ...harmful, failed: 8, failures: { 500: 6, 503: 2 } }) },
  ],
  [
    'version 3 harmed 51 requests before it was taken back, more than 50',
    {
      bad: aTrip(3, 'rolled-back', { ...harmful, failed: 51, versions: { 3: { requests: 90, failed: 51 } } }),
    },
  ],
  ['the gateway gave 900 thousandths of the traffic: {"a":900}', { weights: [{ a: 1000 }, { a: 900 }] }],
  ['4 requests failed after version 3 was taken back', { after: traffic({ failed: 4 }) }],
])('says: %s', (complaint, part) => expect(complaints(aRoad(part))).toEqual([complaint]))
