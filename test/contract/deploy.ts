// What every deploy driver must do, and the memory platform with them.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AppRef, AppSource, AppSpec } from '../../domain/app.ts'
import type { ConfigCopy } from '../../domain/config.ts'
import type { Revision } from '../../domain/revision.ts'
import type { Deploy } from '../../platform/platform.ts'
import { eventually } from './eventually.ts'

export interface DeploySetup {
  readonly deploy: Deploy
  readonly newApp: () => AppRef
  /** An App of its own that the cluster declares. */
  readonly declared: (source: AppSource) => Promise<AppRef>
  /** A revision whose pods become ready, and ones whose pods never do. */
  readonly newRevision: (
    app: AppRef,
    fate: 'runs' | 'no such image' | 'crashes',
    run?: Partial<AppSpec['run']>,
  ) => Revision
  /** Makes the ConfigMap or Secret say this, as people do. */
  readonly configure: (
    app: AppRef,
    kind: ConfigCopy['kind'],
    name: string,
    data: Readonly<Record<string, string>>,
  ) => Promise<void>
  /** The names of all copies in the App's namespace that are copies of this. */
  readonly copies: (app: AppRef, kind: ConfigCopy['kind'], name: string) => Promise<readonly string[]>
  readonly wait: (milliseconds: number) => Promise<unknown>
  readonly close: () => Promise<void>
}

export function deployContract(make: () => Promise<DeploySetup>): void {
  // Pods take their time, so the tests wait together: each has Apps of its own.
  describe.concurrent('deploy', () => {
    let setup: DeploySetup
    beforeAll(async () => {
      setup = await make()
    })
    afterAll(() => setup?.close())

    const becomes = (revision: Revision, expected: object, within = 60_000) =>
      eventually(
        () => setup.deploy.readiness(revision),
        (seen) => expect(seen).toEqual(expected),
        { within, every: 500, wait: setup.wait },
      )

    test('an App that nobody declared has neither source nor revisions', async () => {
      expect(await setup.deploy.describe(setup.newApp())).toEqual({ source: undefined, revisions: [] })
    })

    test('finds the source where the cluster declares it', async () => {
      const source = { repository: 'http://10.244.0.1:8090/git/nothing.git', branch: 'main' }
      const app = await setup.declared(source)
      expect((await setup.deploy.describe(app)).source).toEqual(source)
    })

    test('a revision becomes ready, and is found again as it was made', async () => {
      const app = setup.newApp()
      const revision = setup.newRevision(app, 'runs')
      expect((await setup.deploy.readiness(revision)).ready).toBe(0)
      await setup.deploy.create(revision)
      await becomes(revision, { ready: 1, wanted: 1 })
      expect((await setup.deploy.describe(app)).revisions).toEqual([revision])
      await setup.deploy.remove(app, revision.name)
    })

    test('made twice it is one', async () => {
      const app = setup.newApp()
      const revision = setup.newRevision(app, 'runs')
      await Promise.all([setup.deploy.create(revision), setup.deploy.create(revision)])
      await setup.deploy.create(revision)
      await becomes(revision, { ready: 1, wanted: 1 })
      await setup.deploy.create(revision)
      expect(await setup.deploy.readiness(revision)).toEqual({ ready: 1, wanted: 1 })
      expect((await setup.deploy.describe(app)).revisions).toHaveLength(1)
      await setup.deploy.remove(app, revision.name)
    })

    test('removed it is gone, and its neighbour is not; removing it again is nothing', async () => {
      const app = setup.newApp()
      const [stays, goes] = [setup.newRevision(app, 'runs'), setup.newRevision(app, 'runs')]
      await setup.deploy.create(stays)
      await setup.deploy.create(goes)
      await becomes(goes, { ready: 1, wanted: 1 })
      await becomes(stays, { ready: 1, wanted: 1 })
      await setup.deploy.remove(app, goes.name)
      expect((await setup.deploy.describe(app)).revisions).toEqual([stays])
      expect((await setup.deploy.readiness(goes)).ready).toBe(0)
      expect((await setup.deploy.readiness(stays)).ready).toBe(1)
      await setup.deploy.remove(app, goes.name)
      await setup.deploy.remove(app, stays.name)
    })

    test.for(['no such image', 'crashes'] as const)('says why pods cannot become ready: %s', async (fate) => {
      const app = setup.newApp()
      const revision = setup.newRevision(app, fate)
      await setup.deploy.create(revision)
      const failed = await eventually(
        () => setup.deploy.readiness(revision),
        (seen) => expect(seen.failure).toBeDefined(),
        { within: 120_000, every: 1000, wait: setup.wait },
      )
      expect(failed).toMatchObject({ ready: 0, wanted: 1 })
      await setup.deploy.remove(app, revision.name)
    })

    test('begins with the pods that it is given, and grows to what it declares', async () => {
      const app = setup.newApp()
      const revision = setup.newRevision(app, 'runs', { replicas: 3 })
      await setup.deploy.create(revision, 1)
      await becomes(revision, { ready: 1, wanted: 1 })
      await setup.deploy.create(revision)
      expect(await setup.deploy.readiness(revision)).toMatchObject({ wanted: 1 })
      await setup.deploy.scale(revision, 3)
      await becomes(revision, { ready: 3, wanted: 3 })
      await setup.deploy.remove(app, revision.name)
    })

    test('stopped it is still known, and starts again as it was', async () => {
      const app = setup.newApp()
      const revision = setup.newRevision(app, 'runs')
      await setup.deploy.create(revision)
      await becomes(revision, { ready: 1, wanted: 1 })
      await setup.deploy.scale(revision, 0)
      await becomes(revision, { ready: 0, wanted: 0 })
      expect(await setup.deploy.describe(app)).toEqual({ source: undefined, revisions: [revision] })
      await setup.deploy.scale(revision, 1)
      await becomes(revision, { ready: 1, wanted: 1 })
      await setup.deploy.remove(app, revision.name)
    })

    test('who served is kept without pods, the latest first', async () => {
      const app = setup.newApp()
      const [first, second] = [setup.newRevision(app, 'runs'), setup.newRevision(app, 'runs')]
      for (const revision of [first, second]) {
        await setup.deploy.create(revision)
        await becomes(revision, { ready: 1, wanted: 1 })
      }
      for (const revision of [second, first]) {
        await setup.deploy.keep(revision)
        await setup.wait(20)
      }
      expect((await setup.deploy.describe(app)).kept).toEqual([first.name, second.name])
      await becomes(first, { ready: 0, wanted: 0 })
      await setup.deploy.remove(app, first.name)
      expect((await setup.deploy.describe(app)).kept).toEqual([second.name])
      await setup.deploy.remove(app, second.name)
    })

    test('nobody can be given pods who does not exist', async () => {
      const revision = setup.newRevision(setup.newApp(), 'runs')
      await expect(setup.deploy.scale(revision, 1)).rejects.toMatchObject({ reason: 'NotFound' })
    })

    test('an autoscaler keeps the least that it is told, within what is declared', async () => {
      const app = setup.newApp()
      const autoscale = { min: 1, max: 3, cpu: 70 }
      const revision = setup.newRevision(app, 'runs', { autoscale, replicas: 2 })
      await setup.deploy.create(revision)
      await becomes(revision, { ready: 1, wanted: 1 })
      await setup.deploy.scale(revision, 2)
      await becomes(revision, { ready: 2, wanted: 2 })
      await setup.deploy.scale(revision, 9)
      await becomes(revision, { ready: 3, wanted: 3 })
      await setup.deploy.scale(revision, 0)
      await becomes(revision, { ready: 0, wanted: 0 })
      await setup.deploy.scale(revision, 2)
      await becomes(revision, { ready: 2, wanted: 2 })
      await setup.deploy.remove(app, revision.name)
    })

    describe('configuration', () => {
      const run = { config: [{ name: 'settings' }], secrets: [{ name: 'db', mount: '/etc/db' }] }
      const copies = (app: AppRef, make = false) =>
        setup.deploy.config(app, setup.newRevision(app, 'runs', run).run, make)

      /** Its own names: the tests share a namespace. */
      const configured = async (password = 'tulip-4711') => {
        const app = setup.newApp()
        const names = { settings: `${app.name}-settings`, db: `${app.name}-db` }
        await setup.configure(app, 'ConfigMap', names.settings, { GREETING: 'hello' })
        await setup.configure(app, 'Secret', names.db, { PASSWORD: password })
        const asked = { config: [{ name: names.settings }], secrets: [{ name: names.db, mount: '/etc/db' }] }
        const named = (make: boolean) =>
          setup.deploy.config(app, setup.newRevision(app, 'runs', asked).run, make)
        const revisionNow = async () => {
          const config = await named(false)
          return { ...setup.newRevision(app, 'runs', asked), config }
        }
        return { app, names, named, revisionNow }
      }

      test('what an App does not name is nothing', async () => {
        const app = setup.newApp()
        expect(await setup.deploy.config(app, setup.newRevision(app, 'runs').run, true)).toEqual([])
      })

      test('what does not exist is said by its name', async () => {
        const refused = expect(copies(setup.newApp())).rejects
        await refused.toMatchObject({
          reason: 'NotFound',
          message: expect.stringContaining('ConfigMap settings'),
        })
      })

      test('the same content has the same name, another has another', async () => {
        const { app, names, named } = await configured()
        const first = await named(false)
        expect(first).toEqual([
          { kind: 'ConfigMap', name: names.settings, copy: expect.stringMatching(/-settings-[0-9a-f]{8}$/) },
          {
            kind: 'Secret',
            name: names.db,
            mount: '/etc/db',
            copy: expect.stringMatching(/-db-[0-9a-f]{8}$/),
          },
        ])
        expect(await named(false)).toEqual(first)
        await setup.configure(app, 'Secret', names.db, { PASSWORD: 'rose-4711' })
        const second = await named(false)
        expect(second[0]).toEqual(first[0])
        expect(second[1]?.copy).not.toBe(first[1]?.copy)
        await setup.configure(app, 'Secret', names.db, { PASSWORD: 'tulip-4711' })
        expect(await named(false)).toEqual(first)
      })

      test('named only, nothing is made; made twice it is one', async () => {
        const { app, names, named } = await configured()
        await named(false)
        expect(await setup.copies(app, 'Secret', names.db)).toEqual([])
        const made = await named(true)
        await Promise.all([named(true), named(true)])
        expect(await setup.copies(app, 'Secret', names.db)).toEqual([made[1]?.copy])
        expect(await setup.copies(app, 'ConfigMap', names.settings)).toEqual([made[0]?.copy])
      })

      test('a revision runs with its copies, and what another uses stays when it goes', async () => {
        const { app, names, revisionNow } = await configured()
        const old = await revisionNow()
        await setup.deploy.create(old)
        await becomes(old, { ready: 1, wanted: 1 })
        await setup.configure(app, 'Secret', names.db, { PASSWORD: 'rose-4711' })
        const next = await revisionNow()
        await setup.deploy.create(next)
        await becomes(next, { ready: 1, wanted: 1 })
        expect((await setup.deploy.describe(app)).revisions).toEqual([old, next])
        expect(await setup.copies(app, 'Secret', names.db)).toHaveLength(2)
        await setup.deploy.remove(app, next.name)
        // What is returned to finds the content that it had.
        expect(await setup.copies(app, 'Secret', names.db)).toEqual([old.config?.[1]?.copy])
        expect(await setup.copies(app, 'ConfigMap', names.settings)).toEqual([old.config?.[0]?.copy])
        await setup.deploy.remove(app, old.name)
        expect(await setup.copies(app, 'Secret', names.db)).toEqual([])
        expect(await setup.copies(app, 'ConfigMap', names.settings)).toEqual([])
      })

      test('the copies of a revision that was never made go with it, but for those that another uses', async () => {
        const { app, names, named, revisionNow } = await configured()
        const old = await revisionNow()
        await setup.deploy.create(old)
        await setup.configure(app, 'Secret', names.db, { PASSWORD: 'rose-4711' })
        const copies = await named(true)
        expect(await setup.copies(app, 'Secret', names.db)).toHaveLength(2)
        await setup.deploy.remove(app, `${old.name}-never`, copies)
        expect(await setup.copies(app, 'Secret', names.db)).toEqual([old.config?.[1]?.copy])
        expect(await setup.copies(app, 'ConfigMap', names.settings)).toEqual([old.config?.[0]?.copy])
        await setup.deploy.remove(app, old.name)
      })

      test('a revision whose configuration changed before it was made is refused', async () => {
        const { app, names, revisionNow } = await configured()
        const revision = await revisionNow()
        await setup.configure(app, 'Secret', names.db, { PASSWORD: 'rose-4711' })
        await expect(setup.deploy.create(revision)).rejects.toMatchObject({ reason: 'NotFound' })
        expect((await setup.deploy.describe(app)).revisions).toEqual([])
        await setup.deploy.remove(app, revision.name)
      })
    })
  })
}
