// A GitHub on loopback, just large enough to be asked: it installs the App anywhere, makes tokens, and answers the rest as a test says.
import { generateKeyPairSync } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { type GitHubOptions, gitHub } from '../../../platform/github/client.ts'
import { type Asked, httpServer, sendJson } from '../http-server.ts'

export const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
  type: 'pkcs1',
  format: 'pem',
}) as string

// biome-ignore lint/suspicious/noExplicitAny: whatever JSON is sent
export type Json = Record<string, any>

/** Undefined: as it would be without this. */
export type Says = (asked: Asked & { readonly path: string }, response: ServerResponse) => unknown

export const repositoryAt = (url: string, name = 'acme/shop'): string => `${new URL(url).origin}/${name}`

export const permissions = {
  contents: 'read',
  metadata: 'read',
  checks: 'write',
  statuses: 'write',
  deployments: 'write',
}

export async function littleGitHub(says: Says, options: Partial<GitHubOptions> = {}) {
  let tokens = 0
  const now = options.now ?? Date.now
  const server = await httpServer((asked, response) => {
    const path = asked.url.replace('/api/v3', '')
    says({ ...asked, path }, response)
    if (response.headersSent) return
    if (path.endsWith('/installation')) return sendJson(response, 200, { id: 7, permissions })
    if (path.endsWith('/access_tokens')) {
      tokens += 1
      const expires_at = new Date(now() + 3_600_000).toISOString()
      return sendJson(response, 201, { token: `ghs_7_${'x'.repeat(600)}.${tokens}`, expires_at })
    }
    sendJson(response, 404, { message: 'Not Found' })
  })
  const url = `${server.url}/api/v3`
  return {
    ...server,
    url,
    repository: repositoryAt(url),
    client: gitHub({ url, appId: 12, key: () => key, ...options }),
    /** Below the API's address, in order. */
    paths: () => server.asked.map(({ method, url: path }) => `${method} ${path.replace('/api/v3', '')}`),
  }
}
