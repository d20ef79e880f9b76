// Which Apps are looked at when the cluster changes.
import { expect, test } from 'vitest'
import type { Apps, DeclaredApp } from '../../api/apps.ts'
import { appLooks } from '../../api/looks.ts'
import { memorySources } from './support.ts'

const shop: DeclaredApp = {
  app: { namespace: 'default', name: 'shop' },
  uid: '1',
  stable: undefined,
  generation: 1,
  source: { repository: 'https://git.example.com/shop.git', branch: 'main' },
}

test('a new App is looked at once for each change of it, and let go when it is deleted', async () => {
  const declared = new Map([['shop', shop]])
  const apps = { get: (_: string, name: string) => declared.get(name) } as unknown as Apps
  const { sources, looks, left } = memorySources()
  const look = appLooks(apps, sources)
  await look('default/shop')
  await look('default/shop')
  expect(looks).toHaveLength(1)
  declared.set('shop', { ...shop, generation: 2 })
  await look('default/shop')
  expect(looks).toHaveLength(2)
  declared.clear()
  await look('default/shop')
  await look('default/shop')
  expect(left).toEqual(['default/shop'])
})

test('nobody hears of an App that was never looked at', async () => {
  const apps = { get: () => undefined } as unknown as Apps
  const { sources, left } = memorySources()
  await appLooks(apps, sources)('default/shop')
  expect(left).toEqual([])
})
