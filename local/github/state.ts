// What this GitHub remembers: people, Apps, where those are installed, repositories and what was said of their commits.
import { randomUUID } from 'node:crypto'

export type Permission = 'admin' | 'write' | 'read' | 'none'
export type Level = 'read' | 'write'
export type Permissions = Readonly<Record<string, Level>>
export type Json = Readonly<Record<string, unknown>>

export interface User {
  readonly id: number
  readonly login: string
  readonly type: 'User' | 'Organization'
}

export interface App {
  readonly id: number
  readonly clientId: string
  readonly slug: string
  readonly name: string
  readonly owner: User
  readonly externalUrl: string
  readonly permissions: Permissions
  readonly events: readonly string[]
  readonly createdAt: string
  privateKey: string
  webhookSecret: string
  /** Where its webhook goes; undefined: nowhere. */
  webhookUrl: string | undefined
}

export interface Installation {
  readonly id: number
  readonly app: App
  readonly account: User
  readonly createdAt: string
}

export interface Repository {
  readonly id: number
  readonly owner: User
  name: string
  readonly createdAt: string
  /** By login. */
  readonly permissions: Map<string, Permission>
  readonly checkSuites: CheckSuite[]
  readonly checkRuns: CheckRun[]
  readonly deployments: Deployment[]
  readonly statuses: CommitStatus[]
  readonly pulls: Pull[]
}

export interface CheckSuite {
  readonly id: number
  readonly sha: string
  readonly branch: string | null
  readonly app: App
  readonly createdAt: string
}

export interface Action {
  readonly label: string
  readonly description: string
  readonly identifier: string
}

export interface CheckRun {
  readonly id: number
  readonly suite: CheckSuite
  readonly sha: string
  name: string
  externalId: string
  detailsUrl: string
  status: string
  conclusion: string | null
  startedAt: string
  completedAt: string | null
  title: string | null
  summary: string | null
  text: string | null
  readonly annotations: Json[]
  actions: readonly Action[]
}

export interface Deployment {
  readonly id: number
  readonly app: App
  readonly sha: string
  readonly ref: string
  readonly task: string
  readonly environment: string
  readonly payload: unknown
  readonly description: string | null
  readonly transient: boolean
  readonly production: boolean
  readonly createdAt: string
  updatedAt: string
  readonly statuses: DeploymentStatus[]
}

export interface DeploymentStatus {
  readonly id: number
  readonly state: string
  readonly description: string
  readonly environment: string
  readonly environmentUrl: string
  readonly logUrl: string
  readonly createdAt: string
}

export interface CommitStatus {
  readonly id: number
  readonly app: App
  readonly sha: string
  readonly state: string
  readonly context: string
  readonly description: string | null
  readonly targetUrl: string | null
  readonly createdAt: string
}

/** A branch that is offered to another. */
export interface Pull {
  readonly id: number
  readonly number: number
  readonly branch: string
  readonly base: string
  readonly baseSha: string
  readonly by: User
  readonly draft: boolean
  /** The number of the copy that the branch is in; undefined: it is in the repository itself. */
  readonly fork: number | undefined
  sha: string
}

export interface State {
  /** Where people and git find it: `http://127.0.0.1:40123`. */
  url: string
  /** Where bare repositories lie: `<root>/acme/shop.git`. */
  readonly root: string
  readonly now: () => number
  readonly users: Map<string, User>
  /** The login of whoever holds this token. */
  readonly userTokens: Map<string, string>
  readonly apps: App[]
  readonly installations: Installation[]
  readonly repositories: Repository[]
  /** Where requests for a repository's old name are sent. */
  readonly renamed: Map<string, Repository>
  /** Apps that somebody agreed to, by the code that is changed for their key. */
  readonly offers: Map<string, { readonly app: App; readonly until: number }>
  readonly nextId: () => number
}

export function emptyState(root: string, now: () => number): State {
  let id = 1000
  return {
    url: '',
    root,
    now,
    users: new Map(),
    userTokens: new Map(),
    apps: [],
    installations: [],
    repositories: [],
    renamed: new Map(),
    offers: new Map(),
    nextId: () => {
      id += 1
      return id
    },
  }
}

export const apiOf = ({ url }: State): string => `${url}/api/v3`
export const fullNameOf = ({ owner, name }: Repository): string => `${owner.login}/${name}`

/** GitHub's times have whole seconds. */
export const timeOf = (milliseconds: number): string =>
  new Date(milliseconds).toISOString().replace(/\.\d+/, '')

export const nodeId = (kind: string, id: number): string =>
  Buffer.from(`0:${kind}${id}`).toString('base64url')

export function userNamed(state: State, login: string, type: User['type'] = 'User'): User {
  const known = state.users.get(login)
  if (known) return known
  const user = { id: state.nextId(), login, type }
  state.users.set(login, user)
  return user
}

export const repositoryNamed = (state: State, fullName: string): Repository | undefined =>
  state.repositories.find((one) => fullNameOf(one).toLowerCase() === fullName.toLowerCase())

export const installationOf = (
  state: State,
  app: App,
  { owner }: Pick<Repository, 'owner'>,
): Installation | undefined =>
  state.installations.find((one) => one.app === app && one.account.login === owner.login)

/** What a push or a check run belongs to: one for each commit and App. */
export function suiteOf(
  state: State,
  repository: Repository,
  about: { readonly sha: string; readonly branch: string | null; readonly app: App },
): CheckSuite {
  const known = repository.checkSuites.find(({ sha, app }) => sha === about.sha && app === about.app)
  if (known) return known
  const suite = { id: state.nextId(), createdAt: timeOf(state.now()), ...about }
  repository.checkSuites.push(suite)
  return suite
}

export const newGuid = (): string => randomUUID()
