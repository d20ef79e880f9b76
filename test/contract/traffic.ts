// What every traffic driver must do, and the memory platform with them.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AppRef } from '../../domain/app.ts'
import { sameWeights, type Weight } from '../../domain/route.ts'
import type { Asking } from '../../platform/memory/gateway.ts'
import type { RouteWrite, Traffic } from '../../platform/platform.ts'
import { eventually } from './eventually.ts'

export interface TrafficSetup {
  readonly traffic: Traffic
  /** An App of its own, without a route. */
  readonly newApp: () => AppRef
  /** Two revisions whose pods are ready. */
  readonly revisions: readonly [stable: string, canary: string]
  /** Another than Slipway gives the route these weights. */
  readonly tamper: (app: AppRef, weights: readonly Weight[], manager: string) => Promise<void>
  /** Which revision answers a request; undefined when none does. */
  readonly request: (app: AppRef, asking: Asking) => Promise<string | undefined>
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
      hosts: [host(app)],
      weights: split(canary),
      epoch: { seq: 7, n },
      stable: setup.revisions[0],
      ...change,
    })
    const host = (app: AppRef) => `${app.name}.example.com`
    const previewHost = (app: AppRef) => `next.${app.name}.example.com`
    const patience = { within: 10_000, wait: () => setup.wait(50) }
    const servesEventually = (app: AppRef, canary: number) => {
      const seen = (served: readonly Weight[] | undefined) =>
        expect(sameWeights(served ?? [], split(canary)), JSON.stringify(served)).toBe(true)
      return eventually(() => setup.traffic.served(app), seen, patience)
    }
    const answersEventually = (app: AppRef, asking: Asking, revision: string | undefined) => {
      const seen = (answered: string | undefined) => expect(answered, JSON.stringify(asking)).toBe(revision)
      return eventually(() => setup.request(app, asking), seen, patience)
    }
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
        await servesEventually(app, canary)
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

    test('who names a revision gets it, also while it holds nothing', async () => {
      const app = setup.newApp()
      const [stable, canary] = setup.revisions
      await setup.traffic.write(aWrite(app, 1, 0, { direct: [stable, canary] }))
      const asked = [
        [canary, canary],
        ['canary', canary],
        [stable, stable],
        ['stable', stable],
        ['nobody', stable],
      ] as const
      for (const [header, revision] of asked) {
        await answersEventually(app, { host: host(app), header }, revision)
      }
      expect((await setup.traffic.read(app))?.direct).toEqual([stable, canary])
      // The shares are as they were written: what comes by name is none of them.
      await servesEventually(app, 0)

      await setup.traffic.write(aWrite(app, 2, 0))
      await answersEventually(app, { host: host(app), header: canary }, stable)
      expect(await setup.traffic.read(app)).not.toHaveProperty('direct')
    })

    test('a preview host shows one revision alone, for as long as a write says so', async () => {
      const app = setup.newApp()
      const [stable, canary] = setup.revisions
      const preview = { hosts: [previewHost(app)], revision: canary }
      await setup.traffic.write(aWrite(app, 1, 0, { preview }))
      await answersEventually(app, { host: previewHost(app) }, canary)
      await answersEventually(app, { host: host(app) }, stable)
      expect((await setup.traffic.read(app))?.preview).toEqual(preview)

      await setup.traffic.write(aWrite(app, 2, 1000, { preview: { ...preview, revision: stable } }))
      await answersEventually(app, { host: previewHost(app) }, stable)
      await answersEventually(app, { host: host(app) }, canary)

      await setup.traffic.write(aWrite(app, 3, 1000))
      await answersEventually(app, { host: previewHost(app) }, undefined)
    })

    test('what another changed is seen, named, and put back under the same epoch', async () => {
      const app = setup.newApp()
      const note = 'aborted by ana: prices are wrong'
      await setup.traffic.write(aWrite(app, 1, 50, { note }))
      await setup.tamper(app, split(500), 'kubectl-edit')
      expect(await setup.traffic.read(app)).toMatchObject({
        weights: split(500),
        epoch: { seq: 7, n: 1 },
        drift: { manager: 'kubectl-edit', written: { hosts: [host(app)], weights: split(50) } },
      })
      await servesEventually(app, 500)

      const what = `the weights of HTTPRoute ${app.name}`
      expect(await setup.traffic.repair([app])).toEqual([{ app, what, manager: 'kubectl-edit' }])
      const { drift, ...route } = (await setup.traffic.read(app)) ?? {}
      expect(drift).toBeUndefined()
      expect(route).toMatchObject({ weights: split(50), epoch: { seq: 7, n: 1 }, note })
      await servesEventually(app, 50)
      expect(await setup.traffic.repair([app])).toEqual([])
    })

    test('nothing is repaired where nothing was changed, or nothing is', async () => {
      const [app, absent] = [setup.newApp(), setup.newApp()]
      await setup.traffic.write(aWrite(app, 1, 50))
      await setup.tamper(app, split(50), 'kubectl-edit')
      expect(await setup.traffic.repair([app, absent])).toEqual([])
      expect(await setup.traffic.repair([])).toEqual([])
      expect(await setup.traffic.read(app)).not.toHaveProperty('drift')
      expect(await setup.traffic.read(absent)).toBeUndefined()
    })

    test('the same write again puts back what another changed, and the fence stands as before', async () => {
      const app = setup.newApp()
      await setup.traffic.write(aWrite(app, 2, 50))
      await setup.tamper(app, split(500), 'kubectl-edit')
      // Also to what the other one wrote: another write under this epoch is another's.
      for (const late of [aWrite(app, 1, 50), aWrite(app, 2, 500)]) {
        await expect(setup.traffic.write(late)).rejects.toEqual(refused('Fenced'))
      }
      await setup.traffic.write(aWrite(app, 2, 50))
      expect(await setup.traffic.read(app)).toMatchObject({ weights: split(50) })
      expect(await setup.traffic.read(app)).not.toHaveProperty('drift')
    })

    test('a newer write ends what another changed', async () => {
      const app = setup.newApp()
      await setup.traffic.write(aWrite(app, 1, 50))
      await setup.tamper(app, split(500), 'kubectl-edit')
      await setup.traffic.write(aWrite(app, 2, 100))
      expect(await setup.traffic.read(app)).not.toHaveProperty('drift')
      expect(await setup.traffic.repair([app])).toEqual([])
      expect((await setup.traffic.read(app))?.weights).toEqual(split(100))
    })

    test('why a person wrote it is told until the next write', async () => {
      const app = setup.newApp()
      const note = 'aborted by ana: prices are wrong'
      await setup.traffic.write(aWrite(app, 1, 0, { note }))
      expect((await setup.traffic.read(app))?.note).toBe(note)
      await setup.traffic.write(aWrite(app, 2, 0))
      expect(await setup.traffic.read(app)).not.toHaveProperty('note')
    })

    test('a route that is taken away serves nothing, on no host', async () => {
      const app = setup.newApp()
      const [, canary] = setup.revisions
      const preview = { hosts: [previewHost(app)], revision: canary }
      await setup.traffic.write(aWrite(app, 1, 0, { direct: [canary], preview }))
      await answersEventually(app, { host: previewHost(app) }, canary)
      await setup.traffic.remove(app)
      await answersEventually(app, { host: host(app) }, undefined)
      await answersEventually(app, { host: previewHost(app) }, undefined)
      expect(await setup.traffic.read(app)).toBeUndefined()
      expect(await setup.traffic.served(app)).toBeUndefined()
      await setup.traffic.remove(app)
    })

    test('knows which hosts others serve, also as a preview', async () => {
      const [app, other, absent] = [setup.newApp(), setup.newApp(), setup.newApp()]
      const preview = { hosts: [previewHost(app)], revision: setup.revisions[1] }
      await setup.traffic.write(aWrite(app, 1, 0, { preview }))
      await setup.traffic.write(aWrite(other, 1, 0))
      const wanted = [host(app), previewHost(app), host(absent)]
      expect(await setup.traffic.taken(wanted, [app, other, absent])).toEqual([
        { host: host(app), app },
        { host: previewHost(app), app },
      ])
      expect(await setup.traffic.taken(wanted, [other, absent])).toEqual([])
    })
  })
}
