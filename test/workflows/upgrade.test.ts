// A new version of Slipway meets Apps that an earlier one released: it looks at them all, and touches none.
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { AppRef, AppSource } from '../../domain/app.ts'
import { parseManifest } from '../../domain/manifest.ts'
import { makePlan } from '../../domain/plan.ts'
import { appWorkflowId } from '../../domain/release.ts'
import { makeRevision } from '../../domain/revision.ts'
import { appStatus } from '../../workflows/messages.ts'
import { manifestOf, openStage, type Stage, until } from './stage.ts'
import { stand } from './standing.ts'
import { realServer, type Temporal } from './temporal.ts'

let temporal: Temporal
beforeAll(async () => {
  temporal = await realServer()
})
afterAll(() => temporal?.close())

const apps = 50
const image = { repository: 'registry.example/shop', digest: `sha256:${'0'.repeat(64)}` }
// Each sweep asks one App in its turn to forget Releases beyond the newest: that none was forgotten is counted.
const mutating =
  /^(build\.build|traffic\.(write|remove)|deploy\.(create|scale|keep|remove|holdOnDelete)|report\.(release|happened))$/

/** What serves, as the cluster remembers it: made by an earlier version, of some of them by a hash that is not ours. */
async function released(stage: Stage, number: number): Promise<AppRef> {
  const { world, platform } = stage
  const app = { namespace: stage.app.namespace, name: `shop-${number}` }
  const source: AppSource = { repository: `https://git.example/${app.namespace}/${number}`, branch: 'main' }
  world.declare(app, source)
  const named = number % 3 === 0 ? `\n  run: {config: [settings-${number}]}` : ''
  if (named) world.config.set(`${app.namespace}/settings-${number}`, { GREETING: 'hello' })
  const text = `${manifestOf().replace('name: shop', `name: ${app.name}`)}${named}\n`
  const sha = world.push(source, { 'slipway.yaml': text })
  const release = { app, seq: 1, sha }
  const { commit } = await platform.source.read(source, sha, 'slipway.yaml')
  const plan = makePlan(release, commit, source, parseManifest(text, app))
  const ours = makeRevision(plan, image, await platform.deploy.config(app, plan.spec.run, true))
  const revision = number % 2 === 0 ? ours : { ...ours, name: `${ours.name.slice(0, -4)}0000` }
  await stand({ platform, world }, release, revision)
  return app
}

it('fifty Apps are looked at, and none is released', async () => {
  const stage = await openStage(temporal)
  const all: AppRef[] = []
  for (let number = 1; number <= apps; number += 1) all.push(await released(stage, number))
  const { world, client, app } = stage
  const before = world.calls.length
  const sweep = (workflowId: string) =>
    client.workflow.execute('sweep', { taskQueue: app.namespace, workflowId })

  await sweep(`${app.namespace}-first`)
  const looked = async (one: AppRef) => {
    const state = await client.workflow.getHandle(appWorkflowId(one)).query(appStatus)
    return state.stable !== undefined && state.head === state.stable.sha && state.active === undefined
  }
  for (const one of all) {
    await until(
      () => looked(one).catch(() => false),
      () => `${one.name} was not looked at`,
    )
  }
  await sweep(`${app.namespace}-second`)

  const verbs = world.calls.slice(before).map(({ verb }) => verb)
  expect(verbs.filter((verb) => verb === 'source.head').length).toBeGreaterThanOrEqual(apps)
  expect(verbs.filter((verb) => mutating.test(verb))).toEqual([])
  for (const one of all) {
    expect(world.releasesOf(one)).toHaveLength(1)
    expect(world.gateway.writes(one)).toHaveLength(1)
  }
  await stage.stopWork()
})
