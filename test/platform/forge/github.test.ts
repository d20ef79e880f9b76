// What the GitHub driver makes of a commit: the contract, what GitHub is sent, and what it does when GitHub fails or grants less.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { RateLimited } from '../../../domain/failure.ts'
import type { Foresight } from '../../../domain/foresight.ts'
import { pagePath, type ReleaseStatus } from '../../../domain/release.ts'
import { checkRun } from '../../../platform/forge/check-run.ts'
import { gitHubForge } from '../../../platform/forge/github.ts'
import type { Forge, Told } from '../../../platform/platform.ts'
import { forgeContract } from '../../contract/forge.ts'
import { littleGitHub } from '../github/server.ts'
import { sendJson } from '../http-server.ts'
import { fullName, type OnLocalGitHub, onLocalGitHub } from './local-github.ts'
import { app, aRelease, ended, moved, rollingOut, start, waiting } from './status.ts'

forgeContract('GitHub', onLocalGitHub)

let on: OnLocalGitHub
const newStage = async () => {
  await on?.close()
  on = await onLocalGitHub()
}
beforeAll(newStage)
afterAll(() => on.close())
afterEach(() => on.github.calm())

/** One release's statuses, of a commit that is there. */
async function life<Statuses extends readonly ReleaseStatus[]>(...statuses: Statuses): Promise<Statuses> {
  const sha = await on.newCommit()
  return statuses.map((one) => ({
    ...one,
    release: { ...one.release, sha },
  })) as readonly ReleaseStatus[] as Statuses
}

/** Tells one after the other, each with what the one before returned. */
async function tell(statuses: readonly ReleaseStatus[], told?: Told, forge: Forge = on.forge) {
  let last = told
  for (const status of statuses) last = await forge.tell(on.repository, status, last)
  return last
}

const runsOf = ({ release }: ReleaseStatus) => on.github.checkRuns(fullName, release.sha)
const deploymentsOf = ({ release }: ReleaseStatus) =>
  on.github.deployments(fullName).filter(({ sha }) => sha === release.sha)
const stateOf = ({ statuses }: Record<string, unknown>) => (statuses as { state: string }[]).at(-1)?.state
const asked = (from: number, part = '') =>
  on.github
    .calls()
    .slice(from)
    .filter(({ path }) => path.includes(part))

const linked = () =>
  on.forgeWith({
    page: (release) => `https://slipway.example${pagePath(release)}`,
    address: async () => 'https://shop.example.com',
  })

describe('a check run', () => {
  test('says all that GitHub can show, in one write for each status', async () => {
    const [first, ...rest] = await life(
      aRelease(7, { phase: 'pending' }),
      aRelease(7, { phase: 'building', message: 'building' }),
      rollingOut(7),
      ended(7, 'promoted', 'it is promoted'),
    )
    const before = on.github.calls().length
    await tell([first, ...rest], undefined, linked())
    expect(runsOf(first)).toMatchObject([
      {
        name: 'slipway / shop',
        head_sha: first.release.sha,
        external_id: `release/default/shop/7-${first.release.sha.slice(0, 7)}`,
        details_url: 'https://slipway.example/releases/default/shop-7',
        started_at: '2026-01-01T00:00:00Z',
        completed_at: '2026-01-01T00:10:00Z',
        output: { title: 'Promoted: it is promoted' },
      },
    ])
    const writes = asked(before, 'check-runs').filter(({ method }) => method !== 'GET')
    expect(writes.map(({ method }) => method)).toEqual(['POST', 'PATCH', 'PATCH', 'PATCH'])
  })

  test('costs nothing while nothing changes', async () => {
    const [status] = await life(waiting(8))
    const told = await tell([status])
    const before = on.github.calls().length
    expect(await tell([status], told)).toEqual(told)
    expect(asked(before)).toEqual([])
  })

  test('carries all problems of the file, each once, wherever it was broken off', async () => {
    const problems = Array.from({ length: 120 }, (_, line) => `slipway.yaml:${line + 1}:3 spec: no`)
    const message = `120 problems\n${problems.join('\n')}`
    const [reading, failed] = await life(
      aRelease(9),
      aRelease(9, { phase: 'done', outcome: 'failed', message }),
    )
    const told = await tell([reading])
    let patches = 0
    const breaking = on.forgeWith({}, (url, init) => {
      if (init?.method === 'PATCH') patches += 1
      return patches === 3 ? Promise.reject(new Error('broken off')) : fetch(url, init)
    })
    await expect(tell([failed], told, breaking)).rejects.toThrow('broken off')
    const id = Number(runsOf(failed)[0]?.id)
    expect(on.github.annotations(fullName, id)).toHaveLength(50)
    await tell([failed], told)
    expect(on.github.annotations(fullName, id).map((one) => one.start_line)).toEqual(
      problems.map((_, line) => line + 1),
    )
  })

  test('is made again when somebody removed it', async () => {
    const github = await littleGitHub(({ method, path }, response) => {
      if (path.endsWith('/check-runs') && method === 'POST')
        sendJson(response, 201, { id: 2, status: 'in_progress', conclusion: null })
      else if (path.includes('/commits/')) sendJson(response, 200, { check_runs: [] })
    })
    const forge = gitHubForge(github.client)
    const before: Told = { check: { id: 1, says: 'something else' }, refused: ['deployments'] }
    expect(await forge.tell(github.repository, rollingOut(7), before)).toMatchObject({ check: { id: 2 } })
    await github.close()
  })

  test('is made again once, also when the answer to that was lost', async () => {
    const status = rollingOut(7)
    const made: object[] = []
    const again = {
      external_id: checkRun(status).external_id,
      app: { id: 12 },
      status: 'in_progress',
      conclusion: null,
    }
    const github = await littleGitHub(({ method, path }, response) => {
      if (path.endsWith('/check-runs') && method === 'POST') {
        made.push({ ...again, id: 2 + made.length })
        sendJson(response, 502, {})
      } else if (path.includes('approve')) sendJson(response, 200, { check_runs: [] })
      else if (path.includes('/commits/')) sendJson(response, 200, { check_runs: made })
      else if (path.endsWith('/check-runs/2')) sendJson(response, 200, made[0])
    })
    const forge = gitHubForge(github.client)
    const before: Told = { check: { id: 1, says: 'something else' }, refused: ['deployments'] }
    await expect(forge.tell(github.repository, status, before)).rejects.toThrow('502')
    expect(await forge.tell(github.repository, status, before)).toMatchObject({ check: { id: 2 } })
    expect(made).toHaveLength(1)
    await github.close()
  })

  test('is found among very many by the same name, which others use too', async () => {
    const status = rollingOut(7)
    const { external_id } = checkRun(status)
    const all = Array.from({ length: 150 }, (_, id) => ({
      id,
      external_id: id === 120 || id === 140 ? external_id : `${id}`,
      app: { id: id === 140 ? 13 : 12 },
    }))
    const github = await littleGitHub(({ path }, response) => {
      if (path.endsWith('/check-runs/120'))
        sendJson(response, 200, { id: 120, status: 'in_progress', conclusion: null })
      else if (path.includes('approve')) sendJson(response, 200, { check_runs: [] })
      else if (path.endsWith('&page=1')) sendJson(response, 200, { check_runs: all.slice(0, 100) })
      else if (path.endsWith('&page=2')) sendJson(response, 200, { check_runs: all.slice(100) })
    })
    const told = await gitHubForge(github.client).tell(github.repository, status, {
      refused: ['deployments'],
    })
    expect(told.check).toMatchObject({ id: 120 })
    await github.close()
  })
})

test('what GitHub calls stale still learns how it ended', async () => {
  const status = ended(7, 'promoted', 'it is promoted')
  const { external_id } = checkRun(status)
  const stale = { id: 1, external_id, status: 'completed', conclusion: 'stale', app: { id: 12 } }
  const github = await littleGitHub(({ method, path }, response) => {
    if (method === 'PATCH') sendJson(response, 200, { ...stale, conclusion: 'success' })
    else if (path.includes('/commits/'))
      sendJson(response, 200, { check_runs: path.includes('approve') ? [] : [stale] })
  })
  const told = await gitHubForge(github.client).tell(github.repository, status, { refused: ['deployments'] })
  expect(told.check).toMatchObject({ id: 1, ended: true })
  expect(github.paths().filter((path) => path.startsWith('PATCH'))).toEqual([
    'PATCH /repos/acme/shop/check-runs/1',
  ])
  await github.close()
})

describe('a gate’s check run', () => {
  test('is found by the release and the gate', async () => {
    const [status] = await life(waiting(10))
    await tell([status])
    const [check, question] = runsOf(status)
    expect(question?.external_id).toBe(`${check?.external_id}/approve/before-50`)
  })

  test('asks on while a pause is what the release tells first', async () => {
    const waitingForResume = { for: 'resume', message: 'paused by bo', since: start } as const
    const [before, paused] = await life(waiting(11), waiting(11, { waiting: waitingForResume }))
    await tell([before, paused])
    expect(runsOf(before)[1]).toMatchObject({ conclusion: 'action_required' })
  })

  test('tells who approved', async () => {
    const opened = moved('rolling-out', 50, 'before-50 is open: approved by ana', 120_000)
    const transitions = [...rollingOut(12).transitions, opened]
    const [before, after] = await life(waiting(12), rollingOut(12, { transitions }))
    await tell([before, after])
    expect(runsOf(before)[1]).toMatchObject({
      conclusion: 'success',
      completed_at: '2026-01-01T00:02:00Z',
      output: { title: 'before-50 is open: approved by ana' },
    })
  })
})

describe('a deployment', () => {
  test('is in production, merges nothing, waits for nothing, and says where to look', async () => {
    const [building, running, more, promoted] = await life(
      aRelease(13, { phase: 'building' }),
      rollingOut(13),
      rollingOut(13, { weight: 100 }),
      ended(13, 'promoted', 'it is promoted'),
    )
    const forge = linked()
    const told = await tell([building], undefined, forge)
    expect(deploymentsOf(building)).toEqual([])
    await tell([running, more, promoted], told, forge)
    expect(deploymentsOf(building)).toMatchObject([
      {
        environment: 'default/shop',
        production_environment: true,
        transient_environment: false,
        payload: { release: `release/default/shop/13-${building.release.sha.slice(0, 7)}` },
        statuses: [
          { state: 'in_progress' },
          {
            state: 'success',
            environment_url: 'https://shop.example.com',
            log_url: 'https://slipway.example/releases/default/shop-13',
            description: 'it is promoted',
          },
        ],
      },
    ])
  })

  test('has no address where the App answers to many', async () => {
    const [status] = await life(rollingOut(24))
    await tell([status], undefined, on.forgeWith({ address: async () => 'https://*.example.com' }))
    expect(deploymentsOf(status)).toMatchObject([{ statuses: [{ environment_url: '' }] }])
  })

  test('leaves alone what another program put there', async () => {
    const [status] = await life(ended(14, 'promoted', 'it is promoted'))
    const github = await littleGitHub(({ method, path }, response) => {
      if (path.includes('/commits/')) sendJson(response, 200, { check_runs: [] })
      else if (path.endsWith('/check-runs'))
        sendJson(response, 201, { id: 1, status: 'completed', conclusion: 'success' })
      else if (path.endsWith('/deployments') && method === 'POST')
        sendJson(response, 201, { id: 9, payload: {} })
      else if (path.includes('/deployments?'))
        sendJson(
          response,
          200,
          ['not JSON', '"text"', 'null', { of: 'others' }].map((payload, id) => ({ id, payload })),
        )
      else if (path.includes('/statuses')) sendJson(response, 200, [{ state: 'success' }])
    })
    await gitHubForge(github.client).tell(github.repository, status)
    expect(github.paths().filter((path) => /POST .*\/statuses/.test(path))).toEqual([
      'POST /repos/acme/shop/deployments/9/statuses',
    ])
    await github.close()
  })
})

test('two Slipways that release the same commit leave each other’s checks and deployments alone', async () => {
  const [running, asking, promoted] = await life(
    rollingOut(25),
    waiting(25),
    ended(25, 'promoted', 'so it is'),
  )
  const others = await on.anothersForge()
  await tell([running, asking])
  await tell([running, asking, promoted], undefined, others)
  const conclusions = () => runsOf(running).map(({ conclusion }) => conclusion)
  const states = () => deploymentsOf(running).map(stateOf)
  expect(conclusions()).toEqual([null, 'action_required', 'success', 'success'])
  expect(states()).toEqual(['in_progress', 'success'])
  await tell([promoted])
  expect(conclusions()).toEqual(['success', 'success', 'success', 'success'])
  const [next] = await life(ended(26, 'promoted', 'so it is'))
  await tell([next])
  expect(states()).toEqual(['inactive', 'success'])
})

test('a deployment that an earlier version made, without the App’s number, is ours', async () => {
  const [status] = await life(ended(27, 'promoted', 'so it is'))
  const { external_id: release } = checkRun(status)
  const github = await littleGitHub(({ method, path }, response) => {
    if (path.includes('/deployments?')) sendJson(response, 200, [{ id: 9, payload: { release } }])
    else if (path.includes('/deployments/9/statuses'))
      sendJson(response, method === 'POST' ? 201 : 200, [{ state: 'in_progress' }])
  })
  const told = await gitHubForge(github.client).tell(github.repository, status, {
    check: { id: 1, says: '', ended: true },
    approvals: {},
  })
  expect(told.deployment).toEqual({ id: 9, says: 'success', ended: true })
  await github.close()
})

describe('what is not granted', () => {
  // The tests above have used up what an installation may write in a minute.
  beforeAll(newStage)

  test('checks: a commit status says it, without the numbers that change all the time', async () => {
    const [reading, running, more, back] = await life(
      aRelease(15),
      rollingOut(15),
      rollingOut(15, { weight: 60 }),
      ended(15, 'rolled-back', 'it failed more often'),
    )
    on.github.disturb({ denied: ['checks'] })
    const told = await tell([reading, running, more])
    expect(told?.refused).toEqual(['checks'])
    await tell([back], told)
    const said = on.github.statuses(fullName, reading.release.sha)
    expect(said.map(({ state, description, context }) => [state, description, context])).toEqual([
      ['pending', 'reading slipway.yaml', 'slipway/shop'],
      ['pending', 'watching 5%', 'slipway/shop'],
      ['failure', 'rolled-back: it failed more often', 'slipway/shop'],
    ])
  })

  test('checks any more: a commit status goes on, and the check is closed if they are granted again', async () => {
    const [asking, more, even, back] = await life(
      waiting(28),
      rollingOut(28, { message: 'watching 10%' }),
      rollingOut(28, { message: 'watching 20%' }),
      ended(28, 'rolled-back', 'it failed more often'),
    )
    const told = await tell([asking])
    on.github.disturb({ denied: ['checks'] })
    const withdrawn = await tell([more, even], told)
    const stillWithdrawn = await tell([back], withdrawn)
    expect(stillWithdrawn).toMatchObject({ refused: ['checks'], status: { ended: true } })
    expect(runsOf(back)).toMatchObject([{ conclusion: null }, { conclusion: 'action_required' }])
    on.github.calm()
    await tell([back], withdrawn)
    expect(runsOf(back)).toMatchObject([
      { conclusion: 'failure', output: { title: 'Rolled back: it failed more often' } },
      { conclusion: 'cancelled', actions: [] },
    ])
    const said = on.github.statuses(fullName, back.release.sha)
    expect(said.map(({ state }) => state)).toEqual(['pending', 'pending', 'failure', 'failure'])
  })

  test('deployments: they are left out, and not asked for again', async () => {
    const [running, promoted] = await life(rollingOut(16), ended(16, 'promoted', 'it is promoted'))
    on.github.disturb({ denied: ['deployments'] })
    const before = on.github.calls().length
    const told = await tell([running, promoted])
    expect(told?.refused).toEqual(['deployments'])
    expect(runsOf(running)).toMatchObject([{ conclusion: 'success' }])
    expect(asked(before, 'deployments')).toHaveLength(1)
  })
})

describe('the plan of a pull request', () => {
  const refused = (why: string): Foresight => ({ kind: 'refused', why })
  const foretell = (sha: string, foresight: Foresight, forge: Forge = on.forge) =>
    forge.foretell(on.repository, { app, sha, at: start, foresight })
  const plansOn = (sha: string) => on.github.checkRuns(fullName, sha)

  test('has each problem at its line, once, however often it is told', async () => {
    const sha = await on.newCommit()
    const why =
      '2 problems\nslipway.yaml:7:5 spec.run.prot: unknown key\nslipway.yaml:9:1 spec.rum: unknown key'
    await foretell(sha, refused(why))
    await foretell(sha, refused(why))
    const [plan, ...others] = plansOn(sha)
    expect(others).toEqual([])
    expect(plan).toMatchObject({ external_id: `plan/default/shop/${sha}`, conclusion: 'failure' })
    expect(on.github.annotations(fullName, Number(plan?.id))).toMatchObject([
      { path: 'slipway.yaml', start_line: 7, start_column: 5 },
      { path: 'slipway.yaml', start_line: 9 },
    ])
  })

  test('that ends otherwise leaves the problems of before behind', async () => {
    const sha = await on.newCommit()
    await foretell(sha, { kind: 'fork' })
    await foretell(sha, refused('slipway.yaml:7:5 spec.run.prot: unknown key'))
    expect(plansOn(sha).map(({ conclusion }) => conclusion)).toEqual(['neutral', 'failure'])
    await foretell(sha, refused('slipway.yaml:7:5 spec.run.prot: unknown key'))
    expect(plansOn(sha)).toHaveLength(2)
  })

  test('is no release’s: its own check is found beside it', async () => {
    const [status] = await life(rollingOut(30))
    await foretell(status.release.sha, refused('slipway.yaml is missing'))
    await tell([status])
    await tell([status])
    expect(runsOf(status).map(({ name }) => name)).toEqual(['slipway / shop / plan', 'slipway / shop'])
  })

  test('is a commit status where checks are not granted', async () => {
    const sha = await on.newCommit()
    on.github.disturb({ denied: ['checks'] })
    await foretell(sha, refused('slipway.yaml:7:5 spec.run.prot: unknown key'))
    expect(on.github.statuses(fullName, sha)).toMatchObject([
      { state: 'failure', context: 'slipway/shop/plan' },
    ])
  })
})

describe('people', () => {
  test('are asked for by what they are called, and nothing else', async () => {
    const before = on.github.calls().length
    expect(await on.forge.permission(on.repository, '../../installation?x=')).toBe('none')
    const [call] = asked(before, 'collaborators')
    expect(call?.path).toContain('/collaborators/..%2F..%2Finstallation%3Fx%3D/permission')
  })
})

describe('on a bad day', () => {
  // And again.
  beforeAll(newStage)

  test.each(['/check-runs', '/deployments', '/statuses'])(
    'a lost answer to POST %s makes nothing twice',
    async (path) => {
      const [status] = await life(rollingOut(17))
      on.github.disturb({ api: { status: 502, times: 1, method: 'POST', path, after: true } })
      await expect(tell([status])).rejects.toThrow('502')
      await tell([status])
      expect(runsOf(status)).toHaveLength(1)
      expect(deploymentsOf(status)).toMatchObject([{ statuses: [{ state: 'in_progress' }] }])
    },
  )

  test('a key that is revoked and given back delays the word, and loses none', async () => {
    const [status] = await life(ended(18, 'promoted', 'it is promoted'))
    const forge = on.forgeWith({})
    on.github.disturb({ keyRevoked: true })
    await expect(tell([status], undefined, forge)).rejects.toThrow("the App's key")
    on.github.calm()
    await tell([status], undefined, forge)
    expect(runsOf(status)).toMatchObject([{ conclusion: 'success' }])
  })

  test('a limit is told with its time', async () => {
    const [status] = await life(rollingOut(19))
    on.github.disturb({ api: { status: 429, times: 1, retryAfter: 2 } })
    const error = await tell([status], undefined, on.forgeWith({})).catch((failure: unknown) => failure)
    expect(error).toBeInstanceOf(RateLimited)
    expect(error).toMatchObject({ retryAfter: 2000 })
  })
})
