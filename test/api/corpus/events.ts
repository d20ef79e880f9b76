// What GitHub sends beside pushes, what it never would, and what each sender is told.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { type Answer, type Case, goodPush, installation, sha } from './webhooks.ts'

export const appId = 99
export const externalId = `release/default/shop/7-${sha.slice(0, 7)}`

const { repository } = goodPush
const account = { login: 'acme', html_url: 'https://github.com/acme' }
const from = { installation: { id: installation }, sender: { login: 'ana' }, repository }
const other = { id: 8, full_name: 'acme/other', html_url: 'https://github.com/acme/other' }

function sent(event: string, name: string, body: object, signed: Answer): Case {
  const headers = { 'x-github-event': event }
  return {
    name: `${event}: ${name}`,
    body: JSON.stringify(body),
    headers,
    signed,
    unsigned: [401, 'signature-missing'],
  }
}

const accepted: Answer = [202, 'accepted']
const ignored = (why: string): Answer => [202, `ignored:${why}`]
const invalid: Answer = [422, 'invalid-payload']

const branch = { ...from, ref: 'main', ref_type: 'branch' }
const branches = ['create', 'delete'].flatMap((event) => [
  sent(event, 'a branch of an App', branch, accepted),
  sent(event, 'a branch of nobody’s', { ...branch, ref: 'other' }, ignored('branch')),
  sent(event, 'a tag called as the branch', { ...branch, ref_type: 'tag' }, ignored('tag')),
  sent(event, 'a repository', { ...branch, ref: 'main', ref_type: 'repository' }, ignored('ref')),
  sent(event, 'an unknown repository', { ...branch, repository: other }, ignored('repo-not-registered')),
  sent(event, 'no ref', { ...branch, ref: null }, invalid),
  sent(event, 'no installation', { ...branch, installation: undefined }, invalid),
  sent(event, 'the installation of another', { ...branch, installation: { id: 666 } }, [
    403,
    'installation-not-allowed',
  ]),
])

/** Somebody asked for all checks on a commit again. */
export const suite = {
  ...from,
  action: 'rerequested',
  check_suite: { id: 2, head_branch: 'main', head_sha: sha, app: { id: appId } },
}
export const suiteWith = (change: object) => ({ ...suite, check_suite: { ...suite.check_suite, ...change } })
const suites = [
  sent('check_suite', 'again', suite, accepted),
  sent('check_suite', 'requested', { ...suite, action: 'requested' }, ignored('action')),
  sent('check_suite', 'completed', { ...suite, action: 'completed' }, ignored('action')),
  sent('check_suite', 'of no branch', suiteWith({ head_branch: null }), ignored('branch')),
  sent('check_suite', 'of another App', suiteWith({ app: { id: 7 } }), accepted),
  sent('check_suite', 'of no App', suiteWith({ app: null }), accepted),
  sent('check_suite', 'of no commit', suiteWith({ head_sha: 'HEAD' }), invalid),
  sent('check_suite', 'by nobody', { ...suite, sender: null }, invalid),
  sent('check_suite', 'none', { ...suite, check_suite: null }, invalid),
]

/** Somebody clicked `abort` on a check run of ours. */
export const click = {
  ...from,
  action: 'requested_action',
  check_run: {
    id: 1,
    head_sha: sha,
    external_id: externalId,
    status: 'completed',
    conclusion: 'failure',
    completed_at: '2026-03-01T12:00:00Z',
    app: { id: appId },
  },
  requested_action: { identifier: 'abort' },
}
const run = (change: object) => ({ ...click, check_run: { ...click.check_run, ...change } })
/** Somebody asked for the plan on a commit once more. */
export const plan = (change: object = {}) => ({
  ...run({ external_id: `plan/default/shop/${sha}`, conclusion: 'success', ...change }),
  action: 'rerequested',
  requested_action: undefined,
})
const runs = [
  sent('check_run', 'a button', click, [202, 'clicked:abort']),
  sent('check_run', 'again', { ...click, action: 'rerequested', requested_action: undefined }, [
    202,
    'clicked:retry',
  ]),
  sent(
    'check_run',
    'a gate again',
    { ...run({ external_id: `${externalId}/approve/before-50` }), action: 'rerequested' },
    ignored('button'),
  ),
  sent('check_run', 'a plan again', plan(), accepted),
  sent('check_run', 'a plan of a fork again', plan({ conclusion: 'neutral' }), ignored('fork')),
  sent('check_run', 'a plan of another commit', plan({ head_sha: 'f'.repeat(40) }), [202, 'clicked:retry']),
  sent(
    'check_run',
    'a plan of an App that takes its commits elsewhere',
    plan({ external_id: `plan/default/other/${sha}` }),
    ignored('not-ours'),
  ),
  sent('check_run', 'created', { ...click, action: 'created' }, ignored('action')),
  sent('check_run', 'completed', { ...click, action: 'completed' }, ignored('action')),
  sent(
    'check_run',
    'a button of nobody’s',
    { ...click, requested_action: { identifier: 'promote' } },
    ignored('button'),
  ),
  sent(
    'check_run',
    'a button from the prototype',
    { ...click, requested_action: { identifier: 'constructor' } },
    ignored('button'),
  ),
  sent('check_run', 'no button', { ...click, requested_action: null }, ignored('button')),
  sent('check_run', 'of another App', run({ app: { id: 7 } }), ignored('not-ours')),
  sent('check_run', 'of no App', run({ app: null }), ignored('not-ours')),
  sent('check_run', 'of no commit', run({ head_sha: 'HEAD' }), invalid),
  sent('check_run', 'by nobody', { ...click, sender: null }, invalid),
  sent('check_run', 'by a sentence', { ...click, sender: { login: 'ana, approved' } }, invalid),
  sent('check_run', 'none', { ...click, check_run: null }, invalid),
]

/** Somebody offers a branch of the repository itself to the App's. */
export const offer = {
  ...from,
  action: 'opened',
  number: 5,
  pull_request: {
    state: 'open',
    draft: false,
    head: { ref: 'feature', sha, repo: { id: repository.id } },
    base: { ref: 'main', repo: { id: repository.id } },
  },
}
export const offered = (change: object) => ({ ...offer, pull_request: { ...offer.pull_request, ...change } })
const head = (change: object) => offered({ head: { ...offer.pull_request.head, ...change } })
const pulls = [
  ...['opened', 'synchronize', 'reopened', 'ready_for_review'].map((action) =>
    sent('pull_request', action, { ...offer, action }, accepted),
  ),
  sent('pull_request', 'a fork’s', head({ repo: { id: 12 } }), accepted),
  sent('pull_request', 'of a fork that is gone', head({ repo: null }), accepted),
  sent(
    'pull_request',
    'moved here',
    { ...offer, action: 'edited', changes: { base: { ref: { from: 'other' } } } },
    accepted,
  ),
  sent(
    'pull_request',
    'with another title',
    { ...offer, action: 'edited', changes: { title: { from: 'Other' } } },
    ignored('action'),
  ),
  sent('pull_request', 'closed', { ...offered({ state: 'closed' }), action: 'closed' }, ignored('action')),
  sent(
    'pull_request',
    'pushed to when it was closed',
    { ...offered({ state: 'closed' }), action: 'synchronize' },
    ignored('closed'),
  ),
  sent('pull_request', 'a draft', offered({ draft: true }), ignored('draft')),
  sent(
    'pull_request',
    'to another branch',
    offered({ base: { ref: 'other', repo: { id: repository.id } } }),
    ignored('branch'),
  ),
  sent('pull_request', 'elsewhere', { ...offer, repository: other }, ignored('repo-not-registered')),
  sent('pull_request', 'of no commit', head({ sha: 'HEAD' }), invalid),
  sent('pull_request', 'by no App', { ...offer, installation: undefined }, invalid),
  sent('pull_request', 'none', { ...offer, pull_request: null }, invalid),
]

const installed = {
  action: 'created',
  installation: { id: installation, account },
  repositories: [repository],
}
const named = { ...installed, action: 'added', repositories_added: [repository], repositories_removed: [] }
const installations = [
  sent('installation', 'created', installed, accepted),
  sent('installation', 'new permissions', { ...installed, action: 'new_permissions_accepted' }, accepted),
  sent('installation', 'unsuspended', { ...installed, action: 'unsuspend' }, accepted),
  sent(
    'installation',
    'of no App’s repository',
    { ...installed, repositories: [other] },
    ignored('repo-not-registered'),
  ),
  sent(
    'installation',
    'that names none',
    { ...installed, repositories: undefined },
    ignored('repo-not-registered'),
  ),
  sent('installation', 'deleted', { ...installed, action: 'deleted' }, [202, 'noted:installation-deleted']),
  sent('installation', 'suspended', { ...installed, action: 'suspend' }, [
    202,
    'noted:installation-suspended',
  ]),
  sent('installation', 'something new', { ...installed, action: 'polished' }, ignored('action')),
  sent('installation', 'of nobody', { ...installed, installation: { id: installation } }, invalid),
  sent(
    'installation',
    'of a script',
    { ...installed, installation: { id: installation, account: { html_url: 'javascript:alert(1)' } } },
    invalid,
  ),
  sent('installation_repositories', 'added', named, accepted),
  sent(
    'installation_repositories',
    'removed',
    { ...named, action: 'removed', repositories_added: [], repositories_removed: [repository] },
    accepted,
  ),
  sent('installation_repositories', 'none', { ...named, repositories_added: null }, invalid),
]

const store = { ...repository, full_name: 'acme/store', html_url: 'https://github.com/acme/store' }
const renamed = {
  ...from,
  action: 'renamed',
  repository: store,
  changes: { repository: { name: { from: 'shop' } } },
}
const moved = {
  ...from,
  action: 'transferred',
  repository: { ...repository, full_name: 'bo/shop', html_url: 'https://github.com/bo/shop' },
  changes: { owner: { from: { organization: { login: 'acme' } } } },
}
const repositories = [
  sent('repository', 'renamed', renamed, accepted),
  sent(
    'repository',
    'renamed from what no App names',
    { ...renamed, changes: { repository: { name: { from: 'x' } } } },
    ignored('repo-not-registered'),
  ),
  sent('repository', 'renamed from nothing', { ...renamed, changes: {} }, ignored('action')),
  sent('repository', 'transferred by an organization', moved, accepted),
  sent(
    'repository',
    'transferred by a person',
    { ...moved, changes: { owner: { from: { user: { login: 'Acme' } } } } },
    accepted,
  ),
  sent('repository', 'deleted', { ...from, action: 'deleted' }, accepted),
  sent('repository', 'made public', { ...from, action: 'publicized' }, ignored('action')),
  sent('repository', 'none', { ...from, action: 'deleted', repository: undefined }, invalid),
]

export const cases: readonly Case[] = [
  ...branches,
  ...suites,
  ...runs,
  ...pulls,
  ...installations,
  ...repositories,
]

interface Published {
  readonly name: string
  readonly examples: readonly { readonly installation?: object }[]
}
const published = createRequire(import.meta.url).resolve('@octokit/webhooks-examples')
const heard = new Set(['push', 'ping', ...cases.map(({ headers }) => headers?.['x-github-event'])])

/** The examples that GitHub's users have collected. Some were sent to a repository's own webhook: here all came to the App. */
export const examples = (JSON.parse(readFileSync(published, 'utf8')) as Published[])
  .filter(({ name }) => heard.has(name))
  .flatMap(({ name, examples }) =>
    examples.map((payload, index) => ({
      name,
      index,
      payload: { ...payload, installation: { ...payload.installation, id: installation } },
    })),
  )
