// The deploy driver on the local cluster.
import { expect, onTestFinished, test } from 'vitest'
import type { ConfigCopy } from '../../../domain/config.ts'
import { kinds } from '../../../platform/kinds.ts'
import type { Kubernetes } from '../../../platform/kubernetes.ts'
import { type DeploySetup, deployContract } from '../deploy.ts'
import { fakeImage } from '../fixtures.ts'
import { clusterWithPods, wait } from './cluster.ts'

deployContract(async (): Promise<DeploySetup> => {
  const { deploy, newApp, declared, newRevision, image, admin, close } = await clusterWithPods()
  return {
    deploy,
    newApp,
    declared,
    configure: ({ namespace }, kind, name, data) => configure(admin, kind, { namespace, name }, data),
    copies: async (app, kind, name) => {
      const labels = { 'slipway.dev/copy-of': name }
      return (await admin.list(kinds[kind], app.namespace, { labels })).map(({ metadata }) => metadata.name)
    },
    newRevision: (app, fate, run = {}) => {
      const made = newRevision(app, fate === 'crashes' ? { CRASH: 'yes' } : {})
      const revision = { ...made, run: { ...made.run, ...run } }
      if (fate !== 'no such image') return revision
      return { ...revision, image: { ...image, digest: fakeImage('nowhere').digest } }
    },
    wait,
    close,
  }
})

test('a revision whose pods run is never written again, and one of another content is refused', async () => {
  const { kube, deploy, newApp, newRevision, running, close } = await clusterWithPods()
  onTestFinished(close)
  const revision = await running(newRevision(newApp()))
  const stored = () => kube.get(kinds.Deployment, revision.app.namespace, revision.name)
  const before = await stored()
  await deploy.create({ ...revision, release: 'shop-99' })
  expect(await stored()).toEqual(before)
  const other = { ...revision, run: { ...revision.run, env: { GREETING: 'other' } } }
  await expect(deploy.create(other)).rejects.toMatchObject({ reason: 'Invalid' })
})

test('a copy that was removed is gone, and made again it stays', async () => {
  const { admin, deploy, newApp, newRevision, close } = await clusterWithPods()
  onTestFinished(close)
  const app = newApp()
  await configure(admin, 'ConfigMap', { namespace: app.namespace, name: 'settings' }, { GREETING: 'hello' })
  const made = newRevision(app)
  const run = { ...made.run, config: [{ name: 'settings' }] }
  const there = (copy: string) => admin.get(kinds.ConfigMap, app.namespace, copy)
  for (let round = 0; round < 20; round += 1) {
    const copies = await deploy.config(app, run, true)
    const [{ copy } = { copy: '' }] = copies
    expect(await there(copy)).toMatchObject({ immutable: true })
    await deploy.remove(app, made.name, copies)
    expect(await there(copy)).toBeUndefined()
  }
})

test('an old copy cannot be changed, and no content shows where names are shown', async () => {
  const { kube, admin, deploy, newApp, newRevision, running, close } = await clusterWithPods()
  onTestFinished(close)
  const app = newApp()
  const where = { namespace: app.namespace, name: 'shop-db' }
  const password = 'correct-horse-battery'
  await configure(admin, 'Secret', where, { PASSWORD: password })
  const made = newRevision(app)
  const run = { ...made.run, secrets: [{ name: where.name }] }
  const config = await deploy.config(app, run, true)
  await running({ ...made, run, config })
  const copy = config[0]?.copy ?? ''
  const stored = await admin.get(kinds.Secret, app.namespace, copy)
  if (!stored) throw new Error(`there is no ${copy}`)
  expect(Buffer.from(stored.data?.PASSWORD ?? '', 'base64').toString()).toBe(password)
  const changed = { ...stored, data: { PASSWORD: Buffer.from('other').toString('base64') } }
  await expect(admin.replace(kinds.Secret, changed)).rejects.toMatchObject({ reason: 'Invalid' })

  const shown = JSON.stringify([
    await deploy.describe(app),
    config,
    await kube.list(kinds.Deployment, app.namespace),
    await kube.list(kinds.Pod, app.namespace),
    await kube.get(kinds.Service, app.namespace, made.name),
  ])
  expect(shown).toContain(copy)
  for (const form of [password, Buffer.from(password).toString('base64')]) expect(shown).not.toContain(form)
})

test('the worker reads a Secret by its name and cannot look for any', async () => {
  const { kube, newApp, close } = await clusterWithPods()
  onTestFinished(close)
  const { namespace } = newApp()
  expect(await kube.get(kinds.Secret, namespace, 'nothing')).toBeUndefined()
  await expect(kube.list(kinds.Secret, namespace)).rejects.toMatchObject({ reason: 'Forbidden' })
})

test('what others write beside the number of pods stays', async () => {
  const { admin, deploy, newApp, newRevision, running, close } = await clusterWithPods()
  onTestFinished(close)
  const revision = await running(newRevision(newApp()))
  const { namespace } = revision.app
  const stored = async () => admin.get(kinds.Deployment, namespace, revision.name)
  const before = await stored()
  if (!before) throw new Error('there is no Deployment')
  const annotations = { ...before.metadata.annotations, 'example.com/theirs': 'yes' }
  await admin.replace(kinds.Deployment, { ...before, metadata: { ...before.metadata, annotations } })
  await Promise.all([1, 2, 3].map(() => deploy.scale(revision, 2)))
  const after = await stored()
  expect(after?.metadata.annotations).toMatchObject({ 'example.com/theirs': 'yes' })
  expect(after?.spec).toEqual({ ...before.spec, replicas: 2 })
})

/** As people do: the whole object in place of what there was. */
async function configure(
  admin: Kubernetes,
  kind: ConfigCopy['kind'],
  metadata: { namespace: string; name: string },
  values: Readonly<Record<string, string>>,
): Promise<void> {
  const encoded = (value: string) => (kind === 'Secret' ? Buffer.from(value).toString('base64') : value)
  const data = Object.fromEntries(Object.entries(values).map(([key, value]) => [key, encoded(value)]))
  const there = await admin.get(kinds[kind], metadata.namespace, metadata.name)
  if (there) await admin.replace(kinds[kind], { ...there, data })
  else await admin.create(kinds[kind], { metadata, data })
}

test('without rights in its namespace an App is told to be gone only when it is', async () => {
  const { admin, deploy, close } = await clusterWithPods()
  onTestFinished(close)
  // Nobody binds Slipway's role there.
  const app = { namespace: 'kube-public', name: `shop-${Date.now().toString(36)}` }
  expect(await deploy.describe(app)).toEqual({ source: undefined, revisions: [] })
  const source = { repository: 'http://10.244.0.1:8090/git/nothing.git', branch: 'main' }
  await admin.apply(kinds.App, { metadata: app, spec: { source } })
  onTestFinished(async () => void (await admin.remove(kinds.App, app.namespace, app.name)))
  await expect(deploy.describe(app)).rejects.toMatchObject({ reason: 'Forbidden' })
})
