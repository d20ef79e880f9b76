// Histories of releases as they were: a change of the workflows must still tell the same story from them.
// After a change that needs a new one: SLIPWAY_SAVE_HISTORIES=1 npx vitest run test/workflows/histories.test.ts
// writes those that are not there yet; one that is there is never replaced.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js'
import { Worker } from '@temporalio/worker'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { temporalPlans } from '../../api/plans.ts'
import { RateLimited } from '../../domain/failure.ts'
import { foreseeWorkflowId } from '../../domain/foresight.ts'
import { tellWorkflowId } from '../../domain/telling.ts'
import { forgeWorld } from '../../platform/memory/forge.ts'
import { sinkWorld } from '../../platform/memory/sink.ts'
import { hold, manifestOf, rampOf, type Stage, stableStage, until } from './stage.ts'
import { bundleWorkflows, type Temporal, timeSkippingServer } from './temporal.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const folder = fileURLToPath(new URL('../histories/', import.meta.url))

let temporal: Temporal
beforeAll(async () => {
  temporal = await timeSkippingServer()
})
afterAll(() => temporal?.close())

/** Each tells its story to the end, and returns the commit whose release it is about. */
const stories: Record<string, (stage: Stage) => Promise<string>> = {
  promoted: async (stage) => {
    const sha = await stage.push()
    await stage.ended(sha)
    return sha
  },
  'rolled-back': async (stage) => {
    const sha = await stage.push({ errors: 0.5 })
    await stage.ended(sha)
    return sha
  },
  failed: async (stage) => {
    const sha = await stage.push({ buildFails: 'no' })
    await stage.ended(sha)
    return sha
  },
  aborted: async (stage) => {
    const held = hold(stage, 'metrics.counters')
    const sha = await stage.push({}, manifestOf().replaceAll('for: 5s', 'for: 1h'))
    await held.reached()
    await stage.abort(sha)
    held.letGo()
    await stage.ended(sha)
    return sha
  },
  superseded: async (stage) => {
    const sha = await stage.push({ buildWaitsFor: new Promise(() => {}) })
    await stage.release(sha, ({ phase }) => phase === 'building')
    const newer = await stage.push()
    await stage.ended(newer)
    return sha
  },
  stalled: async (stage) => {
    stage.world.gateway.visitors(stage.app, 0)
    const sha = await stage.push()
    await stage.release(sha, ({ stalled }) => stalled !== undefined)
    stage.world.gateway.visitors(stage.app, 100)
    await stage.ended(sha)
    return sha
  },
  'ramp-promoted': async (stage) => {
    const sha = await stage.push({}, rampOf('30s'))
    await stage.ended(sha)
    return sha
  },
  'ramp-doubted': async (stage) => {
    const sha = await stage.push({}, rampOf('10m'))
    await stage.release(sha, ({ weight }) => weight === 950)
    stage.world.plan(sha, { errors: 0.03 })
    await stage.ended(sha)
    return sha
  },
  'ramp-blind': async (stage) => {
    const sha = await stage.push({}, rampOf('30s'))
    await stage.release(sha, ({ weight }) => weight > 0)
    stage.world.metrics('unscraped')
    await stage.release(sha, ({ weight, stalled }) => weight === 0 && stalled !== undefined)
    stage.world.metrics('well')
    await stage.ended(sha)
    return sha
  },
  'gate-approved': async (stage) => {
    const sha = await stage.push({}, manifestOf('gates: [{before: 50, approvals: 2}]'))
    await stage.release(sha, ({ waiting }) => waiting?.for === 'approval')
    for (const by of ['bo', 'kim']) await stage.ask(sha, 'approve', { by })
    await stage.ended(sha)
    return sha
  },
  'gate-turned-away': async (stage) => {
    const sha = await stage.push({}, manifestOf('gates: [{before: 50, approvers: ["user:bo"]}]'))
    await stage.release(sha, ({ waiting }) => waiting?.for === 'approval')
    await stage.ask(sha, 'approve', { by: 'kim' }).catch(() => undefined)
    await stage.ask(sha, 'approve', { by: 'bo' })
    await stage.ended(sha)
    return sha
  },
  'gate-timed-out': async (stage) => {
    const sha = await stage.push({}, manifestOf('gates: [{before: 50, timeout: 10m, otherwise: abort}]'))
    await stage.ended(sha)
    return sha
  },
  'hook-asked': async (stage) => {
    const hook = '{before: 25, hook: {url: "https://example.com/ask"}}'
    const sha = await stage.push({}, manifestOf(`gates: [${hook}]`))
    await stage.ended(sha)
    return sha
  },
  'harm-held': async (stage) => {
    const sha = await stage.push({ errors: 0.5 }, manifestOf('onFailure: hold'))
    await stage.release(sha, ({ waiting }) => waiting !== undefined)
    await stage.ask(sha, 'rollback')
    await stage.ended(sha)
    return sha
  },
  'ramp-gated': async (stage) => {
    const sha = await stage.push({}, rampOf('5s').replace('bake:', 'gates: [{before: 50}], bake:'))
    await stage.release(sha, ({ waiting }) => waiting?.for === 'approval')
    await stage.ask(sha, 'approve')
    await stage.ended(sha)
    return sha
  },
  'blue-green': async (stage) => {
    const sha = await stage.push({}, strategyOf('blue-green', 'preview: [next.example.com]'))
    await stage.ended(sha)
    return sha
  },
  immediate: async (stage) => {
    const sha = await stage.push({}, strategyOf('immediate'))
    await stage.ended(sha)
    return sha
  },
  emergency: async (stage) => {
    stage.world.plan(stage.pushed[0] ?? '', { readyPods: 0 })
    const sha = await stage.push()
    await stage.ended(sha)
    return sha
  },
  unfrozen: async (stage) => {
    await stage.askApp('freeze')
    const sha = await stage.push()
    await until(
      async () => (await stage.state()).waiting?.sha === sha,
      () => 'the push does not wait',
    )
    await stage.askApp('unfreeze')
    await stage.ended(sha)
    return sha
  },
  retried: async (stage) => {
    const sha = await stage.push({ errors: 0.5 })
    const { release } = await stage.ended(sha)
    await stage.rejected(sha)
    stage.world.plan(sha, { errors: 0 })
    await stage.askApp('retry', { release })
    await stage.release(sha, ({ outcome }) => outcome === 'promoted')
    return sha
  },
  returned: async (stage) => {
    const [first = ''] = stage.pushed
    await stage.ended(await stage.push())
    await stage.askApp('rollback')
    await stage.release(first, ({ cause, outcome }) => cause === 'return' && outcome === 'promoted')
    return first
  },
  'return-superseded': async (stage) => {
    const [first = ''] = stage.pushed
    await stage.ended(await stage.push())
    stage.world.plan(first, { readyAfter: 1_000_000 })
    await stage.askApp('rollback')
    await stage.release(first, ({ cause, phase }) => cause === 'return' && phase === 'deploying')
    await stage.ended(await stage.push({ buildFails: 'no' }))
    return first
  },
}

const strategyOf = (strategy: string, route = ''): string => `
apiVersion: slipway.dev/v1beta1
kind: App
metadata: {name: shop}
spec:
  route: {${route}}
  release: {strategy: ${strategy}, bake: 5s}
`

/** Those that waited for data or for somebody, or went back before they went on, take a few more. */
const waited = [
  'stalled',
  'ramp-blind',
  'ramp-doubted',
  'gate-approved',
  'gate-turned-away',
  'hook-asked',
  'ramp-gated',
]
const eventsOf = (name: string): number => (waited.includes(name) ? 215 : 160)

describe('a story that is told now', () => {
  it.each(Object.keys(stories))('%s keeps within the budget of events', async (name) => {
    const { stage } = await stableStage(temporal)
    const sha = (await stories[name]?.(stage)) ?? ''
    const handle = stage.handle(sha)
    await handle.result()
    const history = await handle.fetchHistory()
    expect(history.events?.length).toBeLessThanOrEqual(eventsOf(name))
    save(name, historyToJSON(history))
    save(`app-${name}`, historyToJSON(await stage.appHandle().fetchHistory()))
    await stage.stopWork()
  })
})

describe('what others are told now', () => {
  it('of a release, and late: the host refuses at first', async () => {
    const { stage } = await stableStage(temporal, { forge: forgeWorld(), sink: sinkWorld() })
    const refusals = [new Error('the key was revoked'), new RateLimited('a secondary limit', 2_000)]
    stage.hooks.push(({ verb }) => {
      const refusal = verb === 'forge.tell' ? refusals.pop() : undefined
      if (refusal) throw refusal
    })
    const { release } = await stage.ended(await stage.push())
    const handle = stage.client.workflow.getHandle(tellWorkflowId(release))
    await handle.result()
    const history = await handle.fetchHistory()
    expect(history.events?.length).toBeLessThanOrEqual(300)
    save('tell', historyToJSON(history))
    await stage.stopWork()
  })

  it('of a pull request', async () => {
    const { stage } = await stableStage(temporal, { forge: forgeWorld() })
    const { app, client, source, world } = stage
    const sha = world.push({ ...source, branch: 'feature' }, { 'slipway.yaml': manifestOf() })
    const offered = { app, sha, fork: false }
    await temporalPlans(client, app.namespace).foresee(offered)
    const handle = client.workflow.getHandle(foreseeWorkflowId(offered))
    await handle.result()
    save('foresee', historyToJSON(await handle.fetchHistory()))
    await stage.stopWork()
  })
})

describe('the histories that were saved', () => {
  it('are told again to the same end', async () => {
    const workflowBundle = await bundleWorkflows()
    const files = readdirSync(folder).filter((name) => name.endsWith('.json'))
    expect(files.length).toBeGreaterThanOrEqual(Object.keys(stories).length)
    const histories = files.map((name) => ({
      workflowId: name,
      history: JSON.parse(readFileSync(`${folder}${name}`, 'utf8')),
    }))
    for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle }, histories)) {
      expect(error, workflowId).toBeUndefined()
    }
  })

  it('hold no secret and no large payload', () => {
    for (const name of readdirSync(folder).filter((one) => one.endsWith('.json'))) {
      const text = readFileSync(`${folder}${name}`, 'utf8')
      expect(text).not.toMatch(/authorization|bearer |password/i)
      for (const [data] of text.matchAll(/"data":"[^"]*"/g)) expect(data.length).toBeLessThan(44_000)
    }
  })
})

function save(name: string, history: string): void {
  const file = `${folder}${name}.json`
  // A stack names files of the machine it was taken on; replay does not read it.
  const anywhere = history.replaceAll(root, '')
  if (process.env.SLIPWAY_SAVE_HISTORIES && !existsSync(file)) writeFileSync(file, `${anywhere}\n`)
}
