// People decide: who may open a gate and who may not, on the real API server's word, while the gateway holds the canary where it is.
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { kubectl, outcomeOf, release, releases, until } from './lab.ts'
import { type People, people } from './people.ts'
import { alwaysWhole, heldNow, revisionOf, type Subject, served, subjects, weightsGiven } from './subject.ts'

const { opened, close } = subjects()
let everybody: People
beforeAll(async () => {
  everybody = await people()
})
afterAll(async () => {
  await Promise.all([close(), everybody?.leave()])
})

const steps = [
  { weight: 20, for: '2s' },
  { weight: 50, for: '2s' },
  { weight: 100, for: '2s' },
]

const done = { code: 0, stderr: '' }
/** Time for people. */
const slow = [{ weight: 20, for: '3m' }, ...steps.slice(1)]

describe.concurrent('a gate', () => {
  test('opens for an approver who neither pushed nor wrote the commit, and for nobody else', async ({
    expect,
  }) => {
    const subject = await opened({ name: 'lock', release: { steps } })
    const [ana, bo] = await Promise.all([everybody.person('ana'), everybody.person('bo')])
    await Promise.all([everybody.give(ana, 'developer'), everybody.give(bo, 'approver')])
    await allow(subject, {
      gates: [{ before: 50, approvers: ['ana', 'bo'], notPusher: true }],
      people: {
        ana: ['user:ana', 'email:ana@example.com'],
        bo: ['user:bo', 'email:bo@example.com'],
      },
    })
    const begun = Date.now()
    const sha = await subject.push({ version: 2 })
    const { name, waiting } = await waitsFor(subject, sha, 'approval')
    expect(waiting).toMatchObject({ gate: 'before-50' })

    const asDeveloper = await ana.slipway('approve', name)
    expect(asDeveloper).toMatchObject({ code: 7 })
    expect(asDeveloper.stderr).toMatch(/may not approve release .*slipway-approver/s)
    await everybody.give(ana, 'approver')
    const asAuthor = await ana.slipway('approve', name)
    expect(asAuthor).toMatchObject({ code: 1 })
    expect(asAuthor.stderr).toContain('pushed or wrote this commit')
    expect(await ana.slipway('watch', name, '--until-approval')).toMatchObject({ code: 5 })
    expect(weightsGiven(subject, sha)).toEqual([200])

    const before = Date.now()
    expect(await bo.slipway('approve', name, '--reason', 'the prices are right')).toMatchObject(done)
    expect(await served(subject, sha, 500)).toBeGreaterThanOrEqual(before)
    expect(await outcomeOf(subject.app, sha)).toMatchObject({ outcome: 'promoted' })
    expect(weightsGiven(subject, sha)).toEqual([200, 500, 1000])
    const { stdout } = await ana.slipway('why', name)
    expect(stdout.replace(/\s+/g, ' ')).toContain('before-50 approved by bo: the prices are right')
    expect(stdout).not.toContain('approved by ana')
    expect(alwaysWhole(subject)).toBe(true)
    expect(subject.since(begun).failures).toEqual({})
  })

  test('that waits keeps nobody from seeing: a canary that turns bad meanwhile is taken back', async ({
    expect,
  }) => {
    const gates = [{ before: 50, approvers: ['bo'] }]
    const subject = await opened({ name: 'weir', release: { steps, gates } })
    const sha = await subject.push({ version: 2 })
    const { name } = await waitsFor(subject, sha, 'approval')
    expect(subject.since(0).failures).toEqual({})
    // As when all its pods are lost: the gateway has nobody to send its share to.
    await kubectl('scale', 'deployment', await revisionOf(subject.app, sha), '--replicas=0', '-n', 'default')
    const broken = Date.now()
    expect(await outcomeOf(subject.app, sha)).toMatchObject({
      outcome: 'rolled-back',
      message: expect.stringMatching(/requests failed/),
    })
    expect(weightsGiven(subject, sha)).toEqual([200, 0])
    expect(subject.since(broken).versions['1']?.failed).toBe(0)

    const settled = Date.now()
    await until('fifty more requests', 20_000, () =>
      subject.since(settled).requests >= 50 ? true : undefined,
    )
    expect(subject.since(settled).failures).toEqual({})
    const bo = await everybody.person('bo')
    expect(await bo.slipway('approve', name)).toMatchObject({ code: 1 })
  })
})

describe.concurrent('a release', () => {
  test('is held and let go by a developer, promoted by an administrator, and by nobody else', async ({
    expect,
  }) => {
    const subject = await opened({ name: 'pilot', release: { steps: slow } })
    const [ana, kim] = await Promise.all([everybody.person('ana'), everybody.person('kim')])
    await Promise.all([everybody.give(ana, 'developer'), everybody.give(kim, 'admin')])
    const sha = await subject.push({ version: 2 })
    await served(subject, sha, 200)
    const { name } = await release(subject.app, sha, ({ weight }) => weight > 0)

    expect(await ana.slipway('pause', name, '--reason', 'lunch')).toMatchObject(done)
    await waitsFor(subject, sha, 'resume')
    expect(await ana.slipway('pause', name)).toMatchObject({ code: 1 })
    const forced = await ana.slipway('promote', name)
    expect(forced).toMatchObject({ code: 7, stderr: expect.stringContaining('slipway-admin') })
    expect(await ana.slipway('resume', name)).toMatchObject(done)
    expect(weightsGiven(subject, sha)).toEqual([200])

    expect(await kim.slipway('promote', name, '--reason', 'it is urgent')).toMatchObject(done)
    expect(await outcomeOf(subject.app, sha)).toMatchObject({ outcome: 'promoted' })
    expect(weightsGiven(subject, sha)).toEqual([200, 1000])
    expect(alwaysWhole(subject)).toBe(true)
    expect(subject.since(0).failures).toEqual({})
  })

  test('is aborted by a developer, and not by a stranger', async ({ expect }) => {
    const subject = await opened({ name: 'buoy', release: { steps: slow } })
    const [ana, stranger] = await Promise.all([everybody.person('ana'), everybody.person('nobody')])
    await everybody.give(ana, 'developer')
    const sha = await subject.push({ version: 2 })
    await served(subject, sha, 200)
    const { name } = await release(subject.app, sha, ({ weight }) => weight > 0)
    expect(await stranger.slipway('abort', name)).toMatchObject({ code: 7 })
    expect(heldNow(subject, sha)).toBe(200)
    expect(await ana.slipway('abort', name, '--reason', 'wrong colour')).toMatchObject(done)
    const aborted = await outcomeOf(subject.app, sha)
    expect(aborted).toMatchObject({ outcome: 'aborted', message: expect.stringMatching(/ana.*wrong colour/) })
    expect(weightsGiven(subject, sha)).toEqual([200, 0])
    expect(await ana.slipway('resume', name)).toMatchObject({ code: 1 })
    expect(alwaysWhole(subject)).toBe(true)
    expect(subject.since(0).failures).toEqual({})
  })

  test('does not begin while its App is frozen; it begins when the App is not, and its story is told', async ({
    expect,
  }) => {
    const subject = await opened({ name: 'floe', release: { steps } })
    const kim = await everybody.person('kim')
    await everybody.give(kim, 'admin')
    const { app } = subject
    expect(await kim.slipway('freeze', app, '--reason', 'holidays')).toMatchObject(done)
    const sha = await subject.push({ version: 2 })
    await until('the push to wait', 20_000, async () =>
      (await statusOf(app)).waiting === sha ? true : undefined,
    )
    await sleep(5_000)
    expect((await releases(app)).filter(({ spec }) => spec.sha === sha)).toEqual([])
    expect((await kim.slipway('status', app)).stdout).toMatch(/frozen {3}by kim .*holidays/)
    expect(weightsGiven(subject, sha)).toEqual([])

    expect(await kim.slipway('unfreeze', app)).toMatchObject(done)
    const { name } = await outcomeOf(app, sha)
    expect(await outcomeOf(app, sha)).toMatchObject({ outcome: 'promoted' })
    const { stdout: history } = await kim.slipway('history', app)
    expect(history).toContain(`${name}  promoted`)
    expect(history.indexOf(name)).toBeLessThan(history.indexOf(`${app}-1`))
    const { stdout: why } = await kim.slipway('why', name)
    expect(why.replace(/\s+/g, ' ')).toMatch(
      /waited until the App was unfrozen: kim had frozen it at \S+: holidays/,
    )
    expect(subject.since(0).failures).toEqual({})
  })
})

/** What the cluster allows the App's pushes from now on. */
const allow = ({ app }: Subject, policy: object) =>
  kubectl(
    'patch',
    'apps.slipway.dev',
    app,
    '-n',
    'default',
    '--type=merge',
    '-p',
    JSON.stringify({ spec: { policy } }),
  )

const waitsFor = ({ app }: Subject, sha: string, what: string) =>
  release(app, sha, ({ waiting }) => waiting?.for === what)

async function statusOf(app: string) {
  const found = await kubectl('get', 'apps.slipway.dev', app, '-n', 'default', '-o', 'json')
  return (JSON.parse(found) as { status?: { waiting?: string } }).status ?? {}
}
