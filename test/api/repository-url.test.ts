// Which repository URLs mean the same repository.
import { expect, test } from 'vitest'
import { repositoryKey } from '../../api/repository-url.ts'

test.each([
  ['https://github.com/acme/shop', 'github.com/acme/shop'],
  ['https://github.com/Acme/Shop.git', 'github.com/acme/shop'],
  ['https://github.com/acme/shop/', 'github.com/acme/shop'],
  ['https://ana:secret@github.com/acme/shop.git', 'github.com/acme/shop'],
  ['git@github.com:acme/shop.git', 'github.com/acme/shop'],
  ['ssh://git@github.com/acme/shop', 'github.com/acme/shop'],
  ['https://git.example.com/Acme/shop', 'git.example.com/Acme/shop'],
  ['http://10.244.0.1:8090/git/shop.git', '10.244.0.1:8090/git/shop'],
  ['HTTPS://GitHub.com/acme/shop', 'github.com/acme/shop'],
])('%s', (url, key) => expect(repositoryKey(url)).toBe(key))

test.each([
  ['https://github.com/acme/shop', 'https://github.com/acme/shop2'],
  ['https://github.com/acme/shop', 'https://github.com.evil.example/acme/shop'],
  ['http://10.244.0.1:8090/git/shop.git', 'http://10.244.0.1:8091/git/shop.git'],
])('%s is not %s', (one, other) => expect(repositoryKey(one)).not.toBe(repositoryKey(other)))
