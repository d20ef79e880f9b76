// Buttons on the commit, against an API server: who may click, what becomes of a click, and what is none of ours.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { declaredApps } from '../../api/apps.ts'
import { buttons, type Click } from '../../api/buttons.ts'
import { ownAccount } from '../../api/own-account.ts'
import { seenReleases } from '../../api/releases.ts'
import { kinds } from '../../platform/kinds.ts'
import { kubernetes as connect } from '../../platform/kubernetes.ts'
import { sha } from './corpus/webhooks.ts'
import { type KubeServer, kubeServer } from './kube-server.ts'
import { silent } from './support.ts'

const account = 'system:serviceaccount:slipway-system:slipway-api'
const repository = 'https://github.com/acme/shop'
const release = `release/default/shop/7-${sha.slice(0, 7)}`

let server: KubeServer
let asked: string[]
let permissions: Record<string, string | Error>
let ready: boolean

beforeEach(async () => {
  server = await kubeServer()
  server.people.set('own', { user: account, may: [] })
  declare('shop', repository)
  server.put('releases', {
    metadata: { namespace: 'default', name: 'shop-7' },
    spec: { app: 'shop', seq: 7, sha },
  })
  asked = []
  permissions = { ana: 'write', root: 'admin', bo: 'read' }
  ready = true
})
afterEach(() => server.close())

const declare = (name: string, repository: string) =>
  server.put('apps', { metadata: { namespace: 'default', name }, spec: { source: { repository } } })

const clicked = (change: Partial<Click> = {}) =>
  joined().click({
    verb: 'abort',
    externalId: release,
    sha,
    urls: [`${repository}.git`],
    login: 'ana',
    stood: 'check run 1 in_progress',
    delivery: 'd-1',
    reason: 'button on the check run',
    ...change,
  })

/** All checks on the commit again. */
const again = (login = 'ana') =>
  joined().again({
    sha,
    urls: [`${repository}.git`, repository],
    login,
    stood: 'check suite 2',
    delivery: 'd-1',
    reason: 're-run of all checks',
  })

function joined() {
  const kubernetes = connect({ config: server.config })
  const watched = (plural: string) => ({
    get: (namespace: string, name: string) => server.get(plural, namespace, name),
    list: () =>
      ['shop', 'other', 'shop-7', 'shop-8', 'shop-9', 'other-3'].flatMap(
        (name) => server.get(plural, 'default', name) ?? [],
      ),
    synced: () => true,
    stop: async () => undefined,
  })
  return buttons({
    appId: 7,
    kubernetes,
    kind: kinds.Command,
    apps: declaredApps(kubernetes, kinds.App, watched('apps')),
    ready: () => ready,
    releases: seenReleases(kubernetes, kinds.Release, watched('releases')),
    permission: async (repository, login) => {
      asked.push(`${login} in ${repository}`)
      const permission = permissions[login] ?? 'none'
      if (permission instanceof Error) throw permission
      return permission
    },
    account: ownAccount(server.config),
    log: silent,
  })
}

const commands = () => connect({ config: server.config }).list(kinds.Command, 'default')
/** The answer to all Commands so far. */
const answered = async (state: string) => {
  for (const command of await commands()) server.put('commands', { ...command, status: { state } })
}
const specs = async () => (await commands()).map(({ spec }) => spec)

test('a click becomes a Command of Slipway’s own account, on behalf of who clicked', async () => {
  expect(await clicked()).toEqual({ status: 'accepted', apps: ['default/shop'] })
  expect(asked).toEqual([`ana in ${repository}`])
  const reason = 'button on the check run'
  expect(await specs()).toEqual([
    { release: 'shop-7', verb: 'abort', reason, by: account, onBehalfOf: 'github:ana' },
  ])
})

test('an approval says which gate', async () => {
  await clicked({ verb: 'approve', externalId: `${release}/approve/before-50` })
  expect(await specs()).toMatchObject([{ verb: 'approve', step: 'before-50' }])
})

test('another button of the gate’s run is about the release', async () => {
  await clicked({ verb: 'abort', externalId: `${release}/approve/before-50` })
  expect((await specs())[0]).not.toHaveProperty('step')
})

test('an approval without a gate is none', async () => {
  expect(await clicked({ verb: 'approve' })).toEqual({ status: 'ignored:no-gate' })
  expect(await commands()).toEqual([])
})

test('the same click again creates nothing twice, whatever its delivery is called', async () => {
  await clicked()
  const [first] = await commands()
  for (const delivery of ['d-1', 'D_2']) {
    expect(await clicked({ delivery })).toMatchObject({ status: 'accepted' })
  }
  await answered('accepted')
  await clicked({ delivery: 'D_3' })
  expect(await commands()).toMatchObject([{ metadata: { name: first?.metadata.name } }])
})

test.each([
  ['of somebody else', { login: 'root' }],
  ['on another button', { verb: 'retry' }],
  ['on the check run as it stands later', { stood: 'check run 1 completed success' }],
] as const)('a click %s is another Command', async (_, change) => {
  await clicked()
  await clicked(change)
  expect(await commands()).toHaveLength(2)
  for (const { metadata } of await commands()) expect(metadata.name).toMatch(/^[a-z0-9-]{1,63}$/)
})

describe('all checks again', () => {
  const ended = (name: string, app: string, seq: number, outcome?: string) =>
    server.put('releases', {
      metadata: { namespace: 'default', name },
      spec: { app, seq, sha },
      status: { phase: 'done', ...(outcome && { outcome }) },
    })

  test.each(['failed', 'rolled-back', 'aborted'])('tries a release again that %s', async (outcome) => {
    ended('shop-7', 'shop', 7, outcome)
    expect(await again()).toEqual({ status: 'accepted', apps: ['default/shop'] })
    expect(await specs()).toMatchObject([
      { release: 'shop-7', verb: 'retry', reason: 're-run of all checks', onBehalfOf: 'github:ana' },
    ])
  })

  test('tries each App’s newest of this commit, once a delivery', async () => {
    declare('other', repository)
    ended('shop-7', 'shop', 7, 'failed')
    ended('shop-8', 'shop', 8, 'rolled-back')
    ended('other-3', 'other', 3, 'failed')
    for (let times = 0; times < 2; times += 1) {
      expect(await again()).toEqual({ status: 'accepted', apps: ['default/shop', 'default/other'] })
    }
    ended('shop-9', 'shop', 9, 'failed')
    await again()
    expect((await specs()).map((spec) => spec?.release).toSorted()).toEqual(['other-3', 'shop-8'])
  })

  test.each(['promoted', 'superseded', 'ignored', undefined])(
    'leaves one alone that is %s',
    async (outcome) => {
      ended('shop-7', 'shop', 7, outcome)
      expect(await again()).toBeUndefined()
      expect([asked, await commands()]).toEqual([[], []])
    },
  )

  test('is nothing when a newer release of the commit did not end badly', async () => {
    ended('shop-7', 'shop', 7, 'failed')
    ended('shop-8', 'shop', 8, 'promoted')
    expect(await again()).toBeUndefined()
  })

  test('takes who may write', async () => {
    ended('shop-7', 'shop', 7, 'failed')
    expect(await again('bo')).toEqual({ status: 'refused:permission' })
    expect(await commands()).toEqual([])
  })

  test('waits until the Apps are known', async () => {
    ready = false
    await expect(again()).rejects.toMatchObject({ status: 503, code: 'not-durable' })
  })
})

test('what was refused can be clicked again, and the refused click itself is not made again', async () => {
  await clicked()
  await answered('refused')
  await clicked()
  expect(await commands()).toHaveLength(1)
  for (let times = 0; times < 2; times += 1) await clicked({ delivery: 'd-2' })
  expect(await commands()).toHaveLength(2)
  await clicked({ delivery: 'd-1' })
  expect(await commands()).toHaveLength(2)
})

test('what was accepted can be clicked again once what it began has ended, and is not made again by itself', async () => {
  await clicked({ verb: 'rollback' })
  await answered('accepted')
  const back = (outcome?: string) =>
    server.put('releases', {
      metadata: { namespace: 'default', name: 'shop-8' },
      spec: { app: 'shop', seq: 8, sha: '8'.repeat(40) },
      status: { phase: outcome ? 'done' : 'deploying', outcome },
    })
  back()
  await clicked({ verb: 'rollback', delivery: 'd-2' })
  expect(await commands()).toHaveLength(1)
  back('failed')
  await clicked({ verb: 'rollback' })
  expect(await commands()).toHaveLength(1)
  for (const delivery of ['d-2', 'd-3']) await clicked({ verb: 'rollback', delivery })
  expect(await commands()).toHaveLength(2)
})

test('a click that was refused without a Command is good once its author may write', async () => {
  expect(await clicked({ login: 'bo' })).toEqual({ status: 'refused:permission' })
  permissions.bo = 'write'
  expect(await clicked({ login: 'bo' })).toMatchObject({ status: 'accepted' })
  expect(await commands()).toHaveLength(1)
})

test.each([
  ['retry', 'rolled-back', 'ignored:newer-release'],
  ['retry', 'promoted', 'ignored:newer-release'],
  ['rollback', 'promoted', 'ignored:newer-release'],
  ['rollback', 'failed', 'accepted'],
  ['abort', 'promoted', 'accepted'],
] as const)('%s, on a release that a newer one of its commit followed, which is %s: %s', async (...row) => {
  const [verb, outcome, status] = row
  server.put('releases', {
    metadata: { namespace: 'default', name: 'shop-8' },
    spec: { app: 'shop', seq: 8, sha },
    status: { phase: 'done', outcome },
  })
  expect(await clicked({ verb })).toMatchObject({ status })
  expect(await commands()).toHaveLength(status === 'accepted' ? 1 : 0)
})

test.each([
  ['bo', 'abort'],
  ['nobody', 'abort'],
  ['bo', 'approve'],
] as const)('%s may not %s: nothing is done', async (login, verb) => {
  const externalId = verb === 'approve' ? `${release}/approve/before-50` : release
  expect(await clicked({ login, verb, externalId })).toEqual({ status: 'refused:permission' })
  expect(await commands()).toEqual([])
})

test.each(['abort', 'rollback', 'retry'] as const)('an administrator may %s', async (verb) => {
  expect(await clicked({ login: 'root', verb })).toMatchObject({ status: 'accepted' })
})

test.each([
  ['no external id', { externalId: '' }],
  ['somebody else’s external id', { externalId: 'build-4711' }],
  ['a release that is not there', { externalId: release.replace('/7-', '/8-') }],
  ['another commit of that number', { externalId: `${release.slice(0, -7)}0000000` }],
  ['a check run on another commit', { sha: '0'.repeat(40) }],
  ['another namespace', { externalId: release.replace('default', 'kube-system') }],
  ['a path', { externalId: `release/default/../shop/7-${sha.slice(0, 7)}` }],
  ['more behind it', { externalId: `${release}/approve/a/b` }],
  ['a repository of nobody’s', { urls: ['https://github.com/mallory/shop'] }],
  ['the repository of another App', { urls: ['https://github.com/acme/other'] }],
] as const)('%s is not ours, and nobody is asked', async (_, change) => {
  declare('other', 'https://github.com/acme/other')
  expect(await clicked(change)).toEqual({ status: 'ignored:not-ours' })
  expect(asked).toEqual([])
  expect(await commands()).toEqual([])
})

test('what cannot be said now is refused with 503, and the same delivery is good later', async () => {
  permissions.ana = new Error('GitHub gave no answer')
  await expect(clicked()).rejects.toMatchObject({ status: 503, code: 'not-durable' })
  permissions.ana = 'write'
  ready = false
  await expect(clicked()).rejects.toMatchObject({ status: 503 })
  ready = true
  server.refuse(500)
  await expect(clicked()).rejects.toMatchObject({ status: 503 })
  server.refuse(undefined)
  server.people.delete('own')
  await expect(clicked()).rejects.toMatchObject({ status: 503 })
  expect(await commands()).toEqual([])
  server.people.set('own', { user: account, may: [] })
  expect(await clicked()).toMatchObject({ status: 'accepted' })
})

test('the account is asked for once, and again after a failure', async () => {
  const own = ownAccount(server.config)
  server.people.delete('own')
  await expect(own()).rejects.toThrow('which account this is')
  server.people.set('own', { user: account, may: [] })
  expect([await own(), await own()]).toEqual([account, account])
  const reviews = server.requests.filter((request) => request.endsWith('/selfsubjectreviews'))
  expect(reviews).toHaveLength(2)
})
