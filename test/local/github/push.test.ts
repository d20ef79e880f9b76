// A real push with git becomes signed webhooks, as GitHub would send them.
import { createHmac } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { run } from '../../../local/process.ts'
import { benToken, gitIn, type Stage, secret, stage, withToken } from './stage.ts'

let on: Stage
beforeAll(async () => {
  on = await stage()
})
afterAll(() => on.close())
afterEach(() => on.github.calm())

const zeros = '0'.repeat(40)

/** What came of these words to git, by event. */
async function came(...words: string[]) {
  const before = on.came.length
  await on.git(...words)
  await on.github.settled()
  return on.came.slice(before).map(({ headers, body }) => ({
    event: String(headers['x-github-event']),
    payload: JSON.parse(body),
  }))
}
const pushOf = (all: Awaited<ReturnType<typeof came>>) => all.find(({ event }) => event === 'push')?.payload

describe('a push', () => {
  test('of a new branch', async () => {
    const first = await on.commit('a', '1')
    const head = await on.commit('b', '2')
    const all = await came('push', '--quiet', 'origin', 'main')
    expect(all.map(({ event }) => event).sort()).toEqual(['check_suite', 'create', 'push'])
    expect(pushOf(all)).toMatchObject({
      ref: 'refs/heads/main',
      before: zeros,
      after: head,
      created: true,
      deleted: false,
      forced: false,
      commits: [
        { id: first, added: ['a'] },
        { id: head, added: ['b'], author: { username: 'ana' } },
      ],
      head_commit: { id: head },
      pusher: { name: 'ana' },
      sender: { login: 'ana' },
      repository: { id: on.shop.id, full_name: 'acme/shop', clone_url: on.shop.cloneUrl },
      installation: { id: on.shop.installation },
    })
  })
  test('of one more commit', async () => {
    const before = (await on.git('rev-parse', 'HEAD')).trim()
    const after = await on.commit('a', '3')
    const all = await came('push', '--quiet', 'origin', 'main')
    expect(all.map(({ event }) => event).sort()).toEqual(['check_suite', 'push'])
    expect(pushOf(all)).toMatchObject({
      before,
      after,
      created: false,
      forced: false,
      commits: [{ id: after, added: [], removed: [], modified: ['a'] }],
    })
  })
  test('by force', async () => {
    const before = (await on.git('rev-parse', 'HEAD')).trim()
    await on.git('reset', '--quiet', '--hard', 'HEAD~1')
    const after = await on.commit('c', '4')
    const all = await came('push', '--quiet', '--force', 'origin', 'main')
    expect(pushOf(all)).toMatchObject({ before, after, forced: true, commits: [{ id: after }] })
  })
  test('of a branch that has nothing new, and of its end', async () => {
    const head = (await on.git('rev-parse', 'HEAD')).trim()
    const begun = pushOf(await came('push', '--quiet', 'origin', 'main:refs/heads/feature/x'))
    expect(begun).toMatchObject({ base_ref: 'refs/heads/main', commits: [], head_commit: { id: head } })
    const ended = await came('push', '--quiet', 'origin', ':feature/x')
    expect(ended.map(({ event }) => event).sort()).toEqual(['delete', 'push'])
    expect(pushOf(ended)).toMatchObject({
      before: head,
      after: zeros,
      deleted: true,
      head_commit: null,
      commits: [],
    })
  })
  test('of an annotated tag tells the tag and its commit', async () => {
    await on.git('tag', '--annotate', '--message', 'One', 'v1')
    const tag = (await on.git('rev-parse', 'v1')).trim()
    const head = (await on.git('rev-parse', 'HEAD')).trim()
    const all = await came('push', '--quiet', 'origin', 'v1')
    expect(all.map(({ event }) => event).sort()).toEqual(['create', 'push'])
    expect(pushOf(all)).toMatchObject({
      ref: 'refs/tags/v1',
      after: tag,
      head_commit: { id: head },
      commits: [],
    })
  })
  test('of more than three tags tells nothing', async () => {
    for (const name of ['t1', 't2', 't3', 't4']) await on.git('tag', name)
    expect(await came('push', '--quiet', 'origin', '--tags')).toEqual([])
  })
  test('of more commits than a payload lists', async () => {
    await importCommits(2_100)
    const { commits, after } = pushOf(await came('push', '--quiet', 'origin', 'many'))
    expect(commits).toHaveLength(2_048)
    expect(commits.at(-1).id).toBe(after)
  })
  test('is signed with the secret', async () => {
    for (const { headers, body } of on.came) {
      const signature = createHmac('sha256', secret).update(body).digest('hex')
      expect(headers['x-hub-signature-256']).toBe(`sha256=${signature}`)
    }
    expect(new Set(on.came.map(({ headers }) => headers['x-github-delivery'])).size).toBe(on.came.length)
  })
})

describe('who may', () => {
  test('a reader clones and cannot push', async () => {
    const ben = gitIn(on.shop.folder)
    const remote = withToken(on.shop.cloneUrl, benToken)
    expect(await ben('ls-remote', remote, 'refs/heads/main')).toContain('refs/heads/main')
    await expect(ben('push', remote, 'main:refs/heads/ben')).rejects.toThrow(/403/)
  })
  test('a stranger sees nothing', async () => {
    await expect(gitIn(on.shop.folder)('ls-remote', withToken(on.shop.cloneUrl, 'ghp_x'))).rejects.toThrow(
      /Authentication failed/,
    )
  })
  test('an installation with contents reads, without does not', async () => {
    const git = gitIn(on.shop.folder)
    const reading = await on.token({ repositories: ['shop'], permissions: { contents: 'read' } })
    expect(await git('ls-remote', withToken(on.shop.cloneUrl, reading))).toContain('refs/heads/main')
    await expect(git('push', withToken(on.shop.cloneUrl, reading), 'main:refs/heads/y')).rejects.toThrow(
      /403/,
    )
    const checking = await on.token({ repositories: ['shop'], permissions: { checks: 'write' } })
    await expect(git('ls-remote', withToken(on.shop.cloneUrl, checking))).rejects.toThrow(/403/)
  })
})

/** A branch of its own with this many empty commits. */
async function importCommits(count: number): Promise<void> {
  const commit = (mark: number) =>
    `commit refs/heads/many\nmark :${mark}\ncommitter Ana <ana@example.com> ${1_700_000_000 + mark} +0000\ndata 1\nx\n`
  const folder = (await on.git('rev-parse', '--absolute-git-dir')).trim()
  const input = Array.from({ length: count }, (_, index) => commit(index + 1)).join('')
  await run(['git', 'fast-import', '--quiet'], { cwd: folder, input })
}
