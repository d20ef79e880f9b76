// Text and addresses of others: shown as what they are, linked only when they are plainly a web page.
import { describe, expect, test } from 'vitest'
import { tidyToken } from '../../dashboard/ask.ts'
import { commitLink } from '../../dashboard/commit-link.ts'
import { listAddress, placeOf } from '../../dashboard/place.ts'
import { line, lines } from '../../dashboard/text.ts'

describe('text', () => {
  test.each([
    ['\u202egnp.exe', '\\u{202e}gnp.exe'],
    ['a\u0000b\u001b[31mc', 'a\\u{0}b\\u{1b}[31mc'],
    ['\u2066isolated\u2069 \u200f', '\\u{2066}isolated\\u{2069} \\u{200f}'],
    ['one\n\n two\t', 'one two'],
    ['<script>', '<script>'],
    ['café 👨‍👩‍👧 שלום', 'café 👨‍👩‍👧 שלום'],
  ])('%j in a line', (text, shown) => expect(line(text)).toBe(shown))

  test('is cut between letters, not through them', () => {
    expect(line('👍'.repeat(10), 5)).toBe('👍👍👍👍…')
    expect(line('x'.repeat(10_000))).toHaveLength(300)
  })

  test('keeps its lines, and of a long one its end', () => {
    expect(lines('one\r\n\ttwo\u202e')).toBe('one\\u{d}\n\ttwo\\u{202e}')
    expect(lines(`${'x'.repeat(50)}the end`, 10)).toBe('…xxthe end')
  })
})

describe('a commit', () => {
  const sha = 'a'.repeat(40)
  test.each([
    ['https://github.com/acme/shop', `https://github.com/acme/shop/commit/${sha}`],
    ['https://github.com/acme/shop.git/', `https://github.com/acme/shop/commit/${sha}`],
    ['http://127.0.0.1:8095/acme/store.git', `http://127.0.0.1:8095/acme/store/commit/${sha}`],
    ['https://github.com/acme/shop?x=1#y', `https://github.com/acme/shop/commit/${sha}`],
    ['javascript:alert(1)//', undefined],
    ['\tjava\nscript:alert(1)', undefined],
    ['data:text/html,<script>', undefined],
    ['https://ana:secret@github.com/acme/shop', undefined],
    ['git@github.com:acme/shop.git', undefined],
    ['no address', undefined],
    [undefined, undefined],
  ])('of %j leads to %j', (repository, link) => expect(commitLink(repository, sha)).toBe(link))

  test('that is none leads nowhere', () =>
    expect(commitLink('https://github.com/acme/shop', '../../x')).toBeUndefined())
})

describe('an address', () => {
  const place = (path: string) => placeOf(new URL(path, 'http://slipway.example.com'))
  test.each([
    ['/', { page: 'list' }],
    ['/?namespace=team-a', { page: 'list', namespace: 'team-a' }],
    ['/?namespace=', { page: 'list' }],
    ['/releases/default/shop-7', { page: 'release', namespace: 'default', name: 'shop-7' }],
    ['/releases/default/shop-7/', { page: 'release', namespace: 'default', name: 'shop-7' }],
    ['/releases/a%2Fb/%E0%A4%A', { page: 'release', namespace: 'a/b', name: '%E0%A4%A' }],
    ['/releases/default', { page: 'list' }],
  ])('%s means %j', (path, meant) => expect(place(path)).toEqual(meant))

  test('of a list leads to that list', () => {
    expect(place(listAddress('a&b=c'))).toEqual({ page: 'list', namespace: 'a&b=c' })
    expect(listAddress()).toBe('/')
  })
})

test('a pasted token is what can stand in a header', () =>
  expect(tidyToken('  ey\nJh.b\u200bGc\r\n')).toBe('eyJh.bGc'))
