// Repositories, as GitHub's API shows them: what they are, their branches and commits, and who may do what there.
import { accountShown } from './accounts.ts'
import {
  type Change,
  type Commit,
  changesOf,
  commitAt,
  commitShown,
  commitsOf,
  countOf,
  folderOf,
  mergeBaseOf,
} from './commits.ts'
import { type Call, type Operations, ok, repositoryOf } from './operation.ts'
import { notFound, Refusal } from './refusal.ts'
import { apiOf, fullNameOf, type Json, nodeId, type Repository, type State } from './state.ts'

export const repositoryOperations: Operations = {
  'repos/get': {
    needs: ['metadata', 'read'],
    answer: (call) => {
      const repository = repositoryOf(call)
      return ok({ ...repositoryShown(call.state, repository), network_count: 0, subscribers_count: 0 })
    },
  },
  'repos/get-branch': { needs: ['contents', 'read'], answer: branch },
  'repos/get-commit': { needs: ['contents', 'read'], answer: commit },
  'repos/compare-commits-with-basehead': { needs: ['contents', 'read'], answer: compare },
  'repos/get-collaborator-permission-level': { needs: ['metadata', 'read'], answer: permission },
}

export function repositoryShown(state: State, repository: Repository): Json {
  const fullName = fullNameOf(repository)
  const api = `${apiOf(state)}/repos/${fullName}`
  const html = `${state.url}/${fullName}`
  return {
    id: repository.id,
    node_id: nodeId('Repository', repository.id),
    name: repository.name,
    full_name: fullName,
    owner: accountShown(state, repository.owner),
    private: true,
    html_url: html,
    description: null,
    fork: false,
    url: api,
    ...addressesBelow(api),
    git_url: `git://${new URL(html).host}/${fullName}.git`,
    ssh_url: `git@${new URL(html).hostname}:${fullName}.git`,
    clone_url: `${html}.git`,
    svn_url: html,
    mirror_url: null,
    homepage: null,
    language: null,
    license: null,
    created_at: repository.createdAt,
    updated_at: repository.createdAt,
    pushed_at: repository.createdAt,
    ...counts,
    ...features,
    default_branch: 'main',
    visibility: 'private',
    topics: [],
  }
}

const counts = {
  size: 0,
  forks: 0,
  forks_count: 0,
  stargazers_count: 0,
  watchers: 0,
  watchers_count: 0,
  open_issues: 0,
  open_issues_count: 0,
} as const

const features = {
  has_issues: true,
  has_projects: false,
  has_downloads: false,
  has_wiki: false,
  has_pages: false,
  has_discussions: false,
  archived: false,
  disabled: false,
  allow_forking: false,
  is_template: false,
  web_commit_signoff_required: false,
} as const

const below: Readonly<Record<string, string>> = {
  forks: 'forks',
  keys: 'keys{/key_id}',
  collaborators: 'collaborators{/collaborator}',
  teams: 'teams',
  hooks: 'hooks',
  issue_events: 'issues/events{/number}',
  events: 'events',
  assignees: 'assignees{/user}',
  branches: 'branches{/branch}',
  tags: 'tags',
  blobs: 'git/blobs{/sha}',
  git_tags: 'git/tags{/sha}',
  git_refs: 'git/refs{/sha}',
  trees: 'git/trees{/sha}',
  statuses: 'statuses/{sha}',
  languages: 'languages',
  stargazers: 'stargazers',
  contributors: 'contributors',
  subscribers: 'subscribers',
  subscription: 'subscription',
  commits: 'commits{/sha}',
  git_commits: 'git/commits{/sha}',
  comments: 'comments{/number}',
  issue_comment: 'issues/comments{/number}',
  contents: 'contents/{+path}',
  compare: 'compare/{base}...{head}',
  merges: 'merges',
  archive: '{archive_format}{/ref}',
  downloads: 'downloads',
  issues: 'issues{/number}',
  pulls: 'pulls{/number}',
  milestones: 'milestones{/number}',
  notifications: 'notifications{?since,all,participating}',
  labels: 'labels{/name}',
  releases: 'releases{/id}',
  deployments: 'deployments',
}

const addressesBelow = (api: string): Json =>
  Object.fromEntries(Object.entries(below).map(([name, path]) => [`${name}_url`, `${api}/${path}`]))

async function branch(call: Call) {
  const repository = repositoryOf(call)
  const { branch: name = '' } = call.parameters
  const shown = await shownAt(call, repository, `refs/heads/${name}`)
  if (!shown) throw new Refusal(404, 'Branch not found')
  const self = `${apiOf(call.state)}/repos/${fullNameOf(repository)}/branches/${name}`
  return ok({
    name,
    commit: shown,
    _links: { self, html: `${call.state.url}/${fullNameOf(repository)}/tree/${name}` },
    protected: false,
    protection: { enabled: false },
    protection_url: `${self}/protection`,
  })
}

async function commit(call: Call) {
  const { ref = '' } = call.parameters
  const shown = await shownAt(call, repositoryOf(call), ref)
  if (!shown) throw new Refusal(422, `No commit found for SHA: ${ref}`)
  return ok(shown)
}

async function shownAt({ state }: Call, repository: Repository, ref: string): Promise<Json | undefined> {
  const one = await readCommit(folderOf(state, repository), ref)
  return one && commitShown(state, repository, one)
}

export async function readCommit(folder: string, ref: string): Promise<Commit | undefined> {
  const sha = await commitAt(folder, ref)
  return sha === undefined ? undefined : (await commitsOf(folder, ['--max-count=1', sha]))[0]
}

async function compare(call: Call) {
  const repository = repositoryOf(call)
  const { state } = call
  const folder = folderOf(state, repository)
  const [base, head] = await Promise.all(
    (call.parameters.basehead ?? '').split('...').map((ref) => readCommit(folder, ref)),
  )
  const between = base && head && (await mergeBaseOf(folder, base.sha, head.sha))
  const common = between && (await readCommit(folder, between))
  if (!common) throw notFound()
  const [ahead, behind] = await Promise.all([
    countOf(folder, `${base.sha}..${head.sha}`),
    countOf(folder, `${head.sha}..${base.sha}`),
  ])
  const commits = await commitsOf(folder, ['--reverse', '--max-count=250', `${base.sha}..${head.sha}`])
  const html = `${state.url}/${fullNameOf(repository)}/compare/${base.sha}...${head.sha}`
  return ok({
    url: `${apiOf(state)}/repos/${fullNameOf(repository)}/compare/${call.parameters.basehead}`,
    html_url: html,
    permalink_url: html,
    diff_url: `${html}.diff`,
    patch_url: `${html}.patch`,
    base_commit: commitShown(state, repository, base),
    merge_base_commit: commitShown(state, repository, common),
    status: standing(ahead, behind),
    ahead_by: ahead,
    behind_by: behind,
    total_commits: ahead,
    commits: commits.map((one) => commitShown(state, repository, one)),
    files: (await changesOf(folder, common.sha, head.sha)).slice(0, 300).map(changeShown(html, head.sha)),
  })
}

const changeShown = (html: string, sha: string) => (change: Change) => ({
  sha: change.blob,
  filename: change.path,
  status: change.status,
  additions: change.additions,
  deletions: change.deletions,
  changes: change.additions + change.deletions,
  blob_url: `${html}/blob/${sha}/${encodeURI(change.path)}`,
  raw_url: `${html}/raw/${sha}/${encodeURI(change.path)}`,
  contents_url: `${html}/contents/${encodeURI(change.path)}?ref=${sha}`,
})

function standing(ahead: number, behind: number): string {
  if (ahead > 0) return behind > 0 ? 'diverged' : 'ahead'
  return behind > 0 ? 'behind' : 'identical'
}

function permission(call: Call) {
  const { username = '' } = call.parameters
  const repository = repositoryOf(call)
  const user = call.state.users.get(username)
  if (!user) throw new Refusal(404, `${username} is not a user`)
  const level = repository.permissions.get(username) ?? 'none'
  return ok({
    permission: level,
    role_name: level,
    user: { ...accountShown(call.state, user), role_name: level },
  })
}
