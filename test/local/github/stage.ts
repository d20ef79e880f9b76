// A local GitHub with one repository, somebody who pushes to it, and an App that speaks to its API.
import { createSign } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newKey } from '../../../local/github/key.ts'
import { type Created, type Github, type GithubOptions, startGithub } from '../../../local/github/server.ts'
import { run } from '../../../local/process.ts'
import { type Asked, httpServer } from '../../platform/http-server.ts'

export interface Answer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: what the API answers is looked at field by field.
  readonly body: any
  readonly headers: Headers
}

export interface Stage {
  readonly github: Github
  readonly shop: Created
  /** Asks the API with this in the authorization header. */
  readonly ask: (method: string, path: string, body?: unknown, authorization?: string) => Promise<Answer>
  /** An installation's token, narrowed by this. */
  readonly token: (narrowed?: object) => Promise<string>
  /** Runs git in ana's clone, or in one that somebody else made. */
  readonly git: (...words: string[]) => Promise<string>
  /** Commits a file with this content, and returns the commit. */
  readonly commit: (path: string, content: string) => Promise<string>
  /** Webhooks that came. */
  readonly came: readonly Asked[]
  /** Where they come to. */
  readonly receiver: string
  readonly close: () => Promise<void>
}

export const anaToken = 'ghp_ana'
export const benToken = 'ghp_ben'
export const secret = 's'.repeat(40)

// To make a key takes longer than most of what is done with one.
const privateKey = newKey()

export async function stage(options: Partial<GithubOptions> = {}): Promise<Stage> {
  const root = await mkdtemp(join(tmpdir(), 'slipway-github-'))
  const came: Asked[] = []
  const receiver = await httpServer((asked, response) => {
    came.push(asked)
    response.writeHead(202).end('taken')
  })
  const github = await startGithub({
    root: join(root, 'repositories'),
    webhook: { url: `${receiver.url}/webhooks/github`, secret },
    users: { ana: anaToken, ben: benToken },
    app: { privateKey },
    ...options,
  })
  const shop = await github.createRepository('acme/shop', { permissions: { ana: 'write', ben: 'read' } })
  const ask = asking(github)
  const clone = join(root, 'clone')
  const git = gitIn(clone)
  await run(['git', 'init', '--quiet', '--initial-branch=main', clone])
  await git('remote', 'add', 'origin', withToken(shop.cloneUrl, anaToken))
  return {
    github,
    shop,
    ask,
    token: async (narrowed = { repositories: ['shop'] }) => {
      const path = `/app/installations/${shop.installation}/access_tokens`
      return (await ask('POST', path, narrowed, `Bearer ${jwt(github.app)}`)).body.token
    },
    git,
    commit: async (path, content) => {
      await writeFile(join(clone, path), content)
      await git('add', '--all')
      await git('commit', '--quiet', '--allow-empty', '--message', `Change ${path}`)
      return (await git('rev-parse', 'HEAD')).trim()
    },
    came,
    receiver: receiver.url,
    close: async () => {
      await github.close()
      await receiver.close()
      await rm(root, { recursive: true, force: true })
    },
  }
}

export const withToken = (url: string, token: string): string => url.replace('://', `://git:${token}@`)

const person = {
  GIT_AUTHOR_NAME: 'Ana',
  GIT_AUTHOR_EMAIL: 'ana@example.com',
  GIT_COMMITTER_NAME: 'Ana',
  GIT_COMMITTER_EMAIL: 'ana@example.com',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_TERMINAL_PROMPT: '0',
}

export const gitIn =
  (folder: string) =>
  async (...words: string[]): Promise<string> =>
    (await run(['git', ...words], { cwd: folder, env: person, timeout: 60_000 })).stdout

const asking =
  (github: Github): Stage['ask'] =>
  async (method, path, body, authorization) => {
    const response = await fetch(`${github.apiUrl}${path}`, {
      method,
      redirect: 'manual',
      headers: { 'user-agent': 'slipway', ...(authorization ? { authorization } : {}) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return { status: response.status, headers: response.headers, body: await response.json() }
  }

/** Makes another App, and installs it beside the first. */
export async function anotherApp({ github, ask }: Pick<Stage, 'github' | 'ask'>): Promise<Identity> {
  const submit = (path: string, fields: Record<string, string>) =>
    fetch(`${github.url}${path}`, { method: 'POST', redirect: 'manual', body: new URLSearchParams(fields) })
  const url = 'https://other.example.com'
  const default_permissions = { checks: 'write', deployments: 'write', metadata: 'read', statuses: 'write' }
  const manifest = { name: 'Other', url, redirect_url: url, default_permissions }
  const back = await submit('/settings/apps/new/from-manifest', { manifest: JSON.stringify(manifest) })
  const code = new URL(back.headers.get('location') ?? '').searchParams.get('code')
  const { body: app } = await ask('POST', `/app-manifests/${code}/conversions`)
  await submit('/apps/other/installations/new', { install: 'acme' })
  return { id: app.id, privateKey: app.pem }
}

/** The same, and returns its token. */
export async function anotherAppsToken(stage: Stage): Promise<string> {
  const { ask } = stage
  const authorization = `Bearer ${jwt(await anotherApp(stage))}`
  const [installation] = (await ask('GET', '/app/installations', undefined, authorization)).body
  const path = `/app/installations/${installation.id}/access_tokens`
  return (await ask('POST', path, {}, authorization)).body.token
}

export type Identity = Pick<Github['app'], 'id' | 'privateKey'>

export interface Claims {
  readonly iat?: unknown
  readonly exp?: unknown
  readonly iss?: unknown
}

/** As an App signs one that is good for nine minutes. */
export function jwt({ id, privateKey }: Identity, claims: Claims = {}): string {
  const now = Math.floor(Date.now() / 1000)
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const text = `${part({ alg: 'RS256', typ: 'JWT' })}.${part({ iat: now - 60, exp: now + 540, iss: id, ...claims })}`
  return `${text}.${createSign('RSA-SHA256').update(text).sign(privateKey, 'base64url')}`
}
