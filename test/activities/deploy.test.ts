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
