// GitHub's REST API: who asks, how often, for what; every request and every answer is held against the published description.
import type { Caller } from './caller.ts'
import { checkOperations } from './checks.ts'
import { deploymentOperations } from './deployments.ts'
import { type Description, type Operation, publishedDescription } from './description.ts'
import type { Faults } from './faults.ts'
import { installationOperations } from './installations.ts'
import { type Limits, secondaryLimit } from './limits.ts'
import { manifestOperations } from './manifest.ts'
import { type Answer, authorize, type Call, type Operations, type Parts } from './operation.ts'
import { notFound, Refusal } from './refusal.ts'
import { repositoryOperations } from './repositories.ts'
import { fullNameOf, type Json, newGuid, type State } from './state.ts'

export interface Asked {
  readonly method: string
  /** With the query. */
  readonly path: string
  readonly status: number
}

// It may run for days.
const remembered = 20_000

export interface Api {
  readonly answer: (request: Request) => Promise<Response>
  readonly calls: readonly Asked[]
  /** Requests that GitHub would not have understood, and answers of ours that it would not have given. */
  readonly violations: readonly string[]
}

const operations: Operations = {
  ...installationOperations,
  ...repositoryOperations,
  ...checkOperations,
  ...deploymentOperations,
  ...manifestOperations,
}

export interface ApiOptions extends Parts {
  readonly limits: Limits
  readonly faults: Faults
}

export function githubApi(options: ApiOptions): Api {
  const calls: Asked[] = []
  const violations: string[] = []
  const serve = server(options, publishedDescription(), (text) => violations.push(text))
  return {
    calls,
    violations,
    answer: async (request) => {
      const url = new URL(request.url)
      const path = url.pathname.slice('/api/v3'.length)
      const answer = await serve(request, path, url.searchParams).catch((error: unknown) => {
        if (error instanceof Refusal) return error
        violations.push(`${request.method} ${path}: ${error instanceof Error ? error.stack : error}`)
        return new Refusal(500, 'Server Error')
      })
      calls.push({ method: request.method, path: `${path}${url.search}`, status: answer.status })
      if (calls.length > remembered) calls.shift()
      return respond(options.state, answer)
    },
  }
}

type Serve = (request: Request, path: string, query: URLSearchParams) => Promise<Answer>

function server(
  { limits, faults, ...parts }: ApiOptions,
  description: Description,
  violated: (text: string) => void,
): Serve {
  return async (request, asked, query) => {
    const { method } = request
    const fault = faults.ofCall(method, asked)
    if (fault && !fault.after) throw refusalOf(fault)
    if (!request.headers.get('user-agent'))
      throw new Refusal(403, 'Request forbidden by administrative rules.')
    const caller = parts.callers.of(request.headers.get('authorization'))
    const path = pathByName(parts.state, asked)
    const left = limits.spend(nameOf(caller), method, method !== 'GET' && path.startsWith('/repos/'))
    const operation = description(method, path)
    const one = operation && operations[operation.id]
    if (!one) {
      violated(`${method} ${path}: the local GitHub does not serve this`)
      throw notFound()
    }
    const body = await bodyOf(request)
    const parameters = { ...operation.parameters, path }
    const call: Call = { ...parts, caller, method, parameters, query, body: (body ?? {}) as Json }
    authorize(call, one.needs)
    checkRequest(operation, query, body, (text) => violated(`${method} ${path}: ${text}`))
    const answer = await one.answer(call)
    checkAnswer(operation, answer)
    if (fault) throw refusalOf(fault)
    return { ...answer, headers: { ...left, ...answer.headers } }
  }
}

/** A repository is found by its number too: that is where requests for its old name are sent. */
function pathByName(state: State, path: string): string {
  const [, id, rest = ''] = /^\/repositories\/(\d+)(\/.*)?$/.exec(path) ?? []
  if (id === undefined) return path
  const repository = state.repositories.find((one) => String(one.id) === id)
  if (!repository) throw notFound()
  return `/repos/${fullNameOf(repository)}${rest}`
}

async function bodyOf(request: Request): Promise<unknown> {
  const text = await request.text()
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    throw new Refusal(400, 'Problems parsing JSON')
  }
}

function checkRequest(
  operation: Operation,
  query: URLSearchParams,
  body: unknown,
  violated: (text: string) => void,
): void {
  for (const name of operation.unknown(query, body)) violated(`${name} is nothing that GitHub knows`)
  const problems = operation.request(query, body)
  if (problems.length === 0) return
  violated(problems.join('; '))
  throw new Refusal(422, `Invalid request.\n\n${problems.join('\n')}`)
}

function checkAnswer(operation: Operation, { status, body }: Answer): void {
  const problems = operation.answer(status, JSON.parse(JSON.stringify(body ?? null)))
  if (problems.length > 0) throw new Error(`GitHub would not answer like this: ${problems.join('; ')}`)
}

function refusalOf({ status, retryAfter }: NonNullable<Faults['now']['api']>): Refusal {
  if (status === 403 || status === 429) return secondaryLimit(retryAfter ?? 60, status)
  const headers = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }
  return new Refusal(status, 'Server Error', { headers })
}

function nameOf(caller: Caller): string {
  if (caller.kind === 'app') return `app ${caller.app.id}`
  if (caller.kind === 'installation') return `installation ${caller.token.installation.id}`
  return caller.kind === 'user' ? `user ${caller.login}` : 'nobody'
}

function respond(state: State, { status, body, headers }: Answer): Response {
  return new Response(body === undefined ? null : JSON.stringify(body), {
    status,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      date: new Date(state.now()).toUTCString(),
      'x-github-request-id': newGuid(),
      'x-github-enterprise-version': '3.19.0',
      ...headers,
    },
  })
}
