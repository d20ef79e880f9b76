// What every traffic driver must do, and the memory platform with them.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AppRef } from '../../domain/app.ts'
import { sameWeights, type Weight } from '../../domain/route.ts'
import type { RouteWrite, Traffic } from '../../platform/platform.ts'
import { eventually } from './eventually.ts'

export interface TrafficSetup {
  readonly traffic: Traffic
  /** An App of its own, without a route. */
  readonly newApp: () => AppRef
  /** Two revisions whose pods are ready. */
  readonly revisions: readonly [stable: string, canary: string]
  readonly wait: (milliseconds: number) => Promise<unknown>
  readonly close: () => Promise<void>
}

export function trafficContract(make: () => Promise<TrafficSetup>): void {
  describe('traffic', () => {
    let setup: TrafficSetup
    beforeAll(async () => {
      setup = await make()
    })
    afterAll(() => setup?.close())

    const split = (canary: number): readonly Weight[] => [
      { revision: setup.revisions[0], weight: 1000 - canary },
      { revision: setup.revisions[1], weight: canary },
    ]
    const aWrite = (
      app: AppRef,
      n: number,
      canary: number,
      change: Partial<RouteWrite> = {},
    ): RouteWrite => ({
      app,
      hosts: [`${app.name}.example.com`],
      weights: split(canary),
      epoch: { seq: 7, n },
      stable: setup.revisions[0],
      ...change,
    })
    const refused = (reason: string) => expect.objectContaining({ name: 'PermanentFailure', reason })

    test('an App without a route has none, and is not served', async () => {
      const app = setup.newApp()
      expect(await setup.traffic.read(app)).toBeUndefined()
      expect(await setup.traffic.served(app)).toBeUndefined()
    })

    test('reads what was written: hosts, weights, epoch, and the revision to return to', async () => {
      const app = setup.newApp()
      await setup.traffic.write(aWrite(app, 1, 50))
      expect(await setup.traffic.read(app)).toEqual({
        hosts: [`${app.name}.example.com`],
        weights: split(50),
        epoch: { seq: 7, n: 1 },
        stable: setup.revisions[0],
      })
    })

    test('serves what was written, and what is written after it', async () => {
      const app = setup.newApp()
      for (const [n, canary] of [0, 1, 500, 1000].entries()) {
        await setup.traffic.write(aWrite(app, n, canary))
        const seen = (served: readonly Weight[] | undefined) =>
          expect(sameWeights(served ?? [], split(canary)), JSON.stringify(served)).toBe(true)
        await eventually(() => setup.traffic.served(app), seen, { within: 10_000, wait: setup.wait })
      }
    })

    test('a revision that holds nothing stays listed while it is wanted', async () => {
      const app = setup.newApp()
      await setup.traffic.write(aWrite(app, 1, 0))
      expect((await setup.traffic.read(app))?.weights).toEqual(split(0))
      await setup.traffic.write(
        aWrite(app, 2, 0, { weights: [{ revision: setup.revisions[0], weight: 1000 }] }),
      )
      expect((await setup.traffic.read(app))?.weights).toHaveLength(1)
    })

    test('refuses an older epoch and changes nothing', async () => {
      const app = setup.newApp()
      await setup.traffic.write(aWrite(app, 4, 100))
      await expect(setup.traffic.write(aWrite(app, 3, 500))).rejects.toEqual(refused('Fenced'))
      await expect(setup.traffic.write(aWrite(app, 9, 500, { epoch: { seq: 6, n: 9 } }))).rejects.toEqual(
        refused('Fenced'),
      )
      expect((await setup.traffic.read(app))?.weights).toEqual(split(100))
    })

    test('a release’s late write is refused after its own rollback', async () => {
      const app = setup.newApp()
      await setup.traffic.write(aWrite(app, 1, 50))
      const late = aWrite(app, 2, 500)
      await setup.traffic.write(aWrite(app, 3, 0))
      await expect(setup.traffic.write(late)).rejects.toEqual(refused('Fenced'))
      expect(await setup.traffic.read(app)).toMatchObject({ weights: split(0), epoch: { seq: 7, n: 3 } })
    })

    test('the same write again changes nothing; another write under its epoch is refused', async () => {
      const app = setup.newApp()
      await setup.traffic.write(aWrite(app, 1, 50))
      await setup.traffic.write(aWrite(app, 1, 50))
      await expect(setup.traffic.write(aWrite(app, 1, 60))).rejects.toEqual(refused('Fenced'))
      expect((await setup.traffic.read(app))?.weights).toEqual(split(50))
    })

    test('of concurrent writers the newest has the last word', async () => {
      const app = setup.newApp()
      await setup.traffic.write(aWrite(app, 0, 0))
      const writers = [1, 2, 3, 4, 5, 6].map((n) => setup.traffic.write(aWrite(app, n, n * 10)))
      const ends = await Promise.allSettled(writers)
      expect(ends.at(-1)?.status).toBe('fulfilled')
      for (const end of ends) if (end.status === 'rejected') expect(end.reason).toEqual(refused('Fenced'))
      expect(await setup.traffic.read(app)).toMatchObject({ weights: split(60), epoch: { seq: 7, n: 6 } })
    })

    test('of two that write under one epoch one wins', async () => {
      const app = setup.newApp()
      await setup.traffic.write(aWrite(app, 0, 0))
      const ends = await Promise.allSettled(
        [10, 20].map((canary) => setup.traffic.write(aWrite(app, 1, canary))),
      )
      expect(ends.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
      const winner = ends[0]?.status === 'fulfilled' ? 10 : 20
      expect((await setup.traffic.read(app))?.weights).toEqual(split(winner))
    })

    test.for([
      ['do not sum to 1000', [999]],
      ['are negative', [1001, -1]],
      ['are no integers', [999.5, 0.5]],
    ] as const)('refuses weights that %s', async ([, numbers]) => {
      const app = setup.newApp()
      const weights = numbers.map((weight, index) => ({ revision: setup.revisions[index] ?? '', weight }))
      await expect(setup.traffic.write(aWrite(app, 1, 0, { weights }))).rejects.toEqual(refused('Invalid'))
      expect(await setup.traffic.read(app)).toBeUndefined()
    })
  })
}
