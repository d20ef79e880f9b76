// A push becomes webhooks: one for each ref that moved, with the commits it brought, and what else GitHub tells of it.
import { accountShown } from './accounts.ts'
import { sendCheckSuite } from './check-suites.ts'
import { type Commit, commitsOf, folderOf, mergeBaseOf } from './commits.ts'
import type { Pushed } from './git-http.ts'
import { payloadOf, pushedCommit } from './payload.ts'
import { synchronizePulls } from './pulls.ts'
import { readCommit } from './repositories.ts'
import {
  fullNameOf,
  type Installation,
  type Json,
  type Repository,
  type State,
  suiteOf,
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
      tellPulls(state, webhooks, push, update)
    }
  }
}

function updatesOf({ before, after }: Pushed): readonly Update[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .map((ref) => ({ ref, before: before.get(ref) ?? nothing, after: after.get(ref) ?? nothing }))
    .filter((update) => update.before !== update.after)
}

async function tell(state: State, webhooks: Webhooks, push: Pushed, update: Update): Promise<void> {
  const { repository, login } = push
  const sender = userNamed(state, login)
  const about = await aboutPush(state, push, update)
  for (const { app } of installationsOf(state, repository)) {
    const common = payloadOf(state, repository, app, sender)
    const send = (event: string, own: Json) => webhooks.send(app, event, { ...common, ...own })
    if (update.before === nothing)
      send('create', { ...refEvent(update), master_branch: 'main', description: null })
    if (update.after === nothing) send('delete', refEvent(update))
    send('push', {
      ...about,
      repository: { ...(common.repository as Json), ...pushedRepository(state, repository) },
    })
    if (update.after === nothing || !isBranch(update)) continue
    const branch = update.ref.slice('refs/heads/'.length)
    const suite = suiteOf(state, repository, { sha: update.after, branch, app })
    await sendCheckSuite({ state, webhooks }, repository, suite, {
      action: 'requested',
      sender,
      before: update.before,
    })
  }
}

function tellPulls(state: State, webhooks: Webhooks, { repository, login }: Pushed, update: Update): void {
  if (update.after === nothing || !isBranch(update)) return
  const branch = update.ref.slice('refs/heads/'.length)
  const { before, after } = update
  const sender = userNamed(state, login)
  synchronizePulls({ state, webhooks }, repository, { branch, before, after, sender })
}

const installationsOf = (state: State, { owner }: Repository): readonly Installation[] =>
  state.installations.filter(({ account }) => account.login === owner.login)

const isBranch = ({ ref }: Update) => ref.startsWith('refs/heads/')

const refEvent = (update: Update): Json => ({
  ref: update.ref.replace(/^refs\/(heads|tags)\//, ''),
  ref_type: isBranch(update) ? 'branch' : 'tag',
  pusher_type: 'user',
})

async function aboutPush(state: State, push: Pushed, update: Update): Promise<Json> {
  const { repository, login } = push
  const folder = folderOf(state, repository)
  const html = `${state.url}/${fullNameOf(repository)}`
  const brought = await broughtBy(folder, push, update)
  const shown = (commit: Commit) => pushedCommit(state, repository, commit)
  const head = update.after === nothing ? undefined : await readCommit(folder, update.after)
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
    head_commit: head ? shown(head) : null,
    pusher: { name: login, email: `${login}@example.com` },
  }
}

/** A push alone has its times as numbers of seconds, and says some things twice. */
function pushedRepository(state: State, { owner, createdAt }: Repository): Json {
  return {
    created_at: Math.floor(Date.parse(createdAt) / 1000),
    pushed_at: Math.floor(state.now() / 1000),
    stargazers: 0,
    master_branch: 'main',
    owner: { ...accountShown(state, owner), name: owner.login, email: null },
    ...(owner.type === 'Organization' ? { organization: owner.login } : {}),
  }
}

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
