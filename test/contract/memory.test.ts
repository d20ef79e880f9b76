// The memory platform keeps the contracts that the real drivers keep, so that tests which use it can be believed.
import { forgeWorld, memoryForge } from '../../platform/memory/forge.ts'
import { memoryPlatform } from '../../platform/memory.ts'
import { aPlan } from '../platform/build/plan.ts'
import { aQuestion } from '../platform/hooks/question.ts'
import { type BuildSetup, buildContract } from './build.ts'
import { type DeploySetup, deployContract } from './deploy.ts'
import { aClock, aRevision, aRun, fakeSha } from './fixtures.ts'
import { forgeContract, people } from './forge.ts'
import { hooksContract } from './hooks.ts'
import { type MetricsSetup, metricsContract } from './metrics.ts'
import { type ReportSetup, reportContract } from './report.ts'
import { type SourceSetup, sourceContract } from './source.ts'
import { type TrafficSetup, trafficContract } from './traffic.ts'

const namespace = 'default'
let apps = 0
const newApp = () => {
  apps += 1
  return { namespace, name: `shop${apps}` }
}
const close = async () => undefined

sourceContract(async (): Promise<SourceSetup> => {
  const { platform, world } = memoryPlatform()
  return {
    source: platform.source,
    repository: async (name) => `https://git.example/${name}`,
    push: async (source, files, { root, ...about } = {}) =>
      world.push(source, files, root ? { ...about, parent: undefined } : about),
    close,
  }
})

buildContract(async (): Promise<BuildSetup> => {
  const { platform, world } = memoryPlatform()
  const repository = 'https://git.example/acme/shop'
  const app = { namespace, name: 'shop' }
  let seq = 0
  return {
    build: platform.build,
    newPlan: async (fate) => {
      seq += 1
      const sha = world.push({ repository, branch: 'main' }, {})
      if (fate === 'breaks') world.plan(sha, { buildFails: 'this is why' })
      if (fate === 'takes long') world.plan(sha, { buildWaitsFor: new Promise(() => undefined) })
      const commit = { sha, title: 'Change', author: 'ana', committedAt: 0 }
      return aPlan({}, { release: { app, seq, sha }, commit, repository })
    },
    running: async ({ commit }) => (world.building.has(commit.sha) ? 1 : 0),
    close,
  }
})

hooksContract('memory', async () => {
  const { platform, world } = memoryPlatform()
  let seq = 0
  return {
    hooks: platform.hooks,
    newQuestion: async (fate) => {
      seq += 1
      const release = { app: { namespace, name: 'shop' }, seq, sha: 'a'.repeat(40) }
      const name = `before-${seq}`
      if (fate === 'refuses') world.hooks.set(name, { passes: false })
      if (fate === 'takes long') world.hooks.set(name, { waitsFor: new Promise(() => undefined) })
      if (fate === 'answers later') {
        world.hooks.set(name, { fails: 'nobody was there' })
        world.before = ({ verb }) => {
          if (verb === 'hooks.ask' && world.hookRuns.has(`default/shop-${release.seq}/${name}`))
            world.hooks.delete(name)
        }
      }
      return aQuestion({ command: ['true'] }, { release, gate: { name } })
    },
    asked: async ({ release, gate }) =>
      world.hookRuns.get(`default/shop-${release.seq}/${gate.name}`)?.runs ?? 0,
    open: async ({ release, gate }) =>
      world.hookRuns.get(`default/shop-${release.seq}/${gate.name}`)?.since === undefined ? 0 : 1,
    close,
  }
})

deployContract(async (): Promise<DeploySetup> => {
  const { platform, world } = memoryPlatform()
  let made = 0
  return {
    deploy: platform.deploy,
    newApp,
    declared: async (source) => {
      const app = newApp()
      world.declare(app, source)
      return app
    },
    newRevision: (app, fate, run = {}) => {
      made += 1
      const revision = aRevision(app, `${app.name}/${made}`, { run: aRun(run) })
      world.plan(revision.sha, fate === 'runs' ? { readyAfter: 2000 } : { podsFail: fate })
      return revision
    },
    configure: async (app, _kind, name, data) => {
      world.config.set(`${app.namespace}/${name}`, data)
    },
    copies: async (app, _kind, name) =>
      [...world.copies.keys()]
        .map((key) => key.slice(app.namespace.length + 1))
        .filter((copy) => copy.slice(0, copy.lastIndexOf('-')) === name),
    wait: world.clock.sleep,
    close,
  }
})

trafficContract(async (): Promise<TrafficSetup> => {
  const { platform, world } = memoryPlatform({ servesAfter: 80 })
  const revisions = ['stable', 'canary'].map((seed) => aRevision({ namespace, name: 'shop' }, seed))
  for (const revision of revisions) await platform.deploy.create(revision)
  const [stable = '', canary = ''] = revisions.map(({ name }) => name)
  return {
    traffic: platform.traffic,
    newApp,
    revisions: [stable, canary],
    tamper: async (app, weights, manager) => world.gateway.tamper(app, weights, manager),
    request: async (app, asking) => world.gateway.request(app, asking),
    wait: world.clock.sleep,
    close,
  }
})

metricsContract(async (): Promise<MetricsSetup> => {
  const clock = aClock()
  const { platform, world } = memoryPlatform({ clock, load: 0 })
  const app = newApp()
  const [good, failing, absent] = ['good', 'failing', 'absent'].map((seed) => aRevision(app, seed)) as [
    ReturnType<typeof aRevision>,
    ReturnType<typeof aRevision>,
    ReturnType<typeof aRevision>,
  ]
  world.plan(failing.sha, { errors: 1 })
  world.plan(absent.sha, { podsFail: 'no such image' })
  for (const revision of [good, failing, absent]) await platform.deploy.create(revision)
  let n = 0
  return {
    metrics: platform.metrics,
    app,
    revisions: { good: good.name, failing: failing.name, absent: absent.name },
    bounds: [0.1, 0.5, 1, 2.5],
    visit: async (revision, requests) => {
      n += 1
      const weights = [good, failing, absent].map(({ name }) => ({
        revision: name,
        weight: name === revision ? 1000 : 0,
      }))
      await platform.traffic.write({
        app,
        hosts: [],
        weights,
        epoch: { seq: 1, n },
        stable: revision,
      })
      world.gateway.visitors(app, requests)
      await clock.sleep(1000)
      world.gateway.visitors(app, 0)
    },
    wait: clock.sleep,
    close,
  }
})

reportContract(async (): Promise<ReportSetup> => {
  const { platform, world } = memoryPlatform()
  return {
    report: platform.report,
    newApp,
    declared: async () => newApp(),
    events: async (_app, release) =>
      world.events.filter((event) => event.release === release).map(({ message }) => message),
    appEvents: async (app) =>
      world.events
        .filter((event) => event.release === `${app.namespace}/${app.name}`)
        .map(({ phase, message }) => `${phase}: ${message}`),
    appStatus: async (app) => world.apps.get(`${app.namespace}/${app.name}`),
    close,
  }
})

forgeContract('memory', async () => {
  const world = forgeWorld()
  for (const [login, permission] of Object.entries(people)) world.permissions.set(login, permission)
  let commits = 0
  return {
    forge: memoryForge(world),
    repository: 'https://github.example/acme/shop',
    newCommit: async () => {
      commits += 1
      return fakeSha(`commit ${commits}`)
    },
    checks: async (sha) =>
      [...world.checks.values()]
        .filter((one) => one.sha === sha)
        .map(({ name, conclusion, output, actions }) => ({
          name,
          ...(conclusion && { conclusion }),
          title: output.title,
          buttons: actions.map(({ identifier }) => identifier),
        })),
    deployments: async () => [...world.deployments.values()],
    close,
  }
})
