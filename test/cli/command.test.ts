// The verbs with which people steer: what each asks of whom, how it is answered, and how it is refused.
import { describe, expect, it } from 'vitest'
import { Exit, exitCodes } from '../../cli/exit.ts'
import { anApp, aRelease, slipway, startedAt } from './screen.ts'

const yes = { accepted: true, message: 'so be it' }
const world = { releases: [aRelease()], apps: [anApp()], answer: yes }

describe('a release that runs', () => {
  it.each(['approve', 'pause', 'resume', 'promote', 'abort'])(
    '%s creates one Command in the name of the caller, and shows the answer',
    async (verb) => {
      const { code, out, commands } = await slipway([verb, 'shop-7', '--reason', 'wrong price'], world)
      expect(code).toBe(exitCodes.ok)
      expect(commands).toEqual([{ release: 'shop-7', verb, reason: 'wrong price', by: 'ana' }])
      expect(out).toBe('shop-7: so be it\nFollow it: slipway watch shop-7\n')
    },
  )

  it('is approved at the gate that is named', async () => {
    const { commands } = await slipway(['approve', 'shop-7', '--gate', 'before-50'], world)
    expect(commands).toMatchObject([{ release: 'shop-7', verb: 'approve', step: 'before-50' }])
  })

  it('is found by its App, and without a name when it is the only one', async () => {
    const ended = aRelease({ name: 'site-2', phase: 'done', outcome: 'promoted' })
    const releases = [ended, aRelease()]
    expect((await slipway(['pause', 'shop'], { ...world, releases })).commands).toMatchObject([
      { release: 'shop-7' },
    ])
    expect((await slipway(['pause'], { ...world, releases })).commands).toMatchObject([{ release: 'shop-7' }])
  })

  it('is not guessed when several run', async () => {
    const releases = [aRelease({ name: 'site-2' }), aRelease()]
    const { code, err, commands } = await slipway(['abort'], { ...world, releases })
    expect(code).toBe(exitCodes.usage)
    expect(err).toContain('several releases run: site-2, shop-7\nName one: slipway abort site-2')
    expect(commands).toEqual([])
  })

  it.each([
    [['abort', 'shop-8'], world, 'no release and no App named "shop-8"'],
    [['abort'], { ...world, releases: [] }, 'no release runs in namespace default'],
  ])('that is not there is not asked: %j', async (args, there, says) => {
    const { code, err, commands } = await slipway(args, there)
    expect(code).toBe(exitCodes.notFound)
    expect(err).toContain(says)
    expect(commands).toEqual([])
  })
})

describe('going back and trying again', () => {
  it.each([
    [['rollback', 'shop-7'], { release: 'shop-7', verb: 'rollback' }],
    [['rollback', 'shop'], { app: 'shop', verb: 'rollback' }],
    [['rollback', '--app', 'shop'], { app: 'shop', verb: 'rollback' }],
    [['rollback', '--app', 'shop', '--to', 'shop-3'], { app: 'shop', verb: 'rollback', to: 'shop-3' }],
    [['retry', 'shop-7'], { release: 'shop-7', verb: 'retry' }],
    [['retry', 'shop'], { app: 'shop', verb: 'retry' }],
    [['retry', '--app', 'shop'], { app: 'shop', verb: 'retry' }],
  ])('%j', async (args, asked) => {
    const { code, out, commands } = await slipway(args, world)
    expect(code).toBe(exitCodes.ok)
    expect(commands).toEqual([{ ...asked, reason: '', by: 'ana' }])
    // The release that begins has no name yet: its App has.
    expect(out).toContain('Follow it: slipway watch shop\n')
  })

  it.each([
    [['rollback'], exitCodes.usage, 'rollback needs a release or an App'],
    [['retry', 'shop-7', '--app', 'shop'], exitCodes.usage, 'retry needs a release or an App, and not both'],
    [['rollback', 'shop-7', '--to', 'shop-3'], exitCodes.usage, 'slipway rollback --app shop --to WHAT'],
    [['rollback', '--app', 'shp'], exitCodes.notFound, 'The Apps: shop.'],
    [['retry', 'shop-8'], exitCodes.notFound, 'shop-7'],
  ])('%j is refused before anything is asked', async (args, expected, says) => {
    const { code, err, commands } = await slipway(args, world)
    expect(code).toBe(expected)
    expect(err).toContain(says)
    expect(commands).toEqual([])
  })
})

describe('an App', () => {
  it.each(['freeze', 'unfreeze'])('%s', async (verb) => {
    const { code, out, commands } = await slipway([verb, 'shop', '--reason', 'holidays'], world)
    expect(code).toBe(exitCodes.ok)
    expect(commands).toEqual([{ app: 'shop', verb, reason: 'holidays', by: 'ana' }])
    expect(out).toContain('shop: so be it\nSee it: slipway status shop')
  })

  it('that is not there is not asked', async () => {
    const { code, commands } = await slipway(['freeze', 'shp'], world)
    expect(code).toBe(exitCodes.notFound)
    expect(commands).toEqual([])
  })

  it('says that it is frozen, by whom and why', async () => {
    const frozen = { by: 'ana', reason: 'holidays', since: startedAt }
    const { out } = await slipway(['status', 'shop'], { ...world, apps: [anApp({ frozen })] })
    expect(out).toContain('frozen   by ana for 40s: holidays')
  })
})

describe('the answer', () => {
  const no = { accepted: false, message: 'it is promoted already; rollback returns to what was before' }

  it('that is a refusal ends with code 1 and its sentence', async () => {
    const { code, out, err } = await slipway(['abort', 'shop-7'], { ...world, answer: no })
    expect(code).toBe(exitCodes.error)
    expect(out).toBe('')
    expect(err).toContain(`cannot abort shop-7: ${no.message}\n`)
  })

  it('says once what cannot be', async () => {
    const answer = { accepted: false, message: 'cannot pause: it is paused already, by bo' }
    const { err } = await slipway(['pause', 'shop-7'], { ...world, answer })
    expect(err).toContain('slipway: cannot pause shop-7: it is paused already, by bo\n')
  })

  it('is one JSON document, also when it is a refusal', async () => {
    const asked = ['freeze', 'shop', '--json']
    const command = { command: 'shop-freeze-x1', app: 'shop', verb: 'freeze', reason: '', by: 'ana' }
    const { code, out } = await slipway(asked, world)
    expect([code, JSON.parse(out)]).toEqual([exitCodes.ok, { ...command, ...yes }])
    const refused = await slipway(asked, { ...world, answer: no })
    expect([refused.code, JSON.parse(refused.out)]).toEqual([exitCodes.error, { ...command, ...no }])
  })

  it('that does not come in time ends with code 4, and names the Command that stands', async () => {
    const { answer: _, ...silent } = world
    const { code, err } = await slipway(['abort', 'shop-7', '--timeout', '10ms'], silent)
    expect(code).toBe(exitCodes.timedOut)
    expect(err).toContain('kubectl get command shop-7-abort-x1')
    expect(err).toContain('slipway abort --direct')
  })

  it.each([
    ['promote', 'slipway-admin'],
    ['approve', 'slipway-approver'],
    ['pause', 'slipway-developer'],
  ])('of the API server that denies %s names the role that has it', async (verb, role) => {
    const denied = new Exit(exitCodes.denied, `cannot ${verb} shop-7: forbidden`)
    const cluster = { command: async () => Promise.reject(denied) }
    const { code, err } = await slipway([verb, 'shop-7'], { ...world, cluster })
    expect(code).toBe(exitCodes.denied)
    expect(err).toContain(`cannot ${verb} shop-7: forbidden\nWho may ${verb} has the role ${role}`)
  })
})
