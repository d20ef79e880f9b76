// Which addresses are repositories of which GitHub.
import { expect, it } from 'vitest'
import { repositoryOn, webOrigin } from '../../../platform/github/repository.ts'

it.each([
  ['https://api.github.com', 'https://github.com'],
  ['https://ghes.example.com/api/v3', 'https://ghes.example.com'],
  ['https://api.acme.ghe.com', 'https://acme.ghe.com'],
  ['http://127.0.0.1:1234/api/v3', 'http://127.0.0.1:1234'],
])('%s is shown at %s', (api, web) => {
  expect(webOrigin(api)).toBe(web)
})

it.each(['acme/shop', 'acme/shop.git', 'acme/shop/', 'acme/shop.js'])('takes %s', (path) => {
  const found = repositoryOn('https://api.github.com', `https://github.com/${path}`)
  expect(found).toEqual({ owner: 'acme', name: path === 'acme/shop.js' ? 'shop.js' : 'shop' })
})

it.each([
  'https://github.com/acme',
  'https://github.com/acme/..',
  'https://github.com/acme/shop/tree/main',
  'https://github.com/acme/a%2fb',
  'http://github.com/acme/shop',
  'https://github.com:8443/acme/shop',
  'https://github.com.example/acme/shop',
  'https://gitlab.com/acme/shop',
  'git@github.com:acme/shop.git',
])('does not take %s', (address) => {
  expect(repositoryOn('https://api.github.com', address)).toBeUndefined()
})
