// A push becomes webhooks: one for each ref that moved, with the commits it brought, and what else GitHub tells of it.
import { accountShown, appShown } from './accounts.ts'
import { type Commit, commitAt, commitsOf, folderOf, loginOf, mergeBaseOf } from './commits.ts'
import type { Pushed } from './git-http.ts'
import { repositoryShown } from './repositories.ts'
import {
  apiOf,
  fullNameOf,
  type Installation,
  type Json,
  nodeId,
  type Repository,
  type State,
  suiteOf,
  type User,
  userNamed,
} from './state.ts'
import type { Webhooks } from './webhooks.ts'

/** A payload lists no more commits than this. */
const mostCommits = 2_048
/** A push that moves more tags than this tells nobody. */
const mostTags = 3
const nothing = '0'.repeat(40)

interface Update {
  readonly ref: string
  readonly before: string
  readonly after: string
}

export function pushEvents(state: State, webhooks: Webhooks): (push: Pushed) => Promise<void> {
  return async (push) => {
    const updates = updatesOf(push)
    const tags = updates.filter(({ ref }) => ref.startsWith('refs/tags/'))
    for (const update of updates) {
      if (tags.length > mostTags && tags.includes(update)) continue
      await tell(state, webhooks, push, update)
    }
  }
}

function updatesOf({ before, after }: Pushed): readonly Update[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .map((ref) => ({ ref, before: before.get(ref) ?? nothing, after: after.get(ref) ?? nothing }))
    .filter((update) => update.before !== update.after)
}

async function tell(state: State, webhooks: Webhooks, push: Pushed, update: Update): Promise<void> {
  const { repository } = push
  const sender = userNamed(state, push.login)
  const payload = await pushPayload(state, push, update, sender)
  for (const installation of installationsOf(state, repository)) {
    const common = commonOf(state, repository, installation, sender)
    const send = (event: string, about: Json) =>
      webhooks.send(installation.app, event, { ...about, ...common })
    if (update.before === nothing)
      send('create', { ...refEvent(update), master_branch: 'main', description: null })
    if (update.after === nothing) send('delete', refEvent(update))
    webhooks.send(installation.app, 'push', { ...payload, ...common, repository: payload.repository })
    if (update.after !== nothing && isBranch(update))
      send('check_suite', suiteRequested(state, repository, installation, update))
  }
}

const installationsOf = (state: State, { owner }: Repository): readonly Installation[] =>
  state.installations.filter(({ account }) => account.login === owner.login)

export const commonOf = (state: State, repository: Repository, { id }: Installation, sender: User): Json => ({
  repository: repositoryShown(state, repository),
  sender: accountShown(state, sender),
  installation: { id, node_id: nodeId('Installation', id) },
})

const isBranch = ({ ref }: Update) => ref.startsWith('refs/heads/')

const refEvent = (update: Update): Json => ({
  ref: update.ref.replace(/^refs\/(heads|tags)\//, ''),
  ref_type: isBranch(update) ? 'branch' : 'tag',
  pusher_type: 'user',
})

function suiteRequested(state: State, repository: Repository, { app }: Installation, update: Update): Json {
  const branch = update.ref.slice('refs/heads/'.length)
  const suite = suiteOf(state, repository, { sha: update.after, branch, app })
  return {
    action: 'requested',
    check_suite: {
      id: suite.id,
      node_id: nodeId('CheckSuite', suite.id),
      head_branch: branch,
      head_sha: update.after,
      status: 'queued',
      conclusion: null,
      url: `${apiOf(state)}/repos/${fullNameOf(repository)}/check-suites/${suite.id}`,
      before: update.before,
      after: update.after,
      pull_requests: [],
      app: appShown(state, app),
    },
  }
}

async function pushPayload(state: State, push: Pushed, update: Update, sender: User): Promise<Json> {
  const { repository } = push
  const folder = folderOf(state, repository)
  const html = `${state.url}/${fullNameOf(repository)}`
  const brought = await broughtBy(folder, push, update)
  const shown = (commit: Commit) => pushedCommit(state, repository, commit)
  const head = update.after === nothing ? undefined : await commitAt(folder, update.after)
  const [headCommit] = head === undefined ? [] : await commitsOf(folder, ['--max-count=1', head])
  const shownRepository = repositoryShown(state, repository)
  return {
    ref: update.ref,
    before: update.before,
    after: update.after,
    base_ref: baseOf(push, update),
    created: update.before === nothing,
    deleted: update.after === nothing,
    forced: await isForced(folder, update),
    compare: `${html}/compare/${update.before.slice(0, 12)}...${update.after.slice(0, 12)}`,
    commits: brought.map(shown),
    head_commit: headCommit ? shown(headCommit) : null,
    pusher: { name: sender.login, email: `${sender.login}@example.com` },
    // A push alone has these as numbers of seconds.
    repository: {
      ...shownRepository,
      created_at: secondsOf(shownRepository.created_at),
      pushed_at: Math.floor(state.now() / 1000),
      stargazers: 0,
      master_branch: 'main',
      owner: { ...accountShown(state, repository.owner), name: repository.owner.login, email: null },
    },
  }
}

const secondsOf = (time: unknown) => Math.floor(Date.parse(String(time)) / 1000)

/** Oldest first, and the newest of them when there are too many; a tag brings none that a branch has. */
async function broughtBy(folder: string, { before }: Pushed, update: Update): Promise<readonly Commit[]> {
  if (update.after === nothing) return []
  const known = update.before === nothing ? [...new Set(before.values())] : [update.before]
  const words = [`--max-count=${mostCommits}`, update.after, ...known.map((sha) => `^${sha}`)]
  return (await commitsOf(folder, words)).toReversed()
}

async function isForced(folder: string, { before, after }: Update): Promise<boolean> {
  if (before === nothing || after === nothing) return false
  return (await mergeBaseOf(folder, before, after)) !== before
}

/** For a new ref, the branch it began at. */
function baseOf({ before }: Pushed, update: Update): string | null {
  if (update.before !== nothing) return null
  const [ref] =
    [...before].find(([name, sha]) => sha === update.after && name.startsWith('refs/heads/')) ?? []
  return ref ?? null
}

function pushedCommit(state: State, repository: Repository, commit: Commit): Json {
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
