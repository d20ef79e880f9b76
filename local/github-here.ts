// The local GitHub as this machine has it: where it listens, who its people are, and Slipway as an App of it.
import { readFileSync } from 'node:fs'
import { addresses, network } from './addresses.ts'
import { apply, kubectlOf } from './cluster/kubectl.ts'
import type { GithubOptions } from './github/server.ts'
import { githubAppId, githubKey, paths, secretFiles } from './paths.ts'
import type { Home } from './road.ts'
import { type State, updateState } from './state.ts'

const port = Number(new URL(addresses.github).port)

/** Builds and Slipway reach it by the bridge, people by loopback. */
export const githubHere = (): GithubOptions => ({
  listen: [
    { host: network.host, port },
    { host: '127.0.0.1', port },
  ],
  root: paths.github,
  webhook: { url: `${addresses.api}/webhooks/github`, secret: secretIn(secretFiles.webhook) },
  app: { id: githubAppId, privateKey: readFileSync(githubKey, 'utf8') },
  users: { ana: secretIn(secretFiles.githubAna), bo: secretIn(secretFiles.githubBo) },
})

const secretIn = (file: string): string => readFileSync(file, 'utf8').trim()

/** From the next start of its programs on, Slipway is this GitHub's App; or is not any more. */
export const joinGithub = (joined: boolean): void =>
  updateState(({ github: _, ...state }) => ({ ...state, ...(joined && { github: true }) }))

/** The repository that the demo pushes to. */
export const demoRepository = 'acme/store'

/** The demo's App, whose commits lie there. */
export function githubHome({ kubectl }: State): Home {
  const [owner = '', name = ''] = demoRepository.split('/')
  const app = appFrom('default', name, `${addresses.github}/${demoRepository}.git`)
  return {
    name,
    remote: `${addresses.githubLocal}/${owner}`,
    tokenFile: secretFiles.githubAna,
    prepare: () => apply(kubectlOf(kubectl), [app]),
  }
}

/** What `kubectl apply` would be given: only the cluster says where an App's commits come from. */
export const appFrom = (namespace: string, name: string, repository: string) => ({
  apiVersion: 'slipway.dev/v1beta1',
  kind: 'App',
  metadata: { namespace, name },
  spec: { source: { repository, branch: 'main' } },
})
