// The HTTP surface: one table of routes, who may use each, and one door through which failures leave.
import { Hono } from 'hono'
import type { Logger } from 'pino'
import type { Metrics } from './metrics.ts'
import { Problem, problemReply, quoted } from './problem.ts'

/** How a route knows its caller. A route without a row here does not exist. */
export type Access =
  | 'anyone' // says nothing that an outsider may not know
  | 'signature' // proves itself over its own bytes
  | 'events-token' // a bearer token of Slipway's own, for those who only say "look again"
  | 'git-token' // Basic authentication with a token of the git remote
  | 'kubernetes-token' // a bearer token whose owner may do this in the cluster

export interface Route {
  readonly methods: readonly ('GET' | 'POST')[]
  /** As hono writes patterns; also the metrics' label, so that no path of a stranger's making becomes one. */
  readonly path: string
  readonly access: Access
  readonly answer: (request: Request, parameters: Readonly<Record<string, string>>) => Promise<Response>
}

export interface ServerOptions {
  readonly routes: readonly Route[]
  readonly metrics: Pick<Metrics, 'answered'>
  readonly log: Logger
  readonly now?: () => number
}

export function server({ routes, metrics, log, now = Date.now }: ServerOptions): Hono {
  const app = new Hono()
  app.use(async (context, next) => {
    const start = now()
    await next()
    protect(context.res.headers)
    const route = routeOf.get(context.req.raw) ?? 'unmatched'
    const { method } = context.req
    metrics.answered(route, method, context.res.status, (now() - start) / 1000)
    log.debug({ method, route, status: context.res.status }, 'answered')
  })
  const routeOf = new WeakMap<Request, string>()
  for (const { methods, path, answer } of routes) {
    app.all(path, (context) => {
      routeOf.set(context.req.raw, path)
      if (!(methods as readonly string[]).includes(context.req.method)) throw notAllowed(methods)
      return answer(context.req.raw, context.req.param() as Record<string, string>)
    })
  }
  app.notFound((context) => {
    const detail = `there is nothing at ${quoted(context.req.path)}`
    return problemReply(new Problem(404, 'not-found', detail))
  })
  app.onError((error, context) => {
    if (error instanceof Problem) return problemReply(error)
    const route = routeOf.get(context.req.raw)
    log.error({ method: context.req.method, route, error }, 'a request failed')
    return problemReply(new Problem(500, 'internal', 'Slipway could not answer this; its log says why'))
  })
  return app
}

const notAllowed = (methods: readonly string[]) =>
  new Problem(405, 'method-not-allowed', `use ${methods.join(' or ')}`, {
    headers: { allow: methods.join(', ') },
  })

/** No browser shall run, frame or keep any of it, but for the one page that says what it needs. */
function protect(headers: Headers): void {
  headers.set('x-content-type-options', 'nosniff')
  headers.set('referrer-policy', 'no-referrer')
  if (!headers.has('content-security-policy'))
    headers.set('content-security-policy', "default-src 'none'; frame-ancestors 'none'")
  if (!headers.has('cache-control')) headers.set('cache-control', 'no-store')
}
