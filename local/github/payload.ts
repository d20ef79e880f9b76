// What webhooks tell beside their own matter: where it happened, who did it, through which installation; commits and suites.
import { accountShown, appShown } from './accounts.ts'
import { type Commit, loginOf } from './commits.ts'
import { repositoryShown } from './repositories.ts'
import {
  type App,
  apiOf,
  type CheckSuite,
  fullNameOf,
  installationOf,
  type Json,
  nodeId,
  type Repository,
  type State,
  type User,
} from './state.ts'

/** Whoever did it: a person, or the App itself. */
export type Sender = User | App

export function payloadOf(state: State, repository: Repository, app: App, sender: Sender): Json {
  const { owner } = repository
  const id = installationOf(state, app, repository)?.id
  return {
    repository: { ...repositoryShown(state, repository), custom_properties: {} },
    ...(owner.type === 'Organization' ? { organization: organizationShown(state, owner) } : {}),
    sender: senderShown(state, sender),
    installation: id === undefined ? undefined : { id, node_id: nodeId('Installation', id) },
  }
}

function organizationShown(state: State, { id, login }: User): Json {
  const api = `${apiOf(state)}/orgs/${login}`
  return {
    login,
    id,
    node_id: nodeId('Organization', id),
    url: api,
    repos_url: `${api}/repos`,
    events_url: `${api}/events`,
    hooks_url: `${api}/hooks`,
    issues_url: `${api}/issues`,
    members_url: `${api}/members{/member}`,
    public_members_url: `${api}/public_members{/member}`,
    avatar_url: `${state.url}/avatars/${login}`,
    description: '',
  }
}

export function senderShown(state: State, sender: Sender): Json {
  if ('login' in sender) return accountShown(state, sender)
  const login = `${sender.slug}[bot]`
  return { ...accountShown(state, { id: sender.id, login, type: 'User' }), type: 'Bot' }
}

export interface SuiteState {
  readonly status: string
  readonly conclusion: string | null
  readonly before: string | null
}

export function checkSuiteShown(
  state: State,
  repository: Repository,
  suite: CheckSuite,
  now: SuiteState,
): Json {
  const { id, sha, branch, app } = suite
  return {
    id,
    node_id: nodeId('CheckSuite', id),
    head_branch: branch,
    head_sha: sha,
    ...now,
    after: sha,
    url: `${apiOf(state)}/repos/${fullNameOf(repository)}/check-suites/${id}`,
    pull_requests: [],
    app: appShown(state, app),
    created_at: suite.createdAt,
    updated_at: suite.createdAt,
  }
}

/** A commit, as pushes tell it. */
export function pushedCommit(state: State, repository: Repository, commit: Commit): Json {
  const { author, committer } = commit
  const person = (one: Commit['author']) => {
    const username = loginOf(state, one)
    return { name: one.name, email: one.email, ...(username === undefined ? {} : { username }) }
  }
  return {
    id: commit.sha,
    tree_id: commit.tree,
    distinct: true,
    message: commit.message,
    timestamp: committer.date,
    url: `${state.url}/${fullNameOf(repository)}/commit/${commit.sha}`,
    author: person(author),
    committer: person(committer),
    added: commit.added,
    removed: commit.removed,
    modified: commit.modified,
  }
}
