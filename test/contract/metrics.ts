// What every metrics driver must do, and the memory platform with them.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AppRef } from '../../domain/app.ts'
import type { Counts, History, Reading } from '../../domain/judge/judge.ts'
import type { Metrics } from '../../platform/platform.ts'
import { eventually } from './eventually.ts'

export interface MetricsSetup {
  readonly metrics: Metrics
  readonly app: AppRef
  /** Serves well, always answers 500, has no pod that is ready. */
  readonly revisions: { readonly good: string; readonly failing: string; readonly absent: string }
  /** Latency bounds in seconds that the gateway counts, ascending; all revisions answer within the last. */
  readonly bounds: readonly number[]
  /** Gives the revision all of the traffic, and sends this many requests through the gateway. */
  readonly visit: (revision: string, requests: number) => Promise<void>
  readonly wait: (milliseconds: number) => Promise<unknown>
  readonly close: () => Promise<void>
}

export function metricsContract(make: () => Promise<MetricsSetup>): void {
  describe('metrics', () => {
    let setup: MetricsSetup
    beforeAll(async () => {
      setup = await make()
    })
    afterAll(() => setup?.close())

    const revisions = () => Object.values(setup.revisions)
    const read = (bounds = setup.bounds) => setup.metrics.counters(setup.app, revisions(), bounds)
    const seenBy = (expect: (reading: Reading) => void) =>
      eventually(read, expect, { within: 20_000, every: 250, wait: setup.wait })
    const total = (counts: readonly Counts[], what: 'requests' | 'errors' | 'timed') =>
      counts.reduce((sum, count) => sum + count[what], 0)
    const of = (reading: Reading, revision: string) =>
      reading.counts.filter((one) => one.revision === revision)

    // These tests tell one story, in this order: counters only grow.
    test('a revision that nobody visited is absent, not zero', async () => {
      expect((await read()).counts).toEqual([])
    })

    test('tells when the gateway was read, and how often it is, although it has counted nothing of the App', async () => {
      const reading = await seenBy(({ interval }) => expect(interval).toBeDefined())
      expect(reading.interval).toBeGreaterThan(0)
      expect(reading.scrapedAt).toBeLessThanOrEqual(reading.at)
      expect(reading.scrapedAt).toBeGreaterThan(reading.at - 30_000)
      expect(reading).toMatchObject({ counts: [], route: [] })
    })

    test('goes on telling when the gateway was read', async () => {
      const { scrapedAt = 0 } = await read()
      await seenBy((now) => expect(now.scrapedAt).toBeGreaterThan(scrapedAt))
    })

    test('nobody visited: there is no past', async () => {
      expect(await setup.metrics.history(setup.app, revisions(), 5)).toEqual({ bounds: [], readings: [] })
    })

    test('counts the requests of a revision, once', async () => {
      await setup.visit(setup.revisions.good, 40)
      const reading = await seenBy((now) => expect(total(of(now, setup.revisions.good), 'requests')).toBe(40))
      const counts = of(reading, setup.revisions.good)
      expect(total(counts, 'errors')).toBe(0)
      expect(total(counts, 'timed')).toBe(40)
      for (const { within } of counts) {
        expect(within).toHaveLength(setup.bounds.length)
        expect([...within].sort((a, b) => a - b)).toEqual(within)
      }
      expect(counts.reduce((sum, { within }) => sum + (within.at(-1) ?? 0), 0)).toBe(40)
      expect(of(reading, setup.revisions.failing)).toEqual([])
    })

    test('counts 5xx as errors, and adds to what was counted before', async () => {
      await setup.visit(setup.revisions.failing, 10)
      await setup.visit(setup.revisions.good, 5)
      const reading = await seenBy((now) => {
        expect(total(of(now, setup.revisions.failing), 'requests')).toBe(10)
        expect(total(of(now, setup.revisions.good), 'requests')).toBe(45)
      })
      expect(total(of(reading, setup.revisions.failing), 'errors')).toBe(10)
      expect(total(of(reading, setup.revisions.good), 'errors')).toBe(0)
    })

    test('says when the proxy was read, and when it was asked', async () => {
      const reading = await read()
      for (const { at, instance } of [...reading.counts, ...reading.route]) {
        expect(instance).not.toBe('')
        expect(at).toBeLessThanOrEqual(reading.scrapedAt ?? 0)
        expect(at).toBeGreaterThan(reading.at - 60_000)
      }
    })

    test('what the gateway answers by itself is counted for the route, for no revision', async () => {
      await setup.visit(setup.revisions.absent, 7)
      const reading = await seenBy((now) => {
        expect(total(now.route, 'requests') - total(now.counts, 'requests')).toBe(7)
        expect(total(now.route, 'errors') - total(now.counts, 'errors')).toBe(7)
      })
      expect(of(reading, setup.revisions.absent)).toEqual([])
    })

    test('times nothing when nobody asks for latency', async () => {
      const reading = await read([])
      expect(total(of(reading, setup.revisions.good), 'requests')).toBe(45)
      expect(total(reading.counts, 'timed')).toBe(0)
      for (const { within } of reading.counts) expect(within).toEqual([])
    })

    test('refuses a latency that the gateway has no bound for, and names those it has', async () => {
      const [known = 0] = setup.bounds
      const refusal = expect.objectContaining({
        name: 'PermanentFailure',
        reason: 'Invalid',
        message: expect.stringContaining(String(known)),
      })
      await expect(read([...setup.bounds, known + 0.0123])).rejects.toEqual(refusal)
    })

    test('another App’s counters are its own', async () => {
      const other = { ...setup.app, name: `${setup.app.name}-other` }
      const theirs = [`${other.name}-1234567-abcd`]
      expect(await setup.metrics.counters(other, theirs, setup.bounds)).toMatchObject({
        counts: [],
        route: [],
      })
      expect(await setup.metrics.history(other, theirs, 5)).toEqual({ bounds: [], readings: [] })
    })

    test('a minute later its end is history, of the revisions that are asked for', async () => {
      const { good, failing, absent } = setup.revisions
      const newest = ({ readings }: History) => readings.at(-1)?.counts ?? []
      const { bounds, readings } = await eventually(
        () => setup.metrics.history(setup.app, [good, absent], 5),
        (history) => expect(total(newest(history), 'requests')).toBe(45),
        { within: 90_000, every: 1000, wait: setup.wait },
      )
      expect(bounds).toEqual([...bounds].sort((a, b) => a - b))
      expect(bounds).toEqual(expect.arrayContaining([...setup.bounds]))
      expect(readings.map(({ at }) => at)).toEqual(readings.map(({ at }) => at).sort((a, b) => a - b))
      for (const { at, counts, route } of readings) {
        expect(at % 60_000).toBe(0)
        expect(route).toEqual([])
        for (const count of counts) expect(count).toMatchObject({ revision: good, at, errors: 0 })
        for (const { within, timed } of counts) {
          expect(within).toHaveLength(bounds.length)
          expect(within.at(-1)).toBeLessThanOrEqual(timed)
        }
      }
      expect(total(readings.at(-1)?.counts ?? [], 'timed')).toBe(45)
      const both = await setup.metrics.history(setup.app, [failing, good], 5)
      expect(total(newest(both), 'requests')).toBe(55)
      expect(total(newest(both), 'errors')).toBe(10)
    })

    test('tells its question, which names the App', () => {
      expect(setup.metrics.query(setup.app, setup.bounds)).toContain(setup.app.name)
    })
  })
}
