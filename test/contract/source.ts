// What every source driver must do: run by the memory platform and by git over real HTTP.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AppSource } from '../../domain/app.ts'
import { PermanentFailure } from '../../domain/failure.ts'
import type { Source } from '../../platform/platform.ts'

export interface SourceSetup {
  readonly source: Source
  /** A repository of this name that exists and holds nothing yet. */
  readonly repository: (name: string) => Promise<string>
  /** Commits these files (and no others) on top of the branch, or as a root commit, and moves the branch there. */
  readonly push: (
    source: AppSource,
    files: Readonly<Record<string, string>>,
    about?: { readonly title?: string; readonly author?: string; readonly root?: boolean },
  ) => Promise<string>
  readonly close: () => Promise<void>
}

const absent = '0123456789abcdef0123456789abcdef01234567'

export function sourceContract(make: () => Promise<SourceSetup>): void {
  describe('source', () => {
    let setup: SourceSetup
    let count = 0
    beforeAll(async () => {
      setup = await make()
    })
    afterAll(() => setup?.close())

    const aSource = async (branch = 'main'): Promise<AppSource> => ({
      repository: await setup.repository(`shop-${++count}`),
      branch,
    })

    describe('head', () => {
      it('is the newest commit of the branch, and of no branch that is called alike', async () => {
        const main = await aSource()
        await setup.push(main, { a: '1' })
        const newest = await setup.push(main, { a: '2' })
        const other = await setup.push({ ...main, branch: 'main-2' }, { a: '3' })
        expect(await setup.source.head(main)).toBe(newest)
        expect(await setup.source.head({ ...main, branch: 'main-2' })).toBe(other)
      })

      it('is undefined for a branch that does not exist, also when nothing does', async () => {
        const main = await aSource()
        expect(await setup.source.head(main)).toBeUndefined()
        await setup.push(main, { a: '1' })
        expect(await setup.source.head({ ...main, branch: 'mai' })).toBeUndefined()
      })
    })

    describe('read', () => {
      it('gives a file as it was at the commit, and who made it', async () => {
        const main = await aSource()
        const first = await setup.push(
          main,
          { 'slipway.yaml': 'one: 1\n' },
          { title: 'Begin', author: 'ben' },
        )
        await setup.push(main, { 'slipway.yaml': 'two: 2\n' })
        const { commit, text } = await setup.source.read(main, first, 'slipway.yaml')
        expect(text).toBe('one: 1\n')
        expect(commit).toMatchObject({ sha: first, title: 'Begin', author: 'ben', email: 'ben@example.com' })
        expect(commit.committedAt).toBeGreaterThan(0)
      })

      it('finds a file in a folder', async () => {
        const main = await aSource()
        const sha = await setup.push(main, { 'services/shop/slipway.yaml': 'deep: true\n', README: '' })
        expect((await setup.source.read(main, sha, 'services/shop/slipway.yaml')).text).toBe('deep: true\n')
      })

      it('fails NotFound for a commit that is not there', async () => {
        const main = await aSource()
        await setup.push(main, { 'slipway.yaml': '' })
        const failure = await failureOf(setup.source.read(main, absent, 'slipway.yaml'))
        expect(failure.reason).toBe('NotFound')
        expect(failure.message).toContain(absent)
      })

      it('fails NotFound for a file that is not there, and says which', async () => {
        const main = await aSource()
        const sha = await setup.push(main, { README: '' })
        const failure = await failureOf(setup.source.read(main, sha, 'slipway.yaml'))
        expect(failure.reason).toBe('NotFound')
        expect(failure.message).toContain('slipway.yaml')
        expect(failure.message).toContain(sha.slice(0, 7))
      })
    })

    describe('isAncestor', () => {
      it('sees the history of a commit, and the commit itself', async () => {
        const main = await aSource()
        const [first, second] = [await setup.push(main, { a: '1' }), await setup.push(main, { a: '2' })]
        const third = await setup.push(main, { a: '3' })
        expect(await setup.source.isAncestor(main, first, third)).toBe(true)
        expect(await setup.source.isAncestor(main, second, third)).toBe(true)
        expect(await setup.source.isAncestor(main, third, third)).toBe(true)
        expect(await setup.source.isAncestor(main, third, first)).toBe(false)
      })

      it('is false for what was pushed over, and for what is unknown', async () => {
        const main = await aSource()
        const lost = await setup.push(main, { a: '1' })
        const head = await setup.push(main, { a: '2' }, { root: true })
        expect(await setup.source.isAncestor(main, lost, head)).toBe(false)
        expect(await setup.source.isAncestor(main, absent, head)).toBe(false)
        expect(await setup.source.isAncestor(main, head, absent)).toBe(false)
      })
    })
  })
}

export async function failureOf(promise: Promise<unknown>): Promise<PermanentFailure> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(PermanentFailure)
  return error as PermanentFailure
}
