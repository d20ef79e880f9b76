// Slips of the hand are understood; other words are not bent into known ones.
import { describe, expect, it } from 'vitest'
import { distance, nearest } from '../../domain/spelling.ts'

const keys = ['port', 'replicas', 'env', 'resources', 'health']

describe('the nearest key', () => {
  it.each([
    ['prot', 'port'],
    ['Port', 'port'],
    ['replica', 'replicas'],
    ['resorces', 'resources'],
    ['helath', 'health'],
    ['envs', 'env'],
    ['cpu', undefined],
    ['serviceAccountName', undefined],
    ['x'.repeat(1000), undefined],
    ['', undefined],
  ])('to %.20s is %s', (written, meant) => {
    expect(nearest(written, keys)).toBe(meant)
  })
})

it('counts a swap of neighbours as one slip', () => {
  expect(distance('prot', 'port')).toBe(1)
  expect(distance('kitten', 'sitting')).toBe(3)
  expect(distance('', 'abc')).toBe(3)
})
