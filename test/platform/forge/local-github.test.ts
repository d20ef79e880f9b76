// The GitHub driver against the local GitHub, which holds every request to what GitHub publishes: the contract, and GitHub's bad days.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { RateLimited } from '../../../domain/failure.ts'
import type { ReleaseStatus } from '../../../domain/release.ts'
import type { Disturbance } from '../../../local/github/faults.ts'
import { gitHubForge } from '../../../platform/forge/github.ts'
import { gitHub } from '../../../platform/github/client.ts'
import type { Told } from '../../../platform/platform.ts'
import { type ForgeSetup, forgeContract, people } from '../../contract/forge.ts'
import { anaToken, type Stage, stage, withToken } from '../../local/github/stage.ts'
import { ended, rollingOut } from './status.ts'

const fullName = 'acme/till'

async function onLocalGitHub(): Promise<ForgeSetup & Pick<Stage, 'github'>> {
  const { github, commit, git, close } = await stage()
  const { cloneUrl } = await github.createRepository(fullName, { permissions: people })
  const { id: appId, privateKey } = github.app
  const client = gitHub({ url: github.apiUrl, appId, key: () => privateKey })
  let commits = 0
  return {
    github,
    forge: gitHubForge(client, {
      page: () => 'https://slipway.example/',
      address: async () => 'https://till.example',
    }),
    repository: cloneUrl,
    newCommit: async () => {
      commits += 1
      const sha = await commit('number', String(commits))
      await git('push', '--quiet', withToken(cloneUrl, anaToken), 'HEAD:main')
      return sha
    },
    checks: async (sha) =>
      github.checkRuns(fullName, sha).map(({ name, conclusion, output, actions }) => ({
        name: String(name),
        ...(conclusion !== null && { conclusion: String(conclusion) }),
        title: (output as { title: string }).title,
        buttons: (actions as { identifier: string }[]).map(({ identifier }) => identifier),
      })),
    deployments: async () =>
      github.deployments(fullName).map(({ sha, environment, statuses }) => ({
        sha: String(sha),
        environment: String(environment),
        state: (statuses as { state: string }[]).at(-1)?.state ?? '',
      })),
    close: async () => {
      expect(github.violations()).toEqual([])
      await close()
    },
  }
}

forgeContract('GitHub', onLocalGitHub)

describe('on a bad day', () => {
  let on: Awaited<ReturnType<typeof onLocalGitHub>>
  beforeAll(async () => {
    on = await onLocalGitHub()
  })
  afterAll(() => on.close())
  afterEach(() => on.github.calm())

  const at = async (status: ReleaseStatus): Promise<ReleaseStatus> => ({
    ...status,
    release: { ...status.release, sha: await on.newCommit() },
  })
  const tell = (status: ReleaseStatus, told?: Told) => on.forge.tell(on.repository, status, told)
  const lost = (path: string): Disturbance => ({
    api: { status: 502, times: 1, method: 'POST', path, after: true },
  })

  test.each(['/check-runs', '/deployments', '/statuses'])(
    'an answer to POST %s that is lost makes nothing twice',
    async (path) => {
      const status = await at(rollingOut(20))
      on.github.disturb(lost(path))
      await expect(tell(status)).rejects.toThrow('502')
      await tell(status)
      expect(await on.checks(status.release.sha)).toHaveLength(1)
      expect((await on.deployments()).filter(({ sha }) => sha === status.release.sha)).toMatchObject([
        { state: 'in_progress' },
      ])
    },
  )

  test('a key that is revoked and replaced delays the word, and loses none', async () => {
    const status = await at(rollingOut(21))
    on.github.disturb({ keyRevoked: true })
    await expect(on.forge.readToken(`${new URL(on.repository).origin}/acme/shop`)).rejects.toThrow(
      "the App's key",
    )
    on.github.calm()
    await tell({ ...ended(21, 'promoted', 'all is well'), release: status.release })
    expect(await on.checks(status.release.sha)).toMatchObject([{ conclusion: 'success' }])
  })

  test('without checks a commit status says it', async () => {
    const status = await at(rollingOut(22))
    on.github.disturb({ denied: ['checks'] })
    const told = await tell(status)
    expect(told.refused).toEqual(['checks'])
    await tell({ ...ended(22, 'rolled-back', 'it failed more often'), release: status.release }, told)
    expect(on.github.statuses(fullName, status.release.sha).map(({ state }) => state)).toEqual([
      'pending',
      'failure',
    ])
  })

  // The last one: what is asked within its second is refused.
  test('a limit is told with its time', async () => {
    const status = await at(rollingOut(23))
    on.github.disturb({ api: { status: 429, times: 1, retryAfter: 1 } })
    await expect(tell(status)).rejects.toThrow(RateLimited)
  })
})
