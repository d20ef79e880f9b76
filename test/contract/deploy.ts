// What every deploy driver must do, and the memory platform with them.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AppRef, AppSource } from '../../domain/app.ts'
import type { Revision } from '../../domain/revision.ts'
import type { Deploy } from '../../platform/platform.ts'
import { eventually } from './eventually.ts'

export interface DeploySetup {
  readonly deploy: Deploy
  readonly newApp: () => AppRef
  /** An App of its own that the cluster declares. */
  readonly declared: (source: AppSource) => Promise<AppRef>
  /** A revision whose pods become ready, and ones whose pods never do. */
  readonly newRevision: (app: AppRef, fate: 'runs' | 'no such image' | 'crashes') => Revision
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
  })
}
