// Running a revision, as an activity: also when a release asks that began with an earlier version.
import { MockActivityEnvironment } from '@temporalio/testing'
import { describe, expect, it } from 'vitest'
import { app, sharing } from './sharing.ts'

async function stopped() {
  const { platform, activities } = await sharing()
  const { revisions } = await platform.deploy.describe(app)
  const canary = revisions.find(({ name }) => name === 'canary')
  if (!canary) throw new Error('there is no canary')
  await platform.deploy.scale(canary, 0)
  return { platform, canary, run: activities.runRevision }
}

describe('a revision that was stopped', () => {
  it('runs again, and what stands beside it is looked at', async () => {
    const { platform, canary, run } = await stopped()
    const asked = { revision: canary, stable: 'stable' }
    expect(await new MockActivityEnvironment().run(run, asked)).toEqual({ stableAlive: true })
    expect(await platform.deploy.readiness(canary)).toEqual({ ready: 1, wanted: 1 })
  })

  it('runs again for a release that asks for the revision alone', async () => {
    const { platform, canary, run } = await stopped()
    expect(await new MockActivityEnvironment().run(run, canary)).toEqual({})
    expect(await platform.deploy.readiness(canary)).toEqual({ ready: 1, wanted: 1 })
  })
})

describe('a revision that was started to be returned to, and is not', () => {
  const retire = async (share: number) => {
    const { platform, activities } = await sharing(share)
    const [canary] = (await platform.deploy.describe(app)).revisions.filter(({ name }) => name === 'canary')
    if (!canary) throw new Error('there is no canary')
    await platform.deploy.keep(canary)
    await platform.deploy.scale(canary, 1)
    const asked = { app, upTo: 0, keep: 'stable', restarted: 'canary' }
    const retired = await new MockActivityEnvironment().run(activities.retire, asked)
    const { kept } = await platform.deploy.describe(app)
    return { retired, kept, wanted: (await platform.deploy.readiness(canary)).wanted }
  }

  it('is stopped, and stays kept', async () => {
    expect(await retire(0)).toEqual({ retired: { removed: [], left: [] }, kept: ['canary'], wanted: 0 })
  })

  it('is left as it is while it carries traffic', async () => {
    expect(await retire(10)).toMatchObject({ kept: ['canary'], wanted: 1 })
  })
})
