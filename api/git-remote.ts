// The built-in git remote, /git/<app>.git: smart HTTP with a token as password, fetch and push.
import type { Logger } from 'pino'
import type { GitCall, RefUpdate } from './git-backend.ts'
import { Problem, quoted } from './problem.ts'
import { isRepositoryName, type Repositories } from './repositories.ts'
import { basicPassword, type Right, type Tokens } from './tokens.ts'

export interface GitRemoteOptions {
  readonly tokens: Tokens
  readonly repositories: Repositories
  readonly backend: (call: GitCall) => Promise<Response>
  readonly received: (
    repository: string,
    updates: readonly RefUpdate[],
    signal: AbortSignal,
  ) => AsyncIterable<string>
  readonly log: Logger
}

/** Answers one request to the remote. Refusals are plain text: that is what git shows to the person. */
export function gitRemote({ tokens, repositories, backend, received, log }: GitRemoteOptions) {
  return async (request: Request): Promise<Response> => {
    try {
      const { repository, path, needs } = target(request)
      const right = tokens(basicPassword(request.headers.get('authorization')) ?? '')
      if (!right) throw unauthorized()
      if (needs === 'push' && right !== 'push') throw readOnly()
      if (needs === 'push') await repositories.ensure(repository)
      else if (!(await repositories.exists(repository))) throw unknown(repository)
      return await backend({
        request,
        path,
        repository,
        user: right,
        received: (updates, signal) => received(repository, updates, signal),
      })
    } catch (error) {
      if (error instanceof Problem) return plain(error)
      log.error({ error }, 'a git request failed')
      return plain(new Problem(500, 'internal', 'Slipway could not serve this; its log says why'))
    }
  }
}

interface Target {
  readonly repository: string
  readonly path: string
  readonly needs: Right
}

/** The four requests of smart HTTP and no other: no dumb protocol, no file of the repository by its path. */
function target(request: Request): Target {
  const { pathname, searchParams } = new URL(request.url)
  const [, repository = '', path = ''] = /^\/git\/([^/]+)\.git\/([a-z/-]+)$/.exec(pathname) ?? []
  if (!isRepositoryName(repository)) {
    throw new Problem(
      404,
      'repository-name',
      `${quoted(pathname)}: use /git/<app>.git, <app> of at most 40 characters a-z, 0-9 and -`,
    )
  }
  const service = path === 'info/refs' ? searchParams.get('service') : path
  const method = path === 'info/refs' ? 'GET' : 'POST'
  if (service !== 'git-upload-pack' && service !== 'git-receive-pack') {
    throw new Problem(404, 'git-service', 'only smart HTTP is served: git clone, fetch and push')
  }
  if (request.method !== method) {
    throw new Problem(405, 'method-not-allowed', `use ${method}`, { headers: { allow: method } })
  }
  return { repository, path, needs: service === 'git-receive-pack' ? 'push' : 'fetch' }
}

const unauthorized = () =>
  new Problem(401, 'token-required', 'a token of this remote is needed as the password', {
    headers: { 'www-authenticate': 'Basic realm="Slipway"' },
  })

const readOnly = () => new Problem(403, 'read-only', 'this token only reads; pushing needs the push token')

const unknown = (repository: string) =>
  new Problem(404, 'no-repository', `there is no ${repository}.git yet; the first push makes it`)

const plain = (problem: Problem): Response =>
  new Response(`${problem.message}\n`, {
    status: problem.status,
    headers: { 'content-type': 'text/plain; charset=utf-8', ...problem.headers },
  })
