// What every report driver must do, and the memory platform with them.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AppRef } from '../../domain/app.ts'
import { type ReleaseRef, type ReleaseStatus, releaseName } from '../../domain/release.ts'
import type { AppStatus, Report } from '../../platform/platform.ts'
import { eventually } from './eventually.ts'
import { aJudging, anEvidence } from './evidence.ts'
import { aStatus } from './fixtures.ts'

export interface ReportSetup {
  readonly report: Report
  readonly newApp: () => AppRef
  /** An App of its own that the cluster declares: only such a one has a status. */
  readonly declared: () => Promise<AppRef>
  /** The Events of one release in the order in which they were recorded: their message. */
  readonly events: (app: AppRef, release: string) => Promise<readonly string[]>
  /** The Events of one App: reason and message. */
  readonly appEvents: (app: AppRef) => Promise<readonly string[]>
  /** What the App's status says. */
  readonly appStatus: (app: AppRef) => Promise<AppStatus | undefined>
  readonly close: () => Promise<void>
}

export function reportContract(make: () => Promise<ReportSetup>): void {
  describe('report', () => {
    let setup: ReportSetup
    beforeAll(async () => {
      setup = await make()
    })
    afterAll(() => setup?.close())

    const evidence = anEvidence()
    const full = (app: AppRef, seq: number): ReleaseStatus =>
      aStatus(app, seq, {
        phase: 'done',
        outcome: 'promoted',
        message: 'holds all of the traffic',
        commit: {
          sha: aStatus(app, seq).release.sha,
          title: 'Sell shoes',
          author: 'ana',
          committedAt: 1_700_000_000_000,
        },
        revision: `${app.name}-1234567-abcd`,
        stable: `${app.name}-7654321-dcba`,
        image: `registry.example/default/shop@sha256:${'a'.repeat(64)}`,
        weight: 1000,
        step: '4/4',
        evidence,
        judging: aJudging,
        proven: true,
        transitions: [
          { at: 1_700_000_000_000, phase: 'rolling-out', weight: 50, message: 'shift to 5 %' },
          { at: 1_700_000_060_000, phase: 'done', weight: 1000, message: 'promoted', evidence },
        ],
        finishedAt: 1_700_000_070_000,
      })

    test('remembers a release as it was told', async () => {
      const app = setup.newApp()
      expect(await setup.report.history(app)).toEqual([])
      await setup.report.release(full(app, 1))
      expect(await setup.report.history(app)).toEqual([full(app, 1)])
    })

    test('tells what it remembers of one release, and of no other by its name', async () => {
      const app = setup.newApp()
      const told = full(app, 1)
      await setup.report.release(told)
      expect(await setup.report.recorded(told.release)).toEqual(told)
      expect(await setup.report.recorded({ ...told.release, seq: 2 })).toBeUndefined()
      expect(await setup.report.recorded({ ...told.release, sha: 'b'.repeat(40) })).toBeUndefined()
    })

    test('the last word holds: what is no longer true is no longer said', async () => {
      const app = setup.newApp()
      await setup.report.release(
        aStatus(app, 1, { phase: 'rolling-out', stalled: 'no requests', step: '1/4' }),
      )
      const later = aStatus(app, 1, { phase: 'baking', message: 'baking', weight: 1000 })
      await setup.report.release(later)
      expect(await setup.report.history(app)).toEqual([later])
    })

    test('an outcome is final: a late report does not take it back', async () => {
      const app = setup.newApp()
      const late = aStatus(app, 1, { phase: 'rolling-out', message: 'late' })
      expect(await setup.report.release(full(app, 1))).toBe(true)
      expect(await setup.report.release(late)).toBe(false)
      expect(await setup.report.release(full(app, 1))).toBe(true)
      expect(await setup.report.history(app)).toEqual([full(app, 1)])
    })

    test('a late report takes back nothing that happened since', async () => {
      const app = setup.newApp()
      const line = (at: number, phase: 'building' | 'rolling-out') =>
        ({ at, phase, weight: 0, message: phase }) as const
      const [before, after] = [line(1_000, 'building'), line(2_000, 'rolling-out')]
      const newer = aStatus(app, 1, { phase: 'rolling-out', transitions: [before, after] })
      await setup.report.release(newer)
      const late = aStatus(app, 1, { phase: 'building', transitions: [before] })
      expect(await setup.report.release(late)).toBe(false)
      expect(await setup.report.history(app)).toEqual([newer])
    })

    test('records one Event for each transition, however often it is told', async () => {
      const app = setup.newApp()
      const told = [
        aStatus(app, 1, { phase: 'reading', message: 'first' }),
        aStatus(app, 1, { phase: 'building', message: 'second' }),
        aStatus(app, 1, { phase: 'building', message: 'second, further' }),
        aStatus(app, 1, { phase: 'building', message: 'second, further' }),
        aStatus(app, 1, { phase: 'done', outcome: 'failed', message: 'third' }),
        aStatus(app, 1, { phase: 'done', outcome: 'failed', message: 'third' }),
      ]
      for (const status of told) await setup.report.release(status)
      expect(await setup.events(app, `${app.name}-1`)).toEqual(['first', 'second', 'third'])
    })

    test('history is the App’s own, newest first, by number', async () => {
      const [app, other] = [setup.newApp(), setup.newApp()]
      for (const seq of [9, 10, 2]) await setup.report.release(aStatus(app, seq))
      await setup.report.release(aStatus(other, 1))
      const seqs = (await setup.report.history(app)).map(({ release }) => release.seq)
      expect(seqs).toEqual([10, 9, 2])
    })

    test('knows every release that has no outcome, of whatever App', async () => {
      const [app, other] = [setup.newApp(), setup.newApp()]
      const told = [
        full(app, 1),
        aStatus(app, 2),
        aStatus(app, 3, { phase: 'baking' }),
        aStatus(other, 1),
      ] as const
      for (const status of told) await setup.report.release(status)
      const ours = async () =>
        (await setup.report.unfinished()).filter((one) => [app.name, other.name].includes(one.app.name))
      const byName = (refs: readonly ReleaseRef[]) => refs.map(releaseName).sort()
      expect(byName(await ours())).toEqual(byName([told[1], told[2], told[3]].map((one) => one.release)))
      await setup.report.release(full(app, 2))
      expect(byName(await ours())).toEqual(byName([told[2], told[3]].map((one) => one.release)))
    })

    test('forgets what ended long ago, and nothing that goes on', async () => {
      const app = setup.newApp()
      const told = [aStatus(app, 1), full(app, 2), full(app, 3), full(app, 10), full(app, 11)]
      for (const status of told) await setup.report.release(status)
      expect(await setup.report.forget(app, 2)).toBe(2)
      const left = async () => (await setup.report.history(app)).map(({ release }) => release.seq)
      expect(await left()).toEqual([11, 10, 1])
      expect(await setup.report.forget(app, 2)).toBe(0)
      expect(await left()).toEqual([11, 10, 1])
    })

    test('records what happened to an App once, however often it is told', async () => {
      const app = await setup.declared()
      const event = (message: string) => ({ reason: 'Repaired', type: 'Warning', message }) as const
      for (const message of ['one', 'one', 'two', 'one']) await setup.report.happened(app, event(message))
      const seen = (await setup.appEvents(app)).filter((line) => line.startsWith('Repaired: '))
      expect([...seen].sort()).toEqual(['Repaired: one', 'Repaired: two'])
      await expect(setup.report.happened(setup.newApp(), event('nobody'))).resolves.toBeUndefined()
    })

    test('says of the App what is stable, what runs and what waits, and remembers it', async () => {
      const app = await setup.declared()
      const status = {
        stable: { revision: `${app.name}-1234567-abcd`, sha: aStatus(app, 1).release.sha },
        active: `${app.name}-2`,
        waiting: aStatus(app, 3).release.sha,
        message: 'rolling out',
        frozen: { by: 'ana', reason: 'sale', since: 1_700_000_000_000 },
        rejected: [aStatus(app, 4).release.sha],
      }
      // Where Slipway itself runs, it has a word to say of this App too: said again, ours stands.
      for (const said of [status, { message: 'idle' }]) {
        const sayAndLook = async () => {
          await setup.report.app(app, said)
          return { status: await setup.appStatus(app), remembered: await setup.report.remembered(app) }
        }
        const seen = (found: { status?: AppStatus | undefined; remembered?: AppStatus | undefined }) => {
          expect(found.status).toEqual(said)
          expect(found.remembered).toMatchObject(said)
        }
        await eventually(sayAndLook, seen, { within: 10_000, every: 500 })
      }
    })
  })
}
