// The git remote, met by the real git.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { kinds } from '../../platform/kinds.ts'
import { fetchToken, folder, git, remote, workTree } from './support.ts'

vi.setConfig({ testTimeout: 60_000 })
let api: Awaited<ReturnType<typeof remote>>
const trash: { remove: () => Promise<void> }[] = []
const keep = <T extends { remove: () => Promise<void> }>(made: T): T => {
  trash.push(made)
  return made
}
beforeAll(async () => {
  api = await remote()
})
afterAll(async () => {
  await api.close()
  await Promise.all(trash.map((one) => one.remove()))
})

test('the first push makes the repository, declares the App and says so to its workflow', async () => {
  const { path } = keep(await workTree())
  const sha = (await git(path, 'rev-parse', 'HEAD')).out
  const pushed = await git(path, 'push', api.url('first'), 'main')

  expect(pushed).toMatchObject({ code: 0 })
  expect(pushed.err).toContain(`remote: default/first: looking at ${sha.slice(0, 7)}`)
  expect(api.watched(kinds.App).get('default', 'first')?.spec).toEqual({
    source: { repository: `${api.gitUrl}/first.git`, branch: 'main' },
  })
  const looks = api.looks.filter(({ app }) => app === 'default/first')
  expect(looks).toMatchObject([{ moved: { ref: 'refs/heads/main', after: sha } }])
  expect(await api.repositories.head('first', 'main')).toBe(sha)
})

test('what was pushed can be cloned, whole, shallow, and by commit', async () => {
  const { path } = keep(await workTree('to clone'))
  const sha = (await git(path, 'rev-parse', 'HEAD')).out
  await git(path, 'push', api.url('cloned'), 'main')
  const into = keep(await folder())
  const clone = await git(into.path, 'clone', '--quiet', api.url('cloned', fetchToken), 'whole')
  expect(clone).toMatchObject({ code: 0, err: '' })
  expect((await git(`${into.path}/whole`, 'rev-parse', 'HEAD')).out).toBe(sha)
  const shallow = await git(
    into.path,
    'clone',
    '-q',
    '--depth=1',
    '--filter=blob:none',
    api.url('cloned'),
    's',
  )
  expect(shallow).toMatchObject({ code: 0, err: '' })
  await git(into.path, 'init', '--quiet', 'exact')
  const exact = await git(
    `${into.path}/exact`,
    'fetch',
    '-q',
    '--depth=1',
    api.url('cloned', fetchToken),
    sha,
  )
  expect(exact).toMatchObject({ code: 0 })
})

describe('refuses', () => {
  test.each([
    ['a fetch token that pushes', () => api.url('first', fetchToken), 'only reads'],
    ['a wrong token', () => api.url('first', 'guessed'), 'Authentication failed'],
    ['no token', () => `http://127.0.0.1:${api.port}/git/first.git`, 'could not read Username'],
    ['a name that no App may have', () => api.url('UPPER'), 'of at most 40 characters'],
    ['a name that is too long', () => api.url('a'.repeat(41)), 'of at most 40 characters'],
  ])('%s', async (_, url, says) => {
    const { path } = keep(await workTree('refused'))
    const pushed = await git(path, 'push', url(), 'main')
    expect(pushed.code).not.toBe(0)
    expect(pushed.err).toContain(says)
  })

  test('to read what was never pushed', async () => {
    const { path } = keep(await folder())
    const cloned = await git(path, 'clone', api.url('nothing', fetchToken))
    expect(cloned.code).not.toBe(0)
    expect(cloned.err).toContain('the first push makes it')
  })

  test.each([
    ['/git/first.git/HEAD', 404],
    ['/git/first.git/objects/info/packs', 404],
    ['/git/first.git/config', 404],
    ['/git/../../etc/passwd', 404],
    ['/git/%2e%2e%2fetc.git/info/refs?service=git-upload-pack', 404],
    ['/git/first.git/info/refs', 404],
    ['/git/first.git/info/refs?service=git-shell', 404],
    ['/git/first.git/git-upload-pack', 405],
  ])('%s', async (path, status) => {
    const authorization = `Basic ${Buffer.from(`x:${fetchToken}`).toString('base64')}`
    const reply = await fetch(`http://127.0.0.1:${api.port}${path}`, { headers: { authorization } })
    expect(reply.status).toBe(status)
  })
})

test('five pushes to five branches at once all arrive', async () => {
  const trees = await Promise.all([1, 2, 3, 4, 5].map(async (n) => keep(await workTree(`at once ${n}`))))
  const pushed = await Promise.all(
    trees.map(({ path }, n) => git(path, 'push', api.url('many'), `main:b${n}`)),
  )
  expect(pushed.map(({ code }) => code)).toEqual([0, 0, 0, 0, 0])
  for (const [n, { path }] of trees.entries()) {
    expect(await api.repositories.head('many', `b${n}`)).toBe((await git(path, 'rev-parse', 'HEAD')).out)
  }
})

test('of two pushes that race for one branch one wins, the other is told to fetch first', async () => {
  const [one, two] = [keep(await workTree('race one')), keep(await workTree('race two'))]
  const codes = await Promise.all(
    [one, two].map(({ path }) => git(path, 'push', api.url('race'), 'main').then(({ code }) => code)),
  )
  expect(codes.toSorted()).toEqual([0, 1])
})

test('a push succeeds while Temporal is away, and is not forgotten', async () => {
  const { path } = keep(await workTree('while away'))
  api.setAway(true)
  const pushed = await git(path, 'push', api.url('away'), 'main').finally(() => api.setAway(false))
  expect(pushed.code).toBe(0)
  expect(pushed.err).toContain('remote: warning: your commits are here')
  expect(api.later).toContain('away')
})

test('another branch, a tag and a deletion release nothing', async () => {
  const { path } = keep(await workTree('quiet'))
  await git(path, 'push', api.url('quiet'), 'main')
  const before = api.looks.length
  await git(path, 'tag', 'v1')
  const pushed = await git(path, 'push', api.url('quiet'), 'main:side', 'v1')
  expect(pushed.err).toContain('no App releases the branch side')
  expect(pushed.err).toContain('v1 is no branch')
  const deleted = await git(path, 'push', api.url('quiet'), ':side')
  expect(deleted.err).toContain('side is deleted')
  expect(api.looks.length).toBe(before)
})

test('a branch whose name is a shell script is text', async () => {
  const { path } = keep(await workTree('odd'))
  await git(path, 'push', api.url('odd'), 'main')
  const name = 'a;$(id)`id`|&<x>'
  const pushed = await git(path, 'push', api.url('odd'), `main:refs/heads/${name}`)
  expect(pushed.code).toBe(0)
  expect(pushed.err).toContain(`no App releases the branch ${name} of`)
})

test('the pusher reads the release as it goes, until its outcome', async () => {
  const patient = await remote({ follow: 50_000 })
  trash.push({ remove: patient.close })
  const { path } = keep(await workTree('told'))
  const sha = (await git(path, 'rev-parse', 'HEAD')).out
  const metadata = { namespace: 'default', name: 'told-1' }
  const spec = { app: 'told', seq: 1, sha }
  const step = (at: number, phase: string, weight: number, message: string) => ({
    at,
    phase,
    weight,
    message,
  })
  const building = step(1, 'building', 0, 'Dockerfile')
  const rolling = step(2, 'rolling-out', 250, 'step 2/4')
  const done = step(3, 'done', 1000, 'safe')

  const pushing = git(path, 'push', patient.url('told'), 'main')
  await vi.waitFor(() => expect(patient.looks).toHaveLength(1), { timeout: 30_000 })
  patient.put(kinds.Release, { metadata, spec, status: { ...building, transitions: [building] } })
  await new Promise((resolve) => setTimeout(resolve, 100))
  const status = { ...done, outcome: 'promoted', transitions: [building, rolling, done] }
  patient.put(kinds.Release, { metadata, spec, status })
  const { code, err } = await pushing

  expect(code).toBe(0)
  const lines = err.split('\n').flatMap((text) => /^remote: (.*?)\s*$/.exec(text)?.[1] ?? [])
  expect(lines).toEqual([
    `default/told: looking at ${sha.slice(0, 7)}`,
    'told-1: building · Dockerfile',
    'told-1: rolling-out at 25 % · step 2/4',
    'told-1: PROMOTED · safe',
  ])
})
