// What keeps a weight from rising: people, hooks, a pause, a freeze; and that the watch goes on meanwhile.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { forgeWorld } from '../../platform/memory/forge.ts'
import { sourceMoved } from '../../workflows/messages.ts'
import { manifestOf, rampOf, type Stage, stableStage, until } from './stage.ts'
import { realServer, type Temporal } from './temporal.ts'

let temporal: Temporal
beforeAll(async () => {
  temporal = await realServer()
})
afterAll(() => temporal?.close())

const gated = (gate: string) => manifestOf(`gates: [{${gate}}]`)
const waits = (stage: Stage, sha: string, what: string) =>
  stage.release(sha, ({ waiting }) => waiting?.for === what)
/** Waits until the gate shows so many reasons, the last of which says this. */
const turnedAway = (stage: Stage, sha: string, many: number, last: string) =>
  stage.release(sha, ({ waiting: { turnedAway = [] } = {} }) => {
    return turnedAway.length === many && turnedAway.at(-1)?.includes(last) === true
  })
const failureOf = (asked: Promise<unknown>): Promise<string> =>
  asked.then(
    () => '',
    (error: { cause?: { message?: string } }) => error.cause?.message ?? '',
  )
const refused = (message: string) => ({
  cause: { message: expect.stringContaining(message), type: 'Refused' },
})

describe('a gate that people open', () => {
  it('with four eyes stays closed until the host has said who pushed, and learns it late', async () => {
    const { stage } = await stableStage(temporal, { forge: forgeWorld() })
    const sha = await stage.push({}, gated('before: 50, notPusher: true'))
    await waits(stage, sha, 'approval')
    const asAna = { by: 'slipway-api', principal: 'github:ana' }
    const asBo = { by: 'slipway-api', principal: 'github:bo' }
    await expect(stage.ask(sha, 'approve', asBo)).rejects.toMatchObject(refused('has not said who pushed'))
    await turnedAway(stage, sha, 1, 'has not said who pushed')
    const late = { ref: 'refs/heads/main', after: sha, delivery: 'late', pusher: 'github:ana' }
    await stage.appHandle().signal(sourceMoved, late)
    await until(
      async () => (await failureOf(stage.ask(sha, 'approve', asAna))).includes('github:ana pushed or wrote'),
      () => 'the release did not learn who pushed',
    )
    await turnedAway(stage, sha, 1, 'github:ana pushed or wrote')
    expect((await stage.ask(sha, 'approve', asBo)).message).toBe('before-50 is open')
    expect(await stage.ended(sha)).toMatchObject({ outcome: 'promoted' })
    await stage.close({ serves: sha })
  })

  it('holds the canary below its weight until they do', async () => {
    const { stage } = await stableStage(temporal)
    const sha = await stage.push({}, gated('before: 50, approvers: ["user:bo"]'))
    expect(await waits(stage, sha, 'approval')).toMatchObject({
      weight: 250,
      waiting: { gate: 'before-50' },
    })
    await expect(stage.ask(sha, 'approve', { by: 'kim' })).rejects.toMatchObject(refused('user:bo'))
    await expect(stage.ask(sha, 'approve', { by: 'kim' })).rejects.toMatchObject(refused('user:bo'))
    await turnedAway(stage, sha, 1, 'user:kim is none of them')
    expect((await stage.ask(sha, 'approve', { by: 'bo' })).message).toBe('before-50 is open')
    expect(await stage.ended(sha)).toMatchObject({ outcome: 'promoted' })
    expect(stage.weightsOf(sha)).toEqual([0, 100, 250, 500, 1000, 1000])
    await stage.close({ serves: sha })
  })

  it('counts each of them once', async () => {
    const { stage } = await stableStage(temporal)
    const sha = await stage.push({}, gated('before: promotion, approvals: 2'))
    expect(await waits(stage, sha, 'approval')).toMatchObject({ phase: 'baking' })
    expect((await stage.ask(sha, 'approve')).message).toBe('before-promotion has 1 of 2 approvals')
    await expect(stage.ask(sha, 'approve')).rejects.toMatchObject(
      refused('approved before-promotion already'),
    )
    await stage.ask(sha, 'approve', { by: 'bo' })
    expect(await stage.ended(sha)).toMatchObject({ outcome: 'promoted' })
    await stage.close({ serves: sha })
  })

  it('shows ten reasons for turning people away, however many ask', async () => {
    const { stage } = await stableStage(temporal)
    const sha = await stage.push({}, gated('before: 50, approvers: ["user:bo"]'))
    await waits(stage, sha, 'approval')
    for (let who = 1; who <= 12; who += 1)
      await expect(stage.ask(sha, 'approve', { by: `guest-${who}` })).rejects.toMatchObject(
        refused('user:bo'),
      )
    await turnedAway(stage, sha, 10, 'user:guest-10')
    await stage.ask(sha, 'approve', { by: 'bo' })
    expect(await stage.ended(sha)).toMatchObject({ outcome: 'promoted' })
    await stage.close({ serves: sha })
  })

  it('is not asked before it is reached', async () => {
    const { stage, first } = await stableStage(temporal)
    const sha = await stage.push({ buildWaitsFor: new Promise(() => {}) }, gated('before: 50'))
    await until(
      () => stage.world.building.has(sha),
      () => 'the build has not begun',
    )
    await expect(stage.ask(sha, 'approve')).rejects.toMatchObject(refused('no gate waits'))
    await stage.abort(sha)
    await stage.ended(sha)
    await stage.close({ serves: first })
  })

  it('does not keep a canary that turns bad', async () => {
    const { stage, first } = await stableStage(temporal)
    const sha = await stage.push({}, gated('before: 50, timeout: 30d'))
    await waits(stage, sha, 'approval')
    stage.world.plan(sha, { errors: 0.5 })
    expect(await stage.ended(sha)).toMatchObject({ outcome: 'rolled-back' })
    await stage.close({ serves: first })
  })

  it.each([
    { otherwise: 'abort', outcome: 'aborted' },
    { otherwise: 'pass', outcome: 'promoted' },
  ])('after its time leads to: $otherwise', async ({ otherwise, outcome }) => {
    const { stage, first } = await stableStage(temporal)
    const sha = await stage.push({}, gated(`before: 50, timeout: 10m, otherwise: ${otherwise}`))
    expect(await stage.ended(sha)).toMatchObject({ outcome })
    await stage.close({ serves: outcome === 'promoted' ? sha : first })
  })

  it('holds a ramp that has proof enough', async () => {
    const { stage } = await stableStage(temporal)
    const sha = await stage.push({}, rampOf('5s').replace('bake:', 'gates: [{before: 50}], bake:'))
    const { weight } = await waits(stage, sha, 'approval')
    expect(weight).toBeLessThan(500)
    await stage.ask(sha, 'approve')
    expect(await stage.ended(sha)).toMatchObject({ outcome: 'promoted' })
    await stage.close({ serves: sha })
  })
})

describe('a hook', () => {
  const hooked = gated('before: 25, hook: {url: "https://example.com/ask"}')

  it('opens its gate', async () => {
    const { stage } = await stableStage(temporal)
    const sha = await stage.push({}, hooked)
    expect(await stage.ended(sha)).toMatchObject({ outcome: 'promoted' })
    await stage.close({ serves: sha })
  })

  it('that refuses ends the release', async () => {
    const { stage, first } = await stableStage(temporal)
    stage.world.hooks.set('before-25', { passes: false })
    const sha = await stage.push({}, hooked)
    expect(await stage.ended(sha)).toMatchObject({
      outcome: 'aborted',
      message: expect.stringContaining('before-25 refused'),
    })
    await stage.close({ serves: first })
  })
})

describe('a pause', () => {
  it('keeps the weight until it is resumed', async () => {
    const { stage } = await stableStage(temporal)
    const sha = await stage.push({}, gated('before: 25'))
    await waits(stage, sha, 'approval')
    await stage.ask(sha, 'pause', { reason: 'lunch' })
    await stage.ask(sha, 'approve')
    expect(await waits(stage, sha, 'resume')).toMatchObject({ weight: 100 })
    await expect(stage.ask(sha, 'pause')).rejects.toMatchObject(refused('paused already, by ana'))
    await stage.ask(sha, 'resume')
    expect(await stage.ended(sha)).toMatchObject({ outcome: 'promoted' })
    await stage.close({ serves: sha })
  })

  it('and a promotion by hand asks neither judge nor gate', async () => {
    const { stage } = await stableStage(temporal)
    const sha = await stage.push({}, gated('before: 25'))
    await waits(stage, sha, 'approval')
    await stage.ask(sha, 'promote', { reason: 'now' })
    expect(await stage.ended(sha)).toMatchObject({ outcome: 'promoted' })
    expect(stage.weightsOf(sha)).toEqual([0, 100, 1000])
    await stage.close({ serves: sha })
  })
})

describe('harm, where a person shall decide', () => {
  it.each([
    { verb: 'promote', outcome: 'promoted' },
    { verb: 'rollback', outcome: 'rolled-back' },
  ] as const)('leaves the weight until $verb', async ({ verb, outcome }) => {
    const { stage, first } = await stableStage(temporal)
    const sha = await stage.push({ errors: 0.5 }, manifestOf('onFailure: hold'))
    expect(await waits(stage, sha, 'decision')).toMatchObject({ weight: 100 })
    await stage.ask(sha, verb)
    expect(await stage.ended(sha)).toMatchObject({ outcome })
    await stage.close({ serves: outcome === 'promoted' ? sha : first })
  })
})

describe('a frozen App', () => {
  it('begins nothing, and raises nothing, until it is unfrozen', async () => {
    const { stage } = await stableStage(temporal)
    const sha = await stage.push({}, gated('before: 50'))
    await waits(stage, sha, 'approval')
    await stage.askApp('freeze', { reason: 'holidays' })
    expect(await waits(stage, sha, 'unfreeze')).toMatchObject({ weight: 250 })
    await stage.ask(sha, 'approve')
    await expect(stage.askApp('freeze')).rejects.toMatchObject(refused('frozen already, by ana'))
    expect((await waits(stage, sha, 'unfreeze')).weight).toBe(250)
    await stage.askApp('unfreeze')
    expect(await stage.ended(sha)).toMatchObject({ outcome: 'promoted' })
    await stage.askApp('freeze')
    const later = await stage.push()
    await until(
      async () => (await stage.state()).head === later,
      () => 'the push was not seen',
    )
    expect(stage.releaseOf(later)).toBeUndefined()
    await stage.askApp('unfreeze')
    const { outcome, transitions } = await stage.ended(later)
    expect(outcome).toBe('promoted')
    expect(transitions[0]?.message).toMatch(/^waited until the App was unfrozen: ana had frozen it at 20/)
    expect(JSON.stringify(stage.releaseOf(sha)?.transitions)).not.toContain('waited until')
    await stage.close({ serves: later })
  })
})

describe('traffic that a person took by hand', () => {
  it('stays as they left it; the watch finds it, the pods go, and the commit is not tried again by itself', async () => {
    const { stage, first } = await stableStage(temporal)
    const sha = await stage.push({}, gated('before: 25'))
    await waits(stage, sha, 'approval')
    const canary = stage.releaseOf(sha)?.revision
    expect(revisionsOf(stage)).toContain(canary)
    const { hosts = [], stable = '' } = stage.world.gateway.route(stage.app) ?? {}
    const weights = [{ revision: stable, weight: 1000 }]
    const note = 'taken by bo: everything else was down'
    await stage.platform.traffic.write({
      app: stage.app,
      hosts,
      weights,
      epoch: { seq: 3, n: 0 },
      stable,
      note,
    })
    expect(await stage.ended(sha)).toMatchObject({
      outcome: 'aborted',
      weight: 0,
      message: expect.stringContaining('everything else was down'),
    })
    expect(revisionsOf(stage)).not.toContain(canary)
    await stage.say(sha, 'again')
    const next = await stage.push()
    expect(await stage.ended(next)).toMatchObject({ outcome: 'promoted', release: { seq: 4 } })
    expect(stage.served()).not.toHaveProperty(first)
    await stage.close({ serves: next })
  })
})

describe('an App', () => {
  it('tries a rejected commit again when it is asked to', async () => {
    const { stage } = await stableStage(temporal)
    const sha = await stage.push({ errors: 0.5 })
    const { release } = await stage.ended(sha)
    await stage.rejected(sha)
    stage.world.plan(sha, { errors: 0 })
    await stage.askApp('retry', { release })
    await stage.release(sha, ({ outcome }) => outcome === 'promoted')
    expect(stage.releaseOf(sha)).toMatchObject({ cause: 'retry', by: 'ana', release: { seq: 3 } })
    await expect(stage.askApp('retry', { release })).rejects.toThrow()
    await stage.stopWork()
  })

  it('goes back to a revision that served, and stays there', async () => {
    const { stage, first } = await stableStage(temporal)
    const second = await stage.push()
    await stage.ended(second)
    await expect(stage.askApp('rollback', { to: 'shop-9' })).rejects.toMatchObject(refused('none of those'))
    await stage.askApp('rollback', { reason: 'slow at night' })
    await until(
      () => stage.served()[first] === 1000,
      () => JSON.stringify(stage.served()),
    )
    await stage.say(second, 'again')
    await until(
      async () => {
        const { stable, active } = await stage.state()
        return stable?.sha === first && !active
      },
      () => 'it did not settle',
    )
    expect(stage.served()).toEqual({ [first]: 1000 })
    expect(stage.world.gateway.failed(stage.app)).toBe(0)
    const third = await stage.push()
    expect(await stage.ended(third)).toMatchObject({ outcome: 'promoted' })
    await stage.stopWork()
  })

  it('that goes back leaves no push without an outcome', async () => {
    const { stage, first } = await stableStage(temporal)
    const second = await stage.push()
    await stage.ended(second)
    await stage.askApp('freeze')
    const third = await stage.push()
    await until(
      async () => (await stage.state()).head === third,
      () => 'the push was not seen',
    )
    await stage.askApp('rollback')
    expect(await stage.ended(third)).toMatchObject({ outcome: 'aborted' })
    await stage.askApp('unfreeze')
    await until(
      () => stage.served()[first] === 1000,
      () => JSON.stringify(stage.served()),
    )
    await stage.stopWork()
  })

  it('moves all traffic at once when its strategy says so, and back', async () => {
    const { stage, first } = await stableStage(temporal)
    const steps = / {4}steps: .*\n/
    const blueGreen = `${manifestOf('strategy: blue-green').replace(steps, '')}\n  route: {preview: [next.example.com]}\n`
    const bad = await stage.push({ errors: 0.5 }, blueGreen)
    expect(await stage.ended(bad)).toMatchObject({ outcome: 'rolled-back' })
    const good = await stage.push({}, blueGreen)
    expect(await stage.ended(good)).toMatchObject({ outcome: 'promoted' })
    expect(stage.weightsOf(good)).toEqual([0, 1000, 1000])
    expect(stage.served()).not.toHaveProperty(first)
    await stage.close({ serves: good })
  })
})

const revisionsOf = ({ world }: Stage): readonly string[] =>
  [...world.revisions.values()].map(({ revision }) => revision.name)
