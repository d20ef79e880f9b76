// How people write durations, shares and weights.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatDuration } from '../../domain/duration.ts'
import { formatWeight } from '../../domain/figures.ts'
import { formatPoints, parseDuration, parsePoints, parseShare, parseWeight } from '../../domain/notation.ts'

describe('durations', () => {
  it.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['1m30s', 90_000],
    ['1.5h', 5_400_000],
    ['7d', 604_800_000],
    ['0s', 0],
    ['', undefined],
    ['30', undefined],
    ['30 s', undefined],
    ['-30s', undefined],
    ['1e3s', undefined],
    ['s', undefined],
    ['1w', undefined],
    ['30s\n', undefined],
    ['1s'.repeat(30), undefined],
  ])('%j is %s', (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds)
  })

  it('are written as they are read', () => {
    fc.assert(
      fc.property(
        fc.nat(604_800_000),
        (value) => void expect(parseDuration(formatDuration(value))).toBe(value),
      ),
    )
    expect(formatDuration(90_500)).toBe('1m30s500ms')
  })
})

describe('shares', () => {
  it.each([
    ['99.5%', 0.995],
    ['99.95%', 0.9995],
    ['100%', 1],
    ['99.5', undefined],
    ['99.5 %', undefined],
    ['99,5%', undefined],
    ['%', undefined],
    ['99.123456%', undefined],
  ])('%j is %s', (text, fraction) => {
    expect(parseShare(text)).toBe(fraction)
  })
})

describe('weights', () => {
  it.each([
    [5, 50],
    ['5', 50],
    ['5%', 50],
    ['0.1%', 1],
    [0.1, 1],
    [33.3, 333],
    [100, 1000],
    [0, undefined],
    [0.05, undefined],
    [100.1, undefined],
    [-5, undefined],
    [Number.NaN, undefined],
    ['5 %', undefined],
    ['', undefined],
    ['1e1', undefined],
  ])('%j is %s thousandths', (written, thousandths) => {
    expect(parseWeight(written)).toBe(thousandths)
  })

  it('are written as they are read', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1000 }),
        (value) => void expect(parseWeight(formatWeight(value))).toBe(value),
      ),
    )
  })
})

describe('percentage points', () => {
  it.each([
    ['0.5pp', 0.005],
    ['0.1pp', 0.001],
    ['0pp', 0],
    ['12pp', 0.12],
    ['0.5 pp', undefined],
    ['0.5', undefined],
    ['0.5%', undefined],
    ['.5pp', undefined],
    ['-1pp', undefined],
    ['1e1pp', undefined],
    ['0.12345pp', undefined],
    ['0.5pp\n', undefined],
  ])('%j is %s', (text, fraction) => {
    expect(parsePoints(text)).toBe(fraction)
  })

  it('are written as they are read', () => {
    fc.assert(
      fc.property(
        fc.nat(1_000_000),
        (millionths) => void expect(parsePoints(formatPoints(millionths / 1e6))).toBe(millionths / 1e6),
      ),
    )
  })
})
