// What the GitHub driver makes of a commit, on a real server: one check, one deployment, a question at each gate, whatever is lost between.
import { afterEach, describe, expect, it } from 'vitest'
import type { ReleaseStatus } from '../../../domain/release.ts'
import { type GitHubForgeOptions, gitHubForge } from '../../../platform/forge/github.ts'
import type { Told } from '../../../platform/platform.ts'
import { commitsOnGitHub } from './server.ts'
import { aRelease, ended, moved, rollingOut, start, waiting } from './status.ts'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function commits(options: GitHubForgeOptions = {}) {
  const github = await commitsOnGitHub()
  closing.push(github.close)
  const forge = gitHubForge(github.client, options)
  /** Tells one after the other, each with what the one before returned. */
  const tell = async (statuses: readonly ReleaseStatus[], told?: Told) => {
    let last = told
    for (const status of statuses) last = await forge.tell(github.repository, status, last)
    return last
  }
  const writes = () =>
    github.paths().filter((path) => !path.startsWith('GET') && !path.endsWith('/access_tokens'))
  return { ...github, forge, tell, writes }
}

describe('a release’s check run', () => {
  it('is created once and follows it to its end', async () => {
    const { tell, kept, writes } = await commits({ page: () => 'https://slipway.example/shop-7' })
    await tell([
      aRelease(7, { phase: 'pending' }),
      aRelease(7, { phase: 'building', message: 'building' }),
      rollingOut(7),
      ended(7, 'promoted', 'it is promoted'),
    ])
    expect(kept.runs).toHaveLength(1)
    expect(kept.runs[0]).toMatchObject({
      name: 'slipway / shop',
      head_sha: aRelease(7).release.sha,
      external_id: `release/default/shop/7-${aRelease(7).release.sha.slice(0, 7)}`,
      details_url: 'https://slipway.example/shop-7',
      status: 'completed',
      conclusion: 'success',
      started_at: '2026-01-01T00:00:00Z',
      completed_at: '2026-01-01T00:10:00Z',
      output: { title: 'Promoted: it is promoted' },
      actions: [{ identifier: 'rollback' }],
    })
    expect(writes().filter((path) => path.includes('check-runs'))).toHaveLength(4)
  })

  it('costs nothing while nothing changes', async () => {
    const { tell, asked } = await commits()
    const told = await tell([rollingOut(7)])
    const before = asked.length
    expect(await tell([rollingOut(7)], told)).toEqual(told)
    expect(asked).toHaveLength(before)
  })

  it('is found again when what was told is lost', async () => {
    const { tell, kept } = await commits()
    await tell([rollingOut(6)])
    await tell([rollingOut(7)])
    await tell([rollingOut(7, { weight: 100 })])
    expect(kept.runs.map(({ output }) => output.title.split(' ')[0])).toEqual(['5%', '10%'])
  })

  it('never changes how it ended', async () => {
    const { tell, kept } = await commits()
    const told = await tell([ended(7, 'rolled-back', 'it failed more often')])
    await tell([ended(7, 'promoted', 'or not'), rollingOut(7)], told)
    await tell([rollingOut(7)])
    expect(kept.runs).toMatchObject([{ conclusion: 'failure', status: 'completed' }])
  })

  it('is made again when it was removed', async () => {
    const { tell, kept } = await commits()
    const told = await tell([rollingOut(7)])
    kept.runs.splice(0)
    await tell([ended(7, 'promoted', 'it is promoted')], told)
    expect(kept.runs).toMatchObject([{ conclusion: 'success' }])
  })

  it('is another one for another release of the same commit', async () => {
    const { tell, kept } = await commits()
    const [first, again] = [ended(7, 'failed', 'it cannot be built'), ended(8, 'promoted', 'it is promoted')]
    await tell([first])
    await tell([{ ...again, release: { ...again.release, sha: first.release.sha } }])
    expect(kept.runs.map(({ conclusion }) => conclusion)).toEqual(['failure', 'success'])
  })

  it('carries all problems of the file, fifty at a time, each once', async () => {
    const { tell, kept, writes } = await commits()
    const problems = Array.from({ length: 120 }, (_, line) => `slipway.yaml:${line + 1}:3 spec: no`)
    const failed = aRelease(7, {
      phase: 'done',
      outcome: 'failed',
      message: `120 problems\n${problems.join('\n')}`,
    })
    const before = await tell([aRelease(7)])
    kept.refuse = (method) => (method === 'PATCH' && writes().length > 3 ? [502, 'nobody'] : undefined)
    await expect(tell([failed], before)).rejects.toThrow('502')
    expect(kept.runs[0]?.output.annotations).toHaveLength(50)
    kept.refuse = () => undefined
    await tell([failed], before)
    expect(kept.runs[0]?.output.annotations.map((one: { start_line: number }) => one.start_line)).toEqual(
      problems.map((_, line) => line + 1),
    )
  })
})

describe('a gate’s check run', () => {
  const approved = moved('rolling-out', 50, 'before-50 is open: approved by ana', 120_000)

  it('asks, with its buttons, and says how it was answered', async () => {
    const { tell, kept } = await commits()
    const told = await tell([waiting(7)])
    expect(kept.runs[1]).toMatchObject({
      name: 'slipway / shop / approve',
      external_id: `${kept.runs[0]?.external_id}/approve/before-50`,
      status: 'completed',
      conclusion: 'action_required',
      output: { title: 'waits for 1 approval of ana' },
      actions: [{ identifier: 'approve' }, { identifier: 'abort' }],
    })
    await tell([rollingOut(7, { transitions: [...rollingOut(7).transitions, approved] })], told)
    expect(kept.runs).toHaveLength(2)
    expect(kept.runs[1]).toMatchObject({
      conclusion: 'success',
      output: { title: 'before-50 is open: approved by ana' },
      actions: [],
    })
  })

  it('asks on while a pause is what the release tells first', async () => {
    const { tell, kept } = await commits()
    const told = await tell([waiting(7)])
    const paused = { for: 'resume', message: 'paused by bo', since: start } as const
    await tell([waiting(7, { waiting: paused })], told)
    expect(kept.runs[1]).toMatchObject({ conclusion: 'action_required' })
  })

  it('is cancelled when the release ends another way, also after a loss', async () => {
    const { tell, kept } = await commits()
    await tell([waiting(7)])
    await tell([ended(7, 'aborted', 'aborted by bo')])
    expect(kept.runs.map(({ conclusion }) => conclusion)).toEqual(['cancelled', 'cancelled'])
  })
})

describe('a commit status', () => {
  it('takes the place of checks that are not granted, without numbers', async () => {
    const { tell, kept, paths } = await commits()
    kept.refuse = (_, path) =>
      path.includes('check-runs') ? [403, 'Resource not accessible by integration'] : undefined
    const told = await tell([aRelease(7), rollingOut(7), rollingOut(7, { weight: 60 })])
    await tell([ended(7, 'promoted', 'it is promoted')], told)
    expect(kept.statuses.map(({ state, description, context }) => [state, description, context])).toEqual([
      ['pending', 'reading slipway.yaml', 'slipway/shop'],
      ['pending', 'watching 5%', 'slipway/shop'],
      ['success', 'promoted: it is promoted', 'slipway/shop'],
    ])
    expect(told?.refused).toEqual(['checks'])
    expect(paths().filter((path) => path.includes('check-runs'))).toHaveLength(1)
  })
})

describe('a deployment', () => {
  const statesOf = (kept: Awaited<ReturnType<typeof commits>>['kept']) =>
    kept.deployments.map(({ id }) => (kept.states.get(id) ?? []).map(({ state }) => state).toReversed())

  it('begins with the pods, in production, merging and waiting for nothing', async () => {
    const { tell, kept } = await commits({
      page: () => 'https://slipway.example/shop-7',
      address: async () => 'https://shop.example.com',
    })
    const told = await tell([aRelease(7, { phase: 'building' })])
    expect(kept.deployments).toEqual([])
    await tell([rollingOut(7), rollingOut(7, { weight: 100 }), ended(7, 'promoted', 'it is promoted')], told)
    expect(kept.deployments).toMatchObject([
      {
        ref: aRelease(7).release.sha,
        auto_merge: false,
        required_contexts: [],
        environment: 'default/shop',
        production_environment: true,
      },
    ])
    expect(statesOf(kept)).toEqual([['in_progress', 'success']])
    expect([...kept.states.values()][0]?.[0]).toMatchObject({
      environment_url: 'https://shop.example.com',
      log_url: 'https://slipway.example/shop-7',
      description: 'it is promoted',
    })
  })

  it('makes those before it inactive, and only those of ours that served', async () => {
    const { tell, kept } = await commits()
    await tell([ended(5, 'promoted', 'it is promoted')])
    await tell([ended(6, 'rolled-back', 'it failed more often')])
    kept.deployments.push({ id: 1, environment: 'default/shop', payload: 'not ours' })
    kept.states.set(1, [{ state: 'success' }])
    await tell([ended(7, 'promoted', 'it is promoted')])
    expect(statesOf(kept)).toEqual([['success', 'inactive'], ['failure'], ['success'], ['success']])
  })

  it('is found again after a loss, and stays as it ended', async () => {
    const { tell, kept } = await commits()
    await tell([rollingOut(7)])
    await tell([rollingOut(7)])
    await tell([ended(7, 'promoted', 'it is promoted')])
    await tell([ended(8, 'promoted', 'it is promoted')])
    await tell([ended(7, 'promoted', 'it is promoted')])
    expect(statesOf(kept)).toEqual([['in_progress', 'success', 'inactive'], ['success']])
  })

  it('is left out where it is not granted', async () => {
    const { tell, kept, paths } = await commits()
    kept.refuse = (_, path) =>
      path.includes('deployments') ? [403, 'Resource not accessible by integration'] : undefined
    const told = await tell([rollingOut(7), ended(7, 'promoted', 'it is promoted')])
    expect(told?.refused).toEqual(['deployments'])
    expect(kept.runs).toMatchObject([{ conclusion: 'success' }])
    expect(paths().filter((path) => path.includes('deployments'))).toHaveLength(1)
  })
})

describe('people', () => {
  it.each([
    ['admin', 'admin'],
    ['write', 'write'],
    ['read', 'read'],
    ['none', 'none'],
    [undefined, 'none'],
  ])('who have %s there may %s', async (permission, expected) => {
    const { forge, kept, repository } = await commits()
    if (permission) kept.permissions.set('ana', permission)
    expect(await forge.permission(repository, 'ana')).toBe(expected)
  })

  it('are asked for by what they are called, and nothing else', async () => {
    const { forge, repository, paths } = await commits()
    expect(await forge.permission(repository, '../../installation?x=')).toBe('none')
    expect(paths().at(-1)).toContain('/collaborators/..%2F..%2Finstallation%3Fx%3D/permission')
  })
})

it('a token for reading reads contents and nothing else', async () => {
  const { forge, repository, asked } = await commits()
  expect(await forge.readToken(repository)).toMatch(/^ghs_/)
  const made = asked.find(({ url }) => url.endsWith('/access_tokens'))
  expect(JSON.parse(made?.body ?? '').permissions).toEqual({ contents: 'read' })
})
