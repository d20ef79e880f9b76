// Two revisions that share an App's traffic on a memory platform, for a watch to look at.
import { createActivities } from '../../activities/index.ts'
import type { AppRef } from '../../domain/app.ts'
import type { ReleaseStatus } from '../../domain/release.ts'
import type { Revision } from '../../domain/revision.ts'
import type { WorldOptions } from '../../platform/memory/world.ts'
import { memoryPlatform } from '../../platform/memory.ts'

export const app: AppRef = { namespace: 'default', name: 'shop' }
const source = { repository: 'https://git.example/shop', branch: 'main' }

/** `canary` holds this many thousandths, `stable` the rest. */
export async function sharing(canary = 500, options: WorldOptions = {}) {
  const { platform, world } = memoryPlatform(options)
  const activities = createActivities(platform, world.clock)
  const shas: Record<string, string> = {}
  for (const name of ['stable', 'canary']) {
    const sha = world.push(source, { 'slipway.yaml': name })
    shas[name] = sha
    const run = { port: 8080, replicas: 1, env: {}, resources: { cpu: '1', memory: '1Mi' }, health: '/' }
    const image = { repository: 'registry/shop', digest: `sha256:${'0'.repeat(64)}` }
    const revision: Revision = { app, name, release: 'shop-1', sha, image, run }
    await platform.deploy.create(revision)
  }
  let writes = 0
  const give = (weight: number) => {
    writes += 1
    const weights = [
      { revision: 'stable', weight: 1000 - weight },
      { revision: 'canary', weight },
    ]
    return platform.traffic.write({ app, hosts: [], weights, epoch: { seq: 1, n: writes }, stable: 'stable' })
  }
  await give(canary)
  const release = { app, seq: 1, sha: 'a'.repeat(40) }
  const status: ReleaseStatus = {
    release,
    phase: 'rolling-out',
    message: '',
    weight: canary,
    transitions: [],
    startedAt: 0,
  }
  return { platform, world, activities, status, give, canarySha: shas.canary ?? '' }
}
