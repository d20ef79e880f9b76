// The sweep: a branch that says more than the App serves is passed on, whatever was lost before.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { declaredApps } from '../../api/apps.ts'
import { bareRepositories } from '../../api/repositories.ts'
import { ownRepositories, sweep } from '../../api/sweep.ts'
import { kinds } from '../../platform/kinds.ts'
import { folder, git, memoryCluster, memorySources, shop, workTree } from './support.ts'

vi.setConfig({ testTimeout: 30_000 })
const gitUrl = 'http://10.244.0.1:8090/git'
const trash: (() => Promise<void>)[] = []
let parts: Awaited<ReturnType<typeof open>>

async function open() {
  const root = await folder()
  const tree = await workTree()
  trash.push(root.remove, tree.remove)
  const repositories = bareRepositories(root.path)
  const [cluster, temporal] = [memoryCluster(), memorySources()]
  let synced = true
  const watched = { ...cluster.watched(kinds.App), synced: () => synced }
  const apps = declaredApps(cluster.kubernetes, kinds.App, watched)
  const look = sweep({ apps, repositories, sources: temporal.sources, gitUrl, appNamespace: 'default' })
  await repositories.ensure('shop')
  const push = () => git(tree.path, 'push', '-q', `${root.path}/shop.git`, 'main')
  const declare = (status = {}) => {
    const spec = { source: { repository: `${gitUrl}/shop.git`, branch: 'main' } }
    cluster.put(kinds.App, { metadata: { ...shop }, spec, status })
  }
  const sha = (await git(tree.path, 'rev-parse', 'HEAD')).out
  const setSynced = (value: boolean) => {
    synced = value
  }
  return { ...temporal, cluster, repositories, look, push, declare, sha, setSynced }
}

beforeEach(async () => {
  parts = await open()
})
afterEach(async () => {
  for (const remove of trash.splice(0)) await remove()
})

test('a first push that nobody heard of declares the App and is told once', async () => {
  const { look, push, looks, cluster, sha } = parts
  await look('shop')
  expect(looks).toEqual([])
  await push()
  await look('shop')
  await look('shop')
  expect(cluster.watched(kinds.App).get('default', 'shop')).toBeDefined()
  expect(looks).toMatchObject([{ app: 'default/shop', moved: { ref: 'refs/heads/main', after: sha } }])
})

test('a repository is new until its App was declared', async () => {
  const { look, push, repositories } = parts
  expect(await repositories.news()).toEqual(['shop'])
  await push()
  await look('shop')
  expect(await repositories.news()).toEqual([])
})

test('the Apps of the built-in remote name their repositories', () => {
  const of = (repository: string) => ({
    app: shop,
    uid: '',
    generation: 1,
    source: { repository, branch: 'main' },
    stable: undefined,
  })
  const apps = [
    of(`${gitUrl}/shop.git`),
    of('https://github.com/acme/shop.git'),
    of(`${gitUrl}/shop.git`),
    of(`${gitUrl}x/a.git`),
  ]
  expect([...ownRepositories(apps, gitUrl)]).toEqual(['shop'])
})

test('an App that was deleted on purpose is not declared again', async () => {
  const { look, push, looks, cluster } = parts
  await push()
  await look('shop')
  cluster.objects.clear()
  await look('shop')
  expect(looks).toHaveLength(1)
  expect(cluster.objects.size).toBe(0)
})

test('before the Apps are known none is declared, and nothing is forgotten', async () => {
  const { look, push, looks, cluster, setSynced } = parts
  await push()
  setSynced(false)
  await expect(look('shop')).rejects.toThrow('not known yet')
  expect(cluster.objects.size).toBe(0)
  setSynced(true)
  await look('shop')
  expect(looks).toHaveLength(1)
})

test('what the App serves already is not told', async () => {
  const { look, push, looks, declare, sha } = parts
  declare({ stable: { revision: 'shop-x', sha } })
  await push()
  await look('shop')
  expect(looks).toEqual([])
})

test('while Temporal is away it fails, and tells when it is back', async () => {
  const { look, push, looks, declare, setAway } = parts
  declare()
  await push()
  setAway(true)
  await expect(look('shop')).rejects.toThrow('no answer')
  setAway(false)
  await look('shop')
  expect(looks).toHaveLength(1)
})

test('an App of that name with another repository is left alone', async () => {
  const { look, push, looks, cluster } = parts
  const spec = { source: { repository: 'https://github.com/acme/shop', branch: 'main' } }
  cluster.put(kinds.App, { metadata: { ...shop }, spec })
  await push()
  await look('shop')
  expect(looks).toEqual([])
  expect(cluster.watched(kinds.App).get('default', 'shop')?.spec).toEqual(spec)
})

test('two repositories made at once are one', async () => {
  await Promise.all(Array.from({ length: 8 }, () => parts.repositories.ensure('twice')))
  expect(await parts.repositories.exists('twice')).toBe(true)
  expect(await parts.repositories.head('twice', 'main')).toBeUndefined()
  expect(await parts.repositories.head('never-made', 'main')).toBeUndefined()
})

test('what a push has told already is not told again', async () => {
  const { look, push, declare, looks, sources, sha } = parts
  await push()
  declare()
  await sources.lookAgain(shop, { ref: 'refs/heads/main', after: sha, delivery: 'push-1' })
  await look('shop')
  expect(looks).toHaveLength(1)
})
