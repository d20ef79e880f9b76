// The GitHub driver on the local GitHub, which holds every request to what GitHub publishes.
import { expect } from 'vitest'
import type { Github } from '../../../local/github/server.ts'
import { type GitHubForgeOptions, gitHubForge } from '../../../platform/forge/github.ts'
import { gitHub } from '../../../platform/github/client.ts'
import { type ForgeSetup, people } from '../../contract/forge.ts'
import { anaToken, anotherApp, type Identity, stage, withToken } from '../../local/github/stage.ts'

export const fullName = 'acme/till'

export interface OnLocalGitHub extends ForgeSetup {
  readonly github: Github
  /** Another driver for it. */
  readonly forgeWith: (options: GitHubForgeOptions, send?: typeof fetch) => ForgeSetup['forge']
  /** The driver of another Slipway, which is another App there. */
  readonly anothersForge: () => Promise<ForgeSetup['forge']>
}

export async function onLocalGitHub(): Promise<OnLocalGitHub> {
  const { github, ask, commit, git, close } = await stage()
  const { cloneUrl } = await github.createRepository(fullName, { permissions: people })
  const clientOf = ({ id: appId, privateKey }: Identity, send = fetch) =>
    gitHub({ url: github.apiUrl, appId, key: () => privateKey, fetch: send })
  const forgeWith: OnLocalGitHub['forgeWith'] = (options, send) =>
    gitHubForge(clientOf(github.app, send), options)
  let commits = 0
  return {
    github,
    forgeWith,
    anothersForge: async () => gitHubForge(clientOf(await anotherApp({ github, ask }))),
    forge: forgeWith({}),
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
