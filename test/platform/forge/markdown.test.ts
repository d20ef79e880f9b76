// Text of others in markdown: whatever it is, it is shown and does nothing.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { code, codeBlock, plain, said, table } from '../../../platform/forge/markdown.ts'

const esc = String.fromCharCode(27)

describe('said', () => {
  it.each([
    ['@everyone look', '@\u200beveryone look'],
    ['fixes #12', 'fixes #\u200b12'],
    ['![x](https://evil.example/x.png)', '\\!\\[x\\]\\(https\u200b://evil.example/x.png\\)'],
    ['<img src=x onerror=alert(1)>', '\\<img src=x onerror=alert\\(1\\)\\>'],
    ['a | b', 'a \\| b'],
    ['`$(id)`', '\\`\\$\\(id\\)\\`'],
    ['&lt;b&gt;', '\\&lt;b\\&gt;'],
    ['trailing \\', 'trailing \\\\'],
    [`${esc}[31mred${esc}[0m`, 'red'],
    ['two\nlines\r\nof text', 'two lines of text'],
    ['gnp.\u202ejs', 'gnp. js'],
    ['Ünïcödé stays 🎉', 'Ünïcödé stays 🎉'],
  ])('%j', (text, expected) => {
    expect(said(text)).toBe(expected)
  })

  it('never leaves a mark that markdown would read, whatever the text is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        const bare = said(text).replace(/\\[\\`*_{}[\]<>()|~!$&]/g, '')
        expect(bare).not.toMatch(/[\\`*_{}[\]<>()|~!$&\n]|[@#]\w|https?:/)
      }),
    )
  })

  it('cuts whole letters', () => {
    expect(said('🎉'.repeat(10), 4)).toBe('🎉🎉🎉…')
  })
})

describe('plain', () => {
  it('is one line of so many letters at most', () => {
    expect(plain(`first\nsecond ${'x'.repeat(300)}`, 20)).toBe('first second xxxxxx…')
  })
})

describe('code', () => {
  it('cannot be left by what is in it', () => {
    expect(code('a`b|c\nd')).toBe('`a b c d`')
    expect(codeBlock('```\n@everyone\n````', 'sh')).toBe('`````sh\n```\n@everyone\n````\n`````')
  })
})

it('tables have a line for each row', () => {
  expect(table(['', 'canary'], [['requests', '3']], '--:')).toBe(
    '|  | canary |\n| :-- | --: |\n| requests | 3 |',
  )
})
