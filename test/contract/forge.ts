// What every forge must do, and the memory platform's with them.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Foresight } from '../../domain/foresight.ts'
import type { ReleaseRef, ReleaseStatus, Transition } from '../../domain/release.ts'
import type { Forge, Permission, Told } from '../../platform/platform.ts'
import { aStatus } from './fixtures.ts'

export interface ForgeSetup {
  readonly forge: Forge
  /** Where these people may do what they may. */
  readonly repository: string
  /** A commit of the repository that nothing stands on yet. */
  readonly newCommit: () => Promise<string>
  /** What stands on it, oldest first. */
  readonly checks: (sha: string) => Promise<readonly CheckSeen[]>
  /** Of all commits, oldest first. */
  readonly deployments: () => Promise<readonly DeploymentSeen[]>
  readonly close: () => Promise<void>
}

export const people: Readonly<Record<string, Permission>> = { ada: 'admin', ana: 'write', ben: 'read' }

export interface CheckSeen {
  readonly name: string
  /** Absent while it goes on. */
  readonly conclusion?: string
  readonly title: string
  readonly buttons: readonly string[]
}

export interface DeploymentSeen {
  readonly sha: string
  readonly environment: string
  readonly state: string
}

export function forgeContract(name: string, make: () => Promise<ForgeSetup>): void {
  describe(`forge: ${name}`, () => {
    let setup: ForgeSetup
    let seq = 0
    const newStage = async () => {
      await setup?.close()
      setup = await make()
    }
    beforeAll(newStage)
    afterAll(() => setup?.close())

    const newRelease = async (app = 'shop'): Promise<ReleaseRef> => {
      seq += 1
      return { app: { namespace: 'default', name: app }, seq, sha: await setup.newCommit() }
    }
    const tell = (status: ReleaseStatus, told?: Told) => setup.forge.tell(setup.repository, status, told)
    const deploymentsOf = async (app: string) =>
      (await setup.deployments()).filter(({ environment }) => environment === `default/${app}`)

    test('hosts its own repositories and no others', () => {
      expect(setup.forge.hosts(setup.repository)).toBe(true)
      expect(setup.forge.hosts('https://git.example/acme/shop')).toBe(false)
    })

    test('shows one check from the first word to the last', async () => {
      const release = await newRelease()
      const name = 'slipway / shop'
      let told = await tell(building(release))
      expect(await setup.checks(release.sha)).toEqual([{ name, title: 'building', buttons: ['abort'] }])
      told = await tell(rollingOut(release), told)
      expect(await setup.checks(release.sha)).toMatchObject([{ title: '5% · watching 5%' }])
      await tell(ended(release, 'promoted', 'all is well'), told)
      expect(await setup.checks(release.sha)).toEqual([
        { name, conclusion: 'success', title: 'Promoted: all is well', buttons: ['rollback'] },
      ])
    })

    test('says the same however often it is told', async () => {
      const release = await newRelease()
      const told = await tell(rollingOut(release))
      const seen = [await setup.checks(release.sha), await setup.deployments()]
      expect(await tell(rollingOut(release), told)).toEqual(told)
      await tell(rollingOut(release))
      expect([await setup.checks(release.sha), await setup.deployments()]).toEqual(seen)
    })

    test('finds what stands there when it does not remember', async () => {
      const release = await newRelease()
      await tell(building(release))
      await tell(rollingOut(release))
      await tell(ended(release, 'rolled-back', 'it failed more often'))
      expect(await setup.checks(release.sha)).toMatchObject([{ conclusion: 'failure', buttons: ['retry'] }])
      expect((await setup.deployments()).filter(({ sha }) => sha === release.sha)).toMatchObject([
        { state: 'failure' },
      ])
    })

    test.each([
      ['promoted', 'success'],
      ['rolled-back', 'failure'],
      ['failed', 'failure'],
      ['aborted', 'cancelled'],
      ['superseded', 'cancelled'],
      ['ignored', 'neutral'],
    ] as const)('ends a release that is %s as %s, and leaves it at that', async (outcome, conclusion) => {
      const release = await newRelease()
      const told = await tell(ended(release, outcome, 'so it is'))
      await tell(rollingOut(release), told)
      await tell(ended(release, outcome === 'failed' ? 'promoted' : 'failed', 'or not'))
      expect(await setup.checks(release.sha)).toMatchObject([{ conclusion }])
    })

    test('shows another release of the same commit beside the first', async () => {
      const first = await newRelease()
      await tell(ended(first, 'failed', 'it cannot be built'))
      seq += 1
      await tell(building({ ...first, seq }))
      expect(await setup.checks(first.sha)).toMatchObject([{ conclusion: 'failure' }, { title: 'building' }])
    })

    test('asks at a gate, and says how it was answered', async () => {
      const release = await newRelease()
      const told = await tell(waiting(release))
      expect((await setup.checks(release.sha))[1]).toEqual({
        name: 'slipway / shop / approve',
        conclusion: 'action_required',
        title: 'waits for 1 approval of ana',
        buttons: ['approve', 'abort'],
      })
      await tell(rollingOut(release, [opened]), told)
      expect((await setup.checks(release.sha))[1]).toMatchObject({ conclusion: 'success', buttons: [] })
    })

    test('asks no more when the release is over, also when it does not remember that it asked', async () => {
      const release = await newRelease()
      await tell(waiting(release))
      await tell(ended(release, 'aborted', 'aborted by bo'))
      expect((await setup.checks(release.sha)).map(({ conclusion }) => conclusion)).toEqual([
        'cancelled',
        'cancelled',
      ])
    })

    test('has one deployment in use, the newest that was promoted', async () => {
      const [first, second, third] = [
        await newRelease('till'),
        await newRelease('till'),
        await newRelease('till'),
      ]
      expect(await deploymentsOf('till')).toEqual([])
      await tell(building(first))
      expect(await deploymentsOf('till')).toEqual([])
      await tell(ended(first, 'promoted', 'all is well'))
      await tell(ended(second, 'rolled-back', 'it failed more often'))
      const told = await tell(rollingOut(third))
      expect(await deploymentsOf('till')).toMatchObject([
        { sha: first.sha, state: 'success' },
        { sha: second.sha, state: 'failure' },
        { sha: third.sha, state: 'in_progress' },
      ])
      await tell(ended(third, 'promoted', 'all is well'), told)
      await tell(ended(first, 'promoted', 'all is well'))
      expect((await deploymentsOf('till')).map(({ state }) => state)).toEqual([
        'inactive',
        'failure',
        'success',
      ])
    })

    describe('of deployments that are told in another order', () => {
      // The tests above have used up what a forge may let one write in a minute.
      beforeAll(newStage)

      test('leaves the newer one in use when the older release is told of after it', async () => {
        const [older, newer] = [await newRelease('kiosk'), await newRelease('kiosk')]
        const promoted = (release: ReleaseRef) => tell(ended(release, 'promoted', 'all is well'))
        await promoted(newer)
        const told = await promoted(older)
        expect(told.deployment).toMatchObject({ says: 'inactive', ended: true })
        const seen = await deploymentsOf('kiosk')
        expect(seen).toMatchObject([
          { sha: newer.sha, state: 'success' },
          { sha: older.sha, state: 'inactive' },
        ])
        await promoted(older)
        await promoted(newer)
        expect(await deploymentsOf('kiosk')).toEqual(seen)
      })

      test('takes the newest when numbers begin anew with another cluster', async () => {
        const [before, { app, sha }] = [await newRelease('stall'), await newRelease('stall')]
        await tell(ended(before, 'promoted', 'all is well'))
        const now = ended({ app, seq: 1, sha }, 'promoted', 'all is well')
        await tell({ ...now, startedAt: Date.now() + 60_000 })
        expect(await deploymentsOf('stall')).toMatchObject([
          { sha: before.sha, state: 'inactive' },
          { sha, state: 'success' },
        ])
      })
    })

    test('shows once what a push would do, and says it anew', async () => {
      const sha = await setup.newCommit()
      const app = { namespace: 'default', name: 'shop' }
      const foretell = (foresight: Foresight) =>
        setup.forge.foretell(setup.repository, { app, sha, at: since, foresight })
      const latest = async () => (await setup.checks(sha)).at(-1)
      const refused: Foresight = { kind: 'refused', why: 'slipway.yaml:7:5 spec.run.prot: unknown key' }
      await foretell({ kind: 'fork' })
      await foretell({ kind: 'fork' })
      const forked = {
        name: 'slipway / shop / plan',
        conclusion: 'neutral',
        title: 'forks are not built: nothing of them is read',
        buttons: [],
      }
      expect(await setup.checks(sha)).toEqual([forked])
      await foretell(refused)
      const seen = await setup.checks(sha)
      expect(await latest()).toMatchObject({
        conclusion: 'failure',
        title: 'would be refused: slipway.yaml:7:5 spec.run.prot: unknown key',
      })
      await foretell(refused)
      // Of the same commit more is known than what a fork lets know.
      await foretell({ kind: 'fork' })
      expect(await setup.checks(sha)).toEqual(seen)
    })

    test.each([...Object.entries(people), ['nobody', 'none']])(
      'knows what %s may: %s',
      async (login, permission) => {
        expect(await setup.forge.permission(setup.repository, login)).toBe(permission)
      },
    )

    test('gives a token to read with', async () => {
      expect(await setup.forge.readToken(setup.repository)).not.toBe('')
    })

    describe('a release that nobody remembers', () => {
      // The tests above have used up what a forge may let one write in a minute.
      beforeAll(newStage)

      test('shows as cancelled what is open', async () => {
        const release = await newRelease('kiosk')
        const told = await tell(waiting(release))
        for (const _ of ['once', 'twice']) await setup.forge.forget(setup.repository, release, told)
        const gone = {
          conclusion: 'cancelled',
          title: 'its record is gone: nobody can say any more how it ended',
          buttons: [],
        }
        expect(await setup.checks(release.sha)).toMatchObject([gone, gone])
        expect(await deploymentsOf('kiosk')).toMatchObject([{ sha: release.sha, state: 'inactive' }])
      })

      test('leaves it at the end that was told', async () => {
        const release = await newRelease('kiosk')
        const told = await tell(ended(release, 'promoted', 'all is well'))
        await setup.forge.forget(setup.repository, release, told)
        expect(await setup.checks(release.sha)).toMatchObject([{ conclusion: 'success' }])
        expect((await deploymentsOf('kiosk')).at(-1)).toMatchObject({ state: 'success' })
      })
    })
  })
}

const building = (release: ReleaseRef): ReleaseStatus => ({
  ...aStatus(release.app, release.seq),
  release,
  phase: 'building',
  message: 'building',
})

const since = Date.UTC(2026, 0, 1)
const served: Transition = { at: since, phase: 'rolling-out', weight: 50, message: 'the canary holds 5%' }
const opened: Transition = { ...served, message: 'before-50 is open: approved by ana' }

const rollingOut = (release: ReleaseRef, more: readonly Transition[] = []): ReleaseStatus => ({
  ...building(release),
  phase: 'rolling-out',
  message: 'watching 5%',
  weight: 50,
  stable: 'shop-1111111-cd34',
  transitions: [served, ...more],
})

const waiting = (release: ReleaseRef): ReleaseStatus => ({
  ...rollingOut(release),
  waiting: { for: 'approval', gate: 'before-50', message: 'waits for 1 approval of ana', since },
})

const ended = (
  release: ReleaseRef,
  outcome: NonNullable<ReleaseStatus['outcome']>,
  message: string,
): ReleaseStatus => ({ ...rollingOut(release), phase: 'done', outcome, message, finishedAt: since + 60_000 })
