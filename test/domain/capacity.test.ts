import { describe, expect, it, test } from 'vitest'
import { firstPods, type Need, neededPods, surgeOf } from '../../domain/capacity.ts'
import { aRun } from '../contract/fixtures.ts'

const fixed = (replicas: number) => aRun({ replicas })
const elastic = (min: number, max: number) => aRun({ autoscale: { min, max, cpu: 70 } })
const need = (change: Partial<Need>) =>
  neededPods({ share: 1000, present: 4, run: fixed(4), scale: 'follow', ...change })

describe('a revision that follows its load', () => {
  it.each([
    [0, 1],
    [1, 1],
    [250, 1],
    [251, 2],
    [500, 2],
    [501, 3],
    [950, 4],
    [1000, 4],
  ])('at %i thousandths of four pods needs %i', (share, pods) => {
    expect(need({ share })).toBe(pods)
  })

  it('ends with all that it declares, though less carried the load before', () => {
    expect(need({ run: fixed(8), share: 500 })).toBe(4)
    expect(need({ run: fixed(8) })).toBe(8)
  })

  it('needs no more than it declares, though more carried the load before', () => {
    expect(need({ run: fixed(2), present: 6 })).toBe(2)
  })

  it('with an autoscaler needs what the load has grown to, up to its most', () => {
    expect(need({ run: elastic(2, 20), present: 12 })).toBe(12)
    expect(need({ run: elastic(2, 10), present: 12 })).toBe(10)
    expect(need({ run: elastic(2, 20), present: 12, share: 100 })).toBe(2)
  })

  it('needs what it declares when nothing carries the load', () => {
    expect(need({ present: 0 })).toBe(4)
    expect(need({ present: 0, run: elastic(3, 9) })).toBe(3)
  })
})

describe('a revision that is full from the start', () => {
  it('needs all that it declares at any share', () => {
    for (const share of [1, 500, 1000]) expect(need({ scale: 'full', share })).toBe(4)
  })

  it('needs more when its share of the load is more', () => {
    expect(need({ scale: 'full', run: elastic(2, 20), present: 12, share: 500 })).toBe(6)
  })
})

test('a share never needs more than a greater share', () => {
  for (const scale of ['follow', 'full'] as const)
    for (let share = 1; share <= 1000; share += 1)
      expect(need({ share, scale, present: 7, run: elastic(2, 9) })).toBeGreaterThanOrEqual(
        need({ share: share - 1, scale, present: 7, run: elastic(2, 9) }),
      )
})

test('a new revision begins small only where it follows its load', () => {
  expect([firstPods('follow'), firstPods('full'), firstPods(undefined)]).toEqual([1, undefined, undefined])
})

test.each([
  ['250m', '256Mi', 3, { pods: 3, cpu: '750m', memory: '768Mi' }],
  ['0.1', '1Gi', 3, { pods: 3, cpu: '0.3', memory: '3Gi' }],
  ['2', '500M', 1, { pods: 1, cpu: '2', memory: '500M' }],
])('what runs beside: %s and %s, %i times', (cpu, memory, replicas, surge) => {
  expect(surgeOf(aRun({ replicas, resources: { cpu, memory } }))).toEqual(surge)
})
