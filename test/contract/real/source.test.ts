// The source contract over git's real smart HTTP, and what only real repositories can hold.
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AppSource } from '../../../domain/app.ts'
import type { Source } from '../../../platform/platform.ts'
import { gitSource } from '../../../platform/source/git.ts'
import { isUnder } from '../../../platform/source/repository.ts'
import { aGitServer, type FileContent, type GitServer } from '../../support/git-server.ts'
import { failureOf, sourceContract } from '../source.ts'

const token = randomBytes(16).toString('hex')

const tokenUnder = (base: string) => (repository: string) => (isUnder(base, repository) ? token : undefined)
const readerOf = (server: GitServer, maxFileBytes = 64 * 1024): Source =>
  gitSource({ token: tokenUnder(server.url), plainHttpUnder: [server.url], maxFileBytes })

sourceContract(async () => {
  const server = await aGitServer(token)
  return {
    source: readerOf(server),
    repository: (name) => server.create(`${name}.git`),
    push: ({ repository, branch }, files, { title, author, root } = {}) =>
      server.commit(repository, {
        branch,
        files,
        ...(title === undefined ? {} : { title }),
        ...(author === undefined ? {} : { author: `${author} <${author}@example.com>` }),
        ...(root ? { parent: 'none' } : {}),
      }),
    close: server.close,
  }
})

describe('source: git, with hostile repositories', () => {
  let server: GitServer
  let source: Source
  let main: AppSource
  beforeAll(async () => {
    server = await aGitServer(token)
    source = readerOf(server)
    main = { repository: await server.create('hostile.git'), branch: 'main' }
  })
  afterAll(() => server?.close())

  const commit = (files: Readonly<Record<string, FileContent>>) =>
    server.commit(main.repository, { branch: 'main', files })
  const refusalOf = async (content: FileContent, path = 'slipway.yaml') => {
    const sha = await commit({ [path.split('/')[0] ?? '']: content })
    const failure = await failureOf(source.read(main, sha, path))
    return `${failure.reason}: ${failure.message.replace(sha, '<sha>')}`
  }

  it.each([
    [
      'a link to a secret',
      { link: '/proc/self/environ' },
      'slipway.yaml',
      'is a symbolic link ("slipway.yaml")',
    ],
    ['a link in the way', { link: '..' }, 'services/slipway.yaml', 'is a symbolic link ("services")'],
    ['a submodule', { submodule: 'a'.repeat(40) }, 'vendor/slipway.yaml', 'lies in a submodule ("vendor")'],
    ['too many bytes', 'x'.repeat(64 * 1024 + 1), 'slipway.yaml', 'is larger than 65536 bytes'],
    ['a bomb', Buffer.alloc(200 * 1024 * 1024), 'slipway.yaml', 'is larger than 65536 bytes'],
    ['noise', randomBytes(300 * 1024), 'slipway.yaml', 'is larger than 65536 bytes'],
    ['bytes that are no text', Buffer.from([0x61, 0xff, 0xfe]), 'slipway.yaml', 'is not UTF-8 text'],
  ] as const)('refuses %s', async (_name, content, path, why) => {
    expect(await refusalOf(content, path)).toBe(`InvalidManifest: ${path} in commit <sha> ${why}`)
  })

  it('refuses a folder in the place of the file', async () => {
    const sha = await commit({ 'slipway.yaml/a': '' })
    expect((await failureOf(source.read(main, sha, 'slipway.yaml'))).message).toContain('is a directory')
  })

  it.each(['../secret', '/etc/passwd', 'a//b', './a', 'a/..', ''])(
    'refuses the path %j unasked',
    async (path) => {
      const before = server.requests.length
      expect((await failureOf(source.read(main, 'a'.repeat(40), path))).reason).toBe('Invalid')
      expect(server.requests.length).toBe(before)
    },
  )

  it.each([
    'HEAD',
    'main',
    '--upload-pack=touch',
    'A'.repeat(40),
    `${'a'.repeat(40)}\nwant ${'b'.repeat(40)}`,
  ])('takes only full commit ids, not %j', async (sha) => {
    expect((await failureOf(source.read(main, sha, 'slipway.yaml'))).reason).toBe('Invalid')
  })

  it('takes a tree for no commit', async () => {
    const sha = await commit({ 'a/slipway.yaml': '' })
    // The empty tree's id is the same everywhere; servers give it or not, but it is never a commit.
    const failure = await failureOf(source.read(main, '4b825dc642cb6eb9a060e54bf8d69288fbee4904', 'a'))
    expect(failure.reason).toBe('NotFound')
    expect(sha).toMatch(/^[0-9a-f]{40}$/)
  })

  it.each([
    'a;$(id)`id`|&<x>',
    `--upload-pack=touch\${IFS}x`,
    '-oProxyCommand=x',
    `x'"y`,
    'feature/%2e%2e%2fetc',
    '{{constructor}}',
    '<img/src=x/onerror=alert(1)>',
    '\u202egnp.js',
    'm\u0430in',
    '🚀',
    'e\u0301',
    '\u00e9',
    'b'.repeat(240),
  ])('reads the branch %j like any other', async (branch) => {
    const one = { ...main, branch }
    const sha = await server.commit(main.repository, { branch, files: { 'slipway.yaml': branch } })
    expect(await source.head(one)).toBe(sha)
    expect((await source.read(one, sha, 'slipway.yaml')).text).toBe(branch)
  })

  it('knows no branch of an impossible name', async () => {
    for (const branch of ['', 'a\nb', 'a\0b', '../main', 'x'.repeat(100_000)]) {
      expect(await source.head({ ...main, branch })).toBeUndefined()
    }
  })

  it('keeps a commit message short and harmless', async () => {
    const files = { 'slipway.yaml': '' }
    const title = `\u001b[31m\u202e${'x'.repeat(1_000_000)}`
    const sha = await server.commit(main.repository, { branch: 'main', files, title, author: '<>' })
    const { commit: read } = await source.read(main, sha, 'slipway.yaml')
    expect(read.title).toBe(`[31m ${'x'.repeat(195)}`)
    expect(read).not.toHaveProperty('email')
  })

  it('reads a commit that a later push left behind', async () => {
    const lost = await server.commit(main.repository, { branch: 'moved', files: { 'slipway.yaml': 'lost' } })
    await server.commit(main.repository, { branch: 'moved', files: { a: '' }, parent: 'none' })
    expect((await source.read(main, lost, 'slipway.yaml')).text).toBe('lost')
  })

  it('refuses a commit that is larger than what it takes', async () => {
    const sha = await commit({ 'slipway.yaml': '', noise: randomBytes(300_000) })
    const limits = { timeout: 30_000, maxBytes: 200_000 }
    const small = gitSource({ token: () => token, plainHttpUnder: [server.url], limits })
    const failure = await failureOf(small.read(main, sha, 'slipway.yaml'))
    expect(failure.reason).toBe('Invalid')
    expect(failure.message).toContain('200000 bytes')
  })

  it('follows history across its search depths, and merges', async () => {
    const long: AppSource = { repository: await server.create('long.git'), branch: 'main' }
    const shas = await server.history(long.repository, 'main', 700)
    const [first = '', side = '', head = ''] = [shas[0], shas.at(-2), shas.at(-1)]
    expect(await source.isAncestor(long, first, head)).toBe(true)
    expect(await source.isAncestor(long, side, head)).toBe(true)
    expect(await source.isAncestor(long, shas[690] ?? '', shas[600] ?? '')).toBe(false)
    expect(await source.isAncestor(long, side, shas[600] ?? '')).toBe(false)
  })

  it('asks with the token only where it belongs, and says Forbidden without', async () => {
    const stranger = gitSource({ token: tokenUnder(`${server.url}/else`), plainHttpUnder: [server.url] })
    const failure = await failureOf(stranger.head(main))
    expect(failure.reason).toBe('Forbidden')
    expect(failure.message).not.toContain(token)
  })

  it('says NotFound for a repository that does not exist', async () => {
    expect((await failureOf(source.head({ ...main, repository: `${server.url}/none.git` }))).reason).toBe(
      'NotFound',
    )
  })
})
