// The deploy driver on the local cluster.
import { expect, onTestFinished, test } from 'vitest'
import { kinds } from '../../../platform/kinds.ts'
import { type DeploySetup, deployContract } from '../deploy.ts'
import { fakeImage } from '../fixtures.ts'
import { clusterWithPods, wait } from './cluster.ts'

deployContract(async (): Promise<DeploySetup> => {
  const { deploy, newApp, declared, newRevision, image, close } = await clusterWithPods()
  return {
    deploy,
    newApp,
    declared,
    newRevision: (app, fate) => {
      const revision = newRevision(app, fate === 'crashes' ? { CRASH: 'yes' } : {})
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
