// Which addresses may be read, and with what.
import { describe, expect, it } from 'vitest'
import { isUnder, repositoryUrl } from '../../../platform/source/repository.ts'

const builtIn = 'http://10.244.0.1:8090/git'

describe('repositoryUrl', () => {
  it('takes https, and plain http below the built-in remote', () => {
    expect(repositoryUrl('https://github.com/acme/shop/').href).toBe('https://github.com/acme/shop')
    expect(repositoryUrl(`${builtIn}/shop.git`, [builtIn]).href).toBe(`${builtIn}/shop.git`)
  })

  it.each([
    ['http://github.com/acme/shop', 'http:// is not allowed'],
    ['http://10.244.0.1:8090/api/releases', 'http:// is not allowed'],
    ['http://10.244.0.1:8090/git/../api', 'http:// is not allowed'],
    ['http://10.244.0.1:8090/git/..%2fapi', 'http:// is not allowed'],
    ['http://10.244.0.1:8090/gitother/x', 'http:// is not allowed'],
    ['http://10.244.0.1/git/x', 'http:// is not allowed'],
    ['file:///etc', 'file:// is not allowed'],
    ['ext::sh -c id', 'ext:// is not allowed'],
    ['ssh://git@host/x', 'carries credentials'],
    ['https://host/x?service=y', 'query'],
    ['git@github.com:acme/shop', 'no URL'],
    ['', 'no URL'],
  ])('refuses %s', (repository, why) => {
    expect(() => repositoryUrl(repository, [builtIn])).toThrow(why)
  })

  it('does not repeat a password', () => {
    expect(() => repositoryUrl('https://ana:hunter2@host/x')).toThrow('cannot read repository https://host/x')
  })
})

describe('isUnder', () => {
  it('knows the built-in remote from all others', () => {
    expect(isUnder(builtIn, `${builtIn}/shop.git`)).toBe(true)
    const others = [
      'https://github.com/acme/shop',
      'http://10.244.0.1:8091/git/x',
      'http://10.244.0.1:8090/x',
      '',
    ]
    for (const other of others) expect(isUnder(builtIn, other)).toBe(false)
  })
})
