// A plan and the settings to build it with: a test states only what it is about.
import { AppSpec } from '../../../domain/app.ts'
import type { Commit, Plan, ReleaseRef } from '../../../domain/release.ts'
import { type BuildSettings, gitSecret } from '../../../platform/build/job.ts'
import { aRun } from '../../contract/fixtures.ts'

export const aPlan = (build: Partial<AppSpec['build']> = {}, change: Partial<Plan> = {}): Plan => {
  const sha = '3f2c1d0a9b8c7d6e5f4a3b2c1d0e9f8a7b6c5d4e'
  const release: ReleaseRef = { app: { namespace: 'default', name: 'shop' }, seq: 7, sha }
  const commit: Commit = { sha, title: 'Add a cart', author: 'ana', committedAt: 0 }
  const spec: AppSpec = {
    ...AppSpec.parse({}),
    build: { context: '.', dockerfile: 'Dockerfile', args: {}, target: '', ...build },
    run: aRun(),
  }
  return {
    release,
    commit,
    repository: 'http://10.244.0.1:8090/git/shop.git',
    spec,
    steps: [],
    bake: 0,
    ...change,
  }
}

export const settings: BuildSettings = {
  namespace: 'slipway-builds',
  image: '10.244.0.1:5000/slipway/buildkit:0.34.2',
  registry: { host: '10.244.0.1:5000', insecure: true },
  git: { url: 'http://10.244.0.1:8090/git', secret: gitSecret },
}
