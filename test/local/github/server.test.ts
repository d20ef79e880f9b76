// The server as a whole: where it listens, what it keeps when it starts again, and that it catches its own mistakes.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Github, type GithubOptions, startGithub } from '../../../local/github/server.ts'
import { anaToken, gitIn, jwt, withToken } from './stage.ts'

let root: string
const running: Github[] = []
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'slipway-github-'))
})
afterEach(async () => {
  for (const github of running.splice(0)) await github.close()
  await rm(root, { recursive: true })
})

async function start(options: Partial<GithubOptions> = {}): Promise<Github> {
  const github = await startGithub({ root, users: { ana: anaToken }, ...options })
  running.push(github)
  return github
}

const askForApp = (github: Github) =>
  fetch(`${github.apiUrl}/app`, { headers: { authorization: `Bearer ${jwt(github.app)}` } })

describe('the server', () => {
  test('listens on every address, and names itself by the first', async () => {
    const { url } = await start({ listen: [{ host: '127.0.0.1', port: 0 }] })
    const taken = Number(new URL(url).port)
    const both = await start({
      listen: [
        { host: '127.0.0.1', port: 0 },
        { host: '127.0.0.2', port: taken },
      ],
    })
    expect(new URL(both.url).hostname).toBe('127.0.0.1')
    expect((await fetch(`http://127.0.0.2:${taken}/`)).status).toBe(200)
  })
  test('says which address is taken, and holds no other', async () => {
    const port = Number(new URL((await start()).url).port)
    const free = { host: '127.0.0.2', port }
    const starting = startGithub({ root, listen: [free, { host: '127.0.0.1', port }] })
    await expect(starting).rejects.toThrow(`cannot listen on 127.0.0.1:${port}`)
    await expect(fetch(`http://127.0.0.2:${port}/`)).rejects.toThrow()
  })
  test('has the commits again when it starts again with the same folder', async () => {
    const first = await start()
    const { folder, cloneUrl } = await first.createRepository('acme/shop', { permissions: { ana: 'write' } })
    const git = gitIn(folder)
    const tree = (await git('mktree')).trim()
    const commit = (await git('commit-tree', '-m', 'One', tree)).trim()
    await git('push', withToken(cloneUrl, anaToken), `${commit}:refs/heads/main`)
    const second = await start({ app: { id: first.app.id, privateKey: first.app.privateKey } })
    const again = await second.createRepository('acme/shop', { permissions: { ana: 'write' } })
    expect(await git('ls-remote', withToken(again.cloneUrl, anaToken))).toContain(commit)
    expect((await askForApp(second)).status).toBe(200)
  })
  test('gives no answer that GitHub would not give', async () => {
    const github = await start()
    Object.assign(github.app, { name: 7 })
    expect((await askForApp(github)).status).toBe(500)
    expect(github.violations()).toEqual([
      expect.stringContaining('apps/get-authenticated/name must be string'),
    ])
  })
  test('tells of what is installed and taken off', async () => {
    const github = await start({ webhook: { url: 'http://127.0.0.1:1/', secret: 'x' } })
    await github.createRepository('acme/shop')
    github.uninstall('acme')
    github.uninstall('acme')
    const installation = github.install('acme')
    expect(github.install('acme')).toBe(installation)
    await github.settled()
    const told = github.deliveries().map(({ event, action }) => `${event} ${action}`)
    expect(told).toEqual(['installation created', 'installation deleted', 'installation created'])
  })
})
