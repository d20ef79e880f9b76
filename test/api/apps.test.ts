// Which Apps a repository's name means, as they come, change and go.
import { expect, test } from 'vitest'
import { declaredApps } from '../../api/apps.ts'
import { kinds } from '../../platform/kinds.ts'
import { memoryCluster } from './support.ts'

test('an App is found by the repository that it names now, however that is written', () => {
  const { put, kubernetes, watched } = memoryCluster()
  const apps = declaredApps(kubernetes, kinds.App, watched(kinds.App))
  const declare = (name: string, repository?: string) =>
    put(kinds.App, {
      metadata: { namespace: 'default', name },
      spec: repository ? { source: { repository } } : {},
    })
  const found = (url: string) => apps.ofRepository(url).map(({ app }) => app.name)

  declare('shop', 'https://github.com/acme/shop')
  declare('docs', 'git@github.com:Acme/Shop.git')
  declare('image')
  expect(found('https://github.com/acme/shop.git')).toEqual(['shop', 'docs'])
  declare('shop', 'https://github.com/acme/store')
  expect(found('https://github.com/acme/shop')).toEqual(['docs'])
  expect(found('https://github.com/acme/store')).toEqual(['shop'])
  declare('shop')
  expect(found('https://github.com/acme/store')).toEqual([])
  expect(found('')).toEqual([])
})
