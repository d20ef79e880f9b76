// Strict JSON: what it takes is what JSON.parse takes, less what is refused by name; whatever comes, it answers.

import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Problem } from '../../api/problem.ts'
import { strictJsonObject } from '../../api/strict-json.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const codeOf = (input: Uint8Array): string => {
  try {
    strictJsonObject(input)
    return 'taken'
  } catch (error) {
    if (error instanceof Problem) return error.code
    throw error
  }
}
const forbidden = ['__proto__', 'constructor', 'prototype']

test('an object without forbidden keys is read as JSON.parse reads it', async () => {
  const key = fc.string({ unit: 'grapheme' }).filter((text) => !forbidden.includes(text))
  const object = fc.dictionary(
    key,
    fc.jsonValue({ depthSize: 'small' }).filter((value) => !named(value)),
  )
  await fc.assert(
    fc.property(object, fc.constantFrom(0, 1, 4), (value, indent) => {
      const text = JSON.stringify(value, null, indent)
      expect(strictJsonObject(bytes(text))).toEqual(JSON.parse(text))
    }),
  )
})

/** Whether a forbidden key stands anywhere in it. */
const named = (value: unknown): boolean =>
  forbidden.some((key) => JSON.stringify(value)?.includes(JSON.stringify(key)))

test('any bytes are taken or refused by name', async () => {
  const known = ['taken', 'body-not-json-object', 'too-deep', 'duplicate-key', 'forbidden-key']
  await fc.assert(fc.property(fc.uint8Array(), (input) => known.includes(codeOf(input))))
  const pieces = ['{', '}', '[', ']', '"', ':', ',', '\\', '"a"', 'null', ' ', '\\u0061', '__proto__', '1']
  const soup = fc.array(fc.constantFrom(...pieces), { maxLength: 60 })
  await fc.assert(
    fc.property(soup, (some) => known.includes(codeOf(bytes(some.join(''))))),
    { numRuns: 1000 },
  )
})

test('no text that JSON.parse refuses is taken', async () => {
  const pieces = ['{', '}', '[', ']', '"', ':', ',', '"a"', '"b"', '1', 'true', '\n']
  await fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 12 }), (some) => {
      const text = some.join('')
      if (codeOf(bytes(text)) === 'taken') expect(() => JSON.parse(text)).not.toThrow()
    }),
    { numRuns: 2000 },
  )
})

describe('a repeated key is found', () => {
  test.each([
    ['{"a":1,"a":2}', 'duplicate-key'],
    ['{"a" :1,"a"\n\t:2}', 'duplicate-key'],
    ['{"a":{"b":1,"b":1}}', 'duplicate-key'],
    ['{"a":[{"b":1},{"b":1}]}', 'taken'],
    ['{"a":{"a":{"a":1}}}', 'taken'],
    ['{"a":"a","b":"a"}', 'taken'],
    ['{"a":"\\"a\\":"}', 'taken'],
    ['{"\\u0061":1,"a":2}', 'duplicate-key'],
  ])('%s', (text, says) => expect(codeOf(bytes(text))).toBe(says))
})

test('a mebibyte of the worst is answered without a stall', () => {
  const mebibyte = 1_048_576
  for (const piece of ['"', '\\', '{"', '[', ',"a":1', '"\\']) {
    expect(codeOf(bytes(`{"a":1${piece.repeat(mebibyte / piece.length)}`))).not.toBe('taken')
  }
})
