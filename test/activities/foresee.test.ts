// What a pull request's commit is said to do when it is pushed: decided as a release would decide it, and nothing is made.
import { describe, expect, it } from 'vitest'
import { createActivities } from '../../activities/index.ts'
import type { AppRef } from '../../domain/app.ts'
import { forgeWorld } from '../../platform/memory/forge.ts'
import { memoryPlatform } from '../../platform/memory.ts'
import { aRevision, aRun, aStatus } from '../contract/fixtures.ts'

const app: AppRef = { namespace: 'default', name: 'shop' }
const source = { repository: 'https://github.example/acme/shop', branch: 'main' }

const manifest = (spec = '') => `
apiVersion: slipway.dev/v1beta1
kind: App
metadata: {name: shop}
spec:
  run: {port: 8080, env: {GREETING: hello}}
${spec}`

/** An App of which a first revision serves. */
async function serving() {
  const forge = forgeWorld()
  const { platform, world } = memoryPlatform({ forge })
  world.declare(app, source)
  const stable = aRevision(app, 'stable', { run: aRun() })
  await platform.deploy.create(stable)
  const weights = [{ revision: stable.name, weight: 1000 }]
  await platform.traffic.write({ app, hosts: [], weights, epoch: { seq: 3, n: 1 }, stable: stable.name })
  const { showPlan } = createActivities(platform, world.clock)
  /** Offers a commit with this file, and returns what it shows. */
  const offer = async (files: Record<string, string>, fork = false) => {
    const sha = world.push({ ...source, branch: 'feature' }, files)
    world.calls.length = 0
    await showPlan({ app, sha, fork })
    return [...forge.checks.values()].find((one) => one.sha === sha)
  }
  return { platform, world, forge, stable, showPlan, offer }
}

const file = (spec?: string) => ({ 'slipway.yaml': manifest(spec) })

describe('a file that would be taken', () => {
  it('says what differs from what runs, and how it would be released', async () => {
    const { offer, stable } = await serving()
    const steps = '  release: {steps: [10, 50, 100], gates: [{before: 50, approvers: [ana]}]}'
    const check = await offer(file(steps))
    expect(check).toMatchObject({ name: 'slipway / shop / plan', conclusion: 'success' })
    const { title, summary } = check?.output ?? { title: '', summary: '' }
    expect(title).toMatch(/^would be released: \d changes in how it runs$/)
    expect(summary).toContain(stable.name)
    expect(summary).toContain('+ run.env.GREETING: hello')
    expect(summary).toMatch(/\| weights \| 10%/)
    expect(summary).toMatch(/\| before-50 \| .*ana/)
  })

  it('is the first release where nothing serves', async () => {
    const { offer, platform } = await serving()
    await platform.traffic.remove(app)
    expect((await offer(file()))?.output.title).toBe('would be released: the first release')
  })

  it('would wait while the App is frozen, and says who froze it', async () => {
    const { offer, platform } = await serving()
    const frozen = { by: 'ana', reason: 'a sale', since: 0 }
    await platform.report.app(app, { message: 'frozen', frozen })
    const check = await offer(file())
    expect(check).toMatchObject({ conclusion: 'success' })
    expect(check?.output.title).toMatch(/^would wait: /)
    expect(check?.output.summary).toContain('frozen by ana: a sale')
  })

  it('tells of the release whose place it would take', async () => {
    const { offer, platform } = await serving()
    await platform.report.release(aStatus(app, 7, { phase: 'building' }))
    expect((await offer(file()))?.output.summary).toContain('takes the place of shop-7, which is building')
  })

  it('makes nothing, and builds nothing', async () => {
    const { offer, world } = await serving()
    world.config.set('default/shop-settings', { LEVEL: 'debug' })
    await offer({ 'slipway.yaml': manifest().replace('env:', 'config: [shop-settings], env:') })
    const verbs = new Set(world.calls.map(({ verb }) => verb))
    expect([...verbs].sort()).toEqual([
      'deploy.config',
      'deploy.describe',
      'forge.foretell',
      'report.history',
      'report.remembered',
      'source.read',
      'traffic.read',
    ])
    expect(world.copies.size).toBe(0)
  })
})

describe('a file that would be refused', () => {
  it.each([
    ['for a key that is none', file('  rum: {}'), /^slipway.yaml:7:3 spec.rum: unknown key/m],
    [
      'for what the policy forbids',
      file('  route: {hosts: [evil.example.org]}'),
      /slipway.yaml:7:\d+ .*host/,
    ],
    ['for another App’s name', { 'slipway.yaml': manifest().replace('shop', 'till') }, /belongs to the App/],
    ['for not being there', {}, /^no slipway.yaml at/m],
  ])('%s', async (_, files, why) => {
    const { offer, world } = await serving()
    world.policies.set('default/shop', { hosts: ['*.example.com'] })
    const check = await offer(files)
    expect(check).toMatchObject({ conclusion: 'failure' })
    expect(check?.output.title).toMatch(/^would be refused: /)
    expect(check?.output.summary).toMatch(why)
  })

  it('for a host that another App serves', async () => {
    const { offer, platform, world } = await serving()
    const till = { namespace: 'default', name: 'till' }
    world.declare(till, { ...source, repository: 'https://github.example/acme/till' })
    const theirs = { app: till, hosts: ['till.example.com'], stable: 'till-1', epoch: { seq: 1, n: 1 } }
    await platform.traffic.write({ ...theirs, weights: [{ revision: 'till-1', weight: 1000 }] })
    const check = await offer(file('  route: {hosts: [till.example.com]}'))
    expect(check).toMatchObject({ conclusion: 'failure' })
    expect(check?.output.summary).toMatch(/slipway.yaml:7:19 spec.route.hosts\[0\]: .*till/)
  })

  it('for a Secret that is not there', async () => {
    const { offer } = await serving()
    const check = await offer({ 'slipway.yaml': manifest().replace('env:', 'secrets: [shop-db], env:') })
    expect(check).toMatchObject({ conclusion: 'failure' })
    expect(check?.output.summary).toContain('shop-db')
  })
})

describe('a fork', () => {
  it('is not read', async () => {
    const { offer, world } = await serving()
    const check = await offer(file(), true)
    expect(check).toMatchObject({
      conclusion: 'neutral',
      output: { title: 'forks are not built: nothing of them is read' },
    })
    expect(world.calls.map(({ verb }) => verb)).toEqual(['deploy.describe', 'forge.foretell'])
  })
})

describe('nothing is shown', () => {
  it('of an App whose commits lie elsewhere, or that is not declared any more', async () => {
    const { showPlan, world, forge } = await serving()
    const sha = world.push({ ...source, branch: 'feature' }, file())
    world.declare(app, { ...source, repository: 'https://git.example/acme/shop' })
    await showPlan({ app, sha, fork: false })
    world.declared.clear()
    await showPlan({ app, sha, fork: false })
    expect(forge.checks.size).toBe(0)
  })

  it('while the cluster cannot be read: it is tried again', async () => {
    const { offer, world, forge } = await serving()
    world.before = ({ verb }) => {
      if (verb === 'traffic.read') throw new Error('the API server is away')
    }
    await expect(offer(file())).rejects.toThrow('the API server is away')
    expect(forge.checks.size).toBe(0)
  })
})
