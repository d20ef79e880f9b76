// What an operation of the API is given and what it gives back; who may call it, and on which repository.
import type { Caller, Callers } from './caller.ts'
import { notFound, Refusal } from './refusal.ts'
import {
  type App,
  apiOf,
  installationOf,
  type Json,
  type Level,
  type Repository,
  repositoryNamed,
  type State,
} from './state.ts'
import type { Webhooks } from './webhooks.ts'

export interface Parts {
  readonly state: State
  readonly callers: Callers
  readonly webhooks: Webhooks
}

/** What changes the state and tells Apps of it. */
export type Sends = Pick<Parts, 'state' | 'webhooks'>

export interface Call extends Parts {
  readonly caller: Caller
  readonly method: string
  readonly parameters: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly body: Json
}

export interface Answer {
  readonly status: number
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export interface Served {
  /** An App by its key; an installation; one that has this permission; or nobody in particular. */
  readonly needs: 'app' | 'installation' | 'nobody' | readonly [permission: string, level: Level]
  readonly answer: (call: Call) => Answer | Promise<Answer>
}

/** By GitHub's name of the operation. */
export type Operations = Readonly<Record<string, Served>>

export const ok = (body: unknown): Answer => ({ status: 200, body })
export const created = (body: unknown): Answer => ({ status: 201, body })

export function authorize(call: Call, needs: Served['needs']): void {
  const { caller } = call
  if (needs === 'nobody') return
  if (caller.kind === 'nobody') throw new Refusal(401, 'Requires authentication')
  if (needs === 'app') {
    if (caller.kind === 'app') return
    throw new Refusal(401, 'A JSON web token could not be decoded')
  }
  if (caller.kind === 'app') throw new Refusal(401, 'Bad credentials')
  if (needs === 'installation') {
    if (caller.kind === 'installation') return
    throw new Refusal(403, 'You must authenticate with an installation access token')
  }
  const repository = repositoryOf(call)
  authorizeOn(caller, repository, needs)
}

function authorizeOn(
  caller: Caller,
  repository: Repository,
  [permission, level]: readonly [string, Level],
): void {
  if (caller.kind === 'user') {
    if (permission === 'checks' && level === 'write') {
      throw new Refusal(403, 'You must authenticate via a GitHub App.')
    }
    if (level === 'read' || ['write', 'admin'].includes(repository.permissions.get(caller.login) ?? ''))
      return
    throw new Refusal(403, 'Must have push access to repository')
  }
  if (caller.kind !== 'installation') throw notFound()
  const granted = permission === 'metadata' ? 'read' : caller.token.permissions[permission]
  if (granted === 'write' || granted === level) return
  throw new Refusal(403, 'Resource not accessible by integration')
}

/** What the caller cannot see is not there. */
export function repositoryOf(call: Call): Repository {
  const { state, caller, parameters } = call
  const name = `${parameters.owner}/${parameters.repo}`
  const moved = state.renamed.get(name.toLowerCase())
  const repository = moved ?? repositoryNamed(state, name)
  if (!repository || !sees(state, caller, repository)) throw notFound()
  if (moved) throw elsewhere(call, moved)
  return repository
}

export function sees(state: State, caller: Caller, repository: Repository): boolean {
  if (caller.kind === 'user') return (repository.permissions.get(caller.login) ?? 'none') !== 'none'
  if (caller.kind === 'app') return installationOf(state, caller.app, repository) !== undefined
  if (caller.kind === 'nobody') return false
  const { installation, repositories } = caller.token
  if (installation.account.login !== repository.owner.login) return false
  return repositories?.includes(repository) ?? true
}

/** The same question, to a name that stays. What changes something is to be asked again as it was. */
function elsewhere({ state, method, parameters, query }: Call, { id }: Repository): Refusal {
  const rest = parameters.path?.split('/').slice(4).join('/')
  const path = rest ? `/repositories/${id}/${rest}` : `/repositories/${id}`
  const location = `${apiOf(state)}${path}${query.size > 0 ? `?${query}` : ''}`
  return method === 'GET'
    ? new Refusal(301, 'Moved Permanently', { headers: { location } })
    : new Refusal(307, 'Temporary Redirect', { headers: { location } })
}

/** One page of a list, with the addresses of its neighbours. */
export function page<T>(
  call: Call,
  all: readonly T[],
): { items: readonly T[]; headers: Record<string, string> } {
  const size = Math.min(Number(call.query.get('per_page') ?? 30), 100)
  const number = Math.max(Number(call.query.get('page') ?? 1), 1)
  const last = Math.max(Math.ceil(all.length / size), 1)
  const link = (to: number, rel: string) => {
    const query = new URLSearchParams(call.query)
    query.set('page', String(to))
    return `<${apiOf(call.state)}${call.parameters.path ?? ''}?${query}>; rel="${rel}"`
  }
  const links = number < last ? [link(number + 1, 'next'), link(last, 'last')] : []
  return {
    items: all.slice((number - 1) * size, number * size),
    headers: links.length > 0 ? { link: links.join(', ') } : {},
  }
}

/** What stands on a commit belongs to an App: nobody else can write it. */
export function callingApp({ caller }: Call): App {
  if (caller.kind === 'installation') return caller.token.installation.app
  throw new Refusal(403, 'You must authenticate via a GitHub App.')
}
