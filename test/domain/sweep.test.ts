// What a sweep decides, told as cases: who has to look and why, and which revisions nothing explains.
import { describe, expect, it } from 'vitest'
import { inTurn, isNews, type Look, orphans, type Standing, type Told, whyLook } from '../../domain/sweep.ts'
import { fakeSha } from '../contract/fixtures.ts'

const app = { namespace: 'default', name: 'shop' }
const release = (seq: number) => ({ app, seq, sha: fakeSha(`${seq}`) })
const [stable, next] = [fakeSha('stable'), fakeSha('next')]
const content: Standing = { runs: true, head: stable, known: [stable], lost: [] }
const minute = 60_000

describe('an App has to look', () => {
  it.each<[string, Partial<Standing>, Look | undefined]>([
    ['not when it knows all', {}, undefined],
    ['not when its branch could not be read', { head: undefined as never }, undefined],
    ['when its branch moved', { head: next }, { reason: 'commit', about: next }],
    ['not when it knows that commit', { head: next, known: [stable, next] }, undefined],
    [
      'when its workflow is gone, whatever it knows',
      { runs: false },
      { reason: 'no workflow', about: stable },
    ],
    [
      'when it waits for a release that is gone',
      { lost: [release(7)] },
      { reason: 'release lost', about: 'shop-7' },
    ],
    ['when its configuration changed', { config: 'a b' }, { reason: 'configuration', about: 'a b' }],
  ])('%s', (_, change, expected) => expect(whyLook({ ...content, ...change })).toEqual(expected))
})

describe('who was told', () => {
  const why: Look = { reason: 'commit', about: next }
  const told: Told = new Map([['default/shop', { ...why, at: 0 }]])

  it('is not told the same again for ten minutes', () => {
    expect(isNews(told, app, why, 9 * minute)).toBe(false)
    expect(isNews(told, app, why, 10 * minute)).toBe(true)
  })

  it('is told what is new at once, and an App without a workflow has heard nothing', () => {
    expect(isNews(told, app, { ...why, about: stable }, 1)).toBe(true)
    expect(isNews(told, { ...app, name: 'cart' }, why, 1)).toBe(true)
    const lost = new Map([['default/shop', { reason: 'no workflow', about: next, at: 0 } as const]])
    expect(isNews(lost, app, { reason: 'no workflow', about: next }, 1)).toBe(true)
  })
})

describe('a revision that nothing explains', () => {
  const [one, two] = ['shop-1111111-aaaa', 'shop-2222222-bbbb']
  const existing = [
    { name: one, release: 'shop-1', since: 0 },
    { name: two, release: 'shop-2', since: 0 },
  ]
  const route = (weight: number) => ({
    hosts: [],
    weights: [{ revision: two, weight }],
    epoch: { seq: 2, n: 1 },
    stable: one,
  })
  const ended = (outcome: 'promoted' | 'rolled-back' | undefined) => [
    { release: release(1), outcome: 'promoted' as const },
    { release: release(2), ...(outcome && { outcome }) },
  ]
  const found = (outcome: 'promoted' | 'rolled-back' | undefined, weight = 0, now = 11 * minute) =>
    orphans(existing, ended(outcome), route(weight), now)

  it('is what a release left that ended badly', () => expect(found('rolled-back')).toEqual([two]))
  it('is none that goes on, or was promoted', () => {
    expect(found(undefined)).toEqual([])
    expect(found('promoted')).toEqual([])
  })
  it('is none that has traffic, however little', () => expect(found('rolled-back', 1)).toEqual([]))
  it('is none that is young', () => expect(found('rolled-back', 0, 9 * minute)).toEqual([]))
  it('is none that no release speaks of', () =>
    expect(orphans(existing, [], route(0), 11 * minute)).toEqual([]))
  it('is none that a later release took up', () => {
    const again = { release: release(3), outcome: 'promoted' as const, revision: two }
    expect(orphans(existing, [...ended('rolled-back'), again], route(0), 11 * minute)).toEqual([])
  })
  it('is never what is stable', () => {
    const bad = { release: release(1), outcome: 'failed' as const }
    expect(orphans(existing.slice(0, 1), [bad], route(0), 11 * minute)).toEqual([])
  })
})

it.each([1, 50, 200])('of %i Apps each has its turn once in an hour or in its round', (count) => {
  const apps = Array.from({ length: count }, (_, index) => index)
  const round = Math.max(60, count)
  const turns = Array.from({ length: round }, (_, at) => inTurn(apps, at * minute))
  expect(turns.filter((turn) => turn !== undefined).sort((a, b) => a - b)).toEqual(apps)
})
