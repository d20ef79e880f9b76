// What becomes of a push at this moment.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Busy, nextOf } from '../../../domain/outlook/next.ts'
import { decide } from '../../../workflows/queue.ts'

const [running, serving, bad, fresh] = ['a', 'b', 'c', 'd'].map((digit) => digit.repeat(40)) as [
  string,
  string,
  string,
  string,
]
const idle: Busy = { rejected: [bad], stable: serving }
const release = { app: { namespace: 'default', name: 'shop' }, seq: 7, sha: running }
const busy = (served: boolean): Busy => ({ ...idle, active: { release, phase: 'rolling-out', served } })

describe('a push', () => {
  it('begins when nothing else is released', () => {
    expect(nextOf(idle, 'latest', fresh)).toMatchObject({ kind: 'begins' })
    expect(nextOf(idle, 'latest', undefined)).toMatchObject({ kind: 'begins' })
    expect(nextOf({ rejected: [] }, 'latest', undefined)).toMatchObject({ kind: 'begins' })
  })

  it.each([
    [serving, 'bbbbbbb holds the traffic already'],
    [serving.slice(0, 7), 'bbbbbbb holds the traffic already'],
    [bad, 'a release of ccccccc ended badly, and it is not tried again until: slipway retry'],
  ])('of %s does nothing', (sha, why) => {
    expect(nextOf(idle, 'latest', sha)).toEqual({ kind: 'nothing', why })
  })

  it('of the commit that is being released does nothing', () => {
    expect(nextOf(busy(false), 'latest', running)).toMatchObject({ kind: 'nothing', active: 'shop-7' })
  })

  it.each([
    ['latest', true, 'supersedes', 'all traffic goes back to the stable revision first'],
    ['latest', false, 'supersedes', 'it has had no traffic yet'],
    ['queue', false, 'waits', 'it waits for shop-7, which is rolling-out'],
    ['cancel', false, 'supersedes', 'it takes the place of shop-7'],
    ['cancel', true, 'waits', 'shop-7 has had traffic already'],
  ] as const)('beside a release, with %s and traffic %s, %s', (supersede, served, kind, says) => {
    const next = nextOf(busy(served), supersede, fresh)
    expect(next).toMatchObject({ kind, active: 'shop-7' })
    expect(next.why).toContain(says)
  })

  it('waits for the end of a release that keeps the traffic, as a first one does', () => {
    const first: Busy = { ...busy(true), stable: running }
    expect(nextOf(first, 'latest', fresh)).toEqual({
      kind: 'waits',
      why: 'shop-7 is rolling-out and keeps the traffic: it begins as soon as that has ended',
      active: 'shop-7',
    })
  })

  it('waits while the App is frozen, and says who froze it', () => {
    const next = nextOf({ ...idle, frozen: { by: 'ana', reason: 'holidays' } }, 'latest', fresh)
    expect(next).toEqual({
      kind: 'waits',
      why: 'the App is frozen by ana: holidays; it begins when the App is unfrozen',
    })
  })

  it('comes in place of the commit that waits', () => {
    expect(nextOf({ ...busy(true), waiting: bad }, 'queue', fresh).why).toContain(
      'in place of ccccccc that waits',
    )
    expect(nextOf({ ...busy(true), waiting: fresh }, 'queue', fresh).why).not.toContain('in place of')
  })
})

describe('what is foretold', () => {
  const shas = fc.constantFrom(running, serving, bad, fresh)
  const worlds = fc.record(
    {
      active: fc.record({ sha: shas, served: fc.boolean() }),
      frozen: fc.constant({ by: 'ana', reason: '', since: 0 }),
      stable: shas,
      rejected: fc.uniqueArray(shas),
    },
    { requiredKeys: ['rejected'] },
  )

  it('is what the App decides when the push comes', () => {
    fc.assert(
      fc.property(worlds, shas, fc.constantFrom('latest', 'queue', 'cancel'), (world, sha, supersede) => {
        const { active, frozen, stable, rejected } = world
        const told = nextOf(
          {
            rejected,
            ...(frozen && { frozen }),
            ...(stable && { stable }),
            ...(active && {
              active: {
                release: { ...release, sha: active.sha },
                phase: 'rolling-out',
                served: active.served,
              },
            }),
          },
          supersede,
          sha,
        )
        const decided = decide(
          {
            v: 1,
            seq: 7,
            rejected,
            outcomes: [],
            seen: [],
            answered: [],
            ...(frozen && { frozen }),
            ...(active && { active: { ...release, sha: active.sha } }),
          },
          {
            head: { sha, supersede },
            overtaken: [],
            ...(stable && { stable: { revision: 'r', sha: stable } }),
          },
        )
        if (decided.kind === 'release') expect(told.kind).toBe('begins')
        else if (decided.kind === 'wait') {
          const returns = active?.sha !== stable
          const gives = returns && (supersede === 'latest' || (supersede === 'cancel' && !active?.served))
          expect(told.kind).toBe(gives ? 'supersedes' : 'waits')
        } else expect(told.kind).toBe(frozen && told.kind === 'waits' ? 'waits' : 'nothing')
      }),
    )
  })
})
