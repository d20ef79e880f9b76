// Pull requests: somebody offers a branch to another, and the App is told of it, and of each push that follows.
import { accountShown } from './accounts.ts'
import { commitAt, folderOf } from './commits.ts'
import type { Sends } from './operation.ts'
import { payloadOf } from './payload.ts'
import { repositoryShown } from './repositories.ts'
import {
  apiOf,
  fullNameOf,
  type Json,
  nodeId,
  type Pull,
  type Repository,
  type State,
  timeOf,
  type User,
  userNamed,
} from './state.ts'

export interface NewPull {
  readonly branch: string
  /** `main` when absent. */
  readonly base?: string
  readonly login: string
  /** The branch is one of the login's own copy of the repository: its commit can be seen here as well. */
  readonly fork?: boolean
  readonly draft?: boolean
}

/** Returns its number. */
export async function openPull(
  parts: Sends,
  repository: Repository,
  { branch, base = 'main', login, fork = false, draft = false }: NewPull,
): Promise<number> {
  const { state } = parts
  const by = userNamed(state, login)
  const baseSha = await shaAt(state, repository, base)
  const sha = await shaAt(state, repository, branch)
  const number = repository.pulls.length + 1
  const copy = fork ? state.nextId() : undefined
  const pull: Pull = { id: state.nextId(), number, branch, base, baseSha, by, draft, sha, fork: copy }
  repository.pulls.push(pull)
  tell(parts, repository, pull, { action: 'opened', sender: by })
  return number
}

/** Of a branch that was pushed to. A fork's is another repository's. */
export function synchronizePulls(
  parts: Sends,
  repository: Repository,
  push: { readonly branch: string; readonly before: string; readonly after: string; readonly sender: User },
): void {
  const { branch, before, after, sender } = push
  for (const pull of repository.pulls.filter((one) => one.branch === branch && one.fork === undefined)) {
    pull.sha = after
    tell(parts, repository, pull, { action: 'synchronize', sender, before, after })
  }
}

async function shaAt(state: State, repository: Repository, branch: string): Promise<string> {
  const sha = await commitAt(folderOf(state, repository), `refs/heads/${branch}`)
  if (sha) return sha
  throw new Error(`${fullNameOf(repository)} has no branch ${branch} on the local GitHub; push it first`)
}

interface Happened {
  readonly action: 'opened' | 'synchronize'
  readonly sender: User
  readonly before?: string
  readonly after?: string
}

function tell(
  { state, webhooks }: Sends,
  repository: Repository,
  pull: Pull,
  { sender, ...happened }: Happened,
): void {
  const pull_request = pullShown(state, repository, pull)
  for (const { app } of state.installations.filter(({ account }) => account === repository.owner)) {
    webhooks.send(app, 'pull_request', {
      ...happened,
      number: pull.number,
      pull_request,
      ...payloadOf(state, repository, app, sender),
    })
  }
}

function pullShown(state: State, repository: Repository, pull: Pull): Json {
  const { id, number, by, base, draft } = pull
  const now = timeOf(state.now())
  const places = placesOf(state, repository, pull)
  return {
    ...places,
    ...quiet,
    id,
    node_id: nodeId('PullRequest', id),
    number,
    state: 'open',
    title: `Offer ${pull.branch}`,
    user: accountShown(state, by),
    created_at: now,
    updated_at: now,
    draft,
    head: headShown(state, repository, pull),
    base: endShown(state, repository.owner, { ref: base, sha: pull.baseSha, repo: here(state, repository) }),
    _links: linksOf(places),
  }
}

/** What nobody did. */
const quiet = {
  locked: false,
  body: null,
  closed_at: null,
  merged_at: null,
  merge_commit_sha: null,
  assignee: null,
  assignees: [],
  requested_reviewers: [],
  requested_teams: [],
  labels: [],
  milestone: null,
  author_association: 'CONTRIBUTOR',
  auto_merge: null,
  active_lock_reason: null,
  merged: false,
  mergeable: null,
  rebaseable: null,
  mergeable_state: 'unknown',
  merged_by: null,
  comments: 0,
  review_comments: 0,
  maintainer_can_modify: false,
  commits: 1,
  additions: 1,
  deletions: 0,
  changed_files: 1,
} as const

function placesOf(state: State, repository: Repository, { number, sha }: Pull) {
  const html = `${state.url}/${fullNameOf(repository)}/pull/${number}`
  const api = `${apiOf(state)}/repos/${fullNameOf(repository)}`
  const url = `${api}/pulls/${number}`
  return {
    url,
    html_url: html,
    diff_url: `${html}.diff`,
    patch_url: `${html}.patch`,
    issue_url: `${api}/issues/${number}`,
    commits_url: `${url}/commits`,
    review_comments_url: `${url}/comments`,
    review_comment_url: `${api}/pulls/comments{/number}`,
    comments_url: `${api}/issues/${number}/comments`,
    statuses_url: `${api}/statuses/${sha}`,
  }
}

const linksOf = (places: ReturnType<typeof placesOf>): Json => ({
  self: { href: places.url },
  html: { href: places.html_url },
  issue: { href: places.issue_url },
  comments: { href: places.comments_url },
  review_comments: { href: places.review_comments_url },
  review_comment: { href: places.review_comment_url },
  commits: { href: places.commits_url },
  statuses: { href: places.statuses_url },
})

function headShown(state: State, repository: Repository, { branch, sha, by, fork }: Pull): Json {
  const repo = here(state, repository)
  if (fork === undefined) return endShown(state, repository.owner, { ref: branch, sha, repo })
  const copy = { id: fork, fork: true, full_name: `${by.login}/${repository.name}` }
  return endShown(state, by, { ref: branch, sha, repo: { ...repo, ...copy } })
}

const here = (state: State, repository: Repository): Json => ({
  ...repositoryShown(state, repository),
  custom_properties: {},
})

const endShown = (
  state: State,
  owner: User,
  end: { readonly ref: string; readonly sha: string; readonly repo: Json },
): Json => ({ ...end, label: `${owner.login}:${end.ref}`, user: accountShown(state, owner) })
