// The pages of this GitHub: commits with their checks, buttons that work, an App that is made or installed by one click.
import { Hono } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'
import { rerequestAll } from '../check-suites.ts'
import { sendCheckRun } from '../checks.ts'
import { folderOf } from '../commits.ts'
import type { Parts } from '../operation.ts'
import { readCommit } from '../repositories.ts'
import { type CheckRun, fullNameOf, type Repository, repositoryNamed, type State } from '../state.ts'
import { appPages } from './app-pages.ts'
import { checksOf } from './checks-page.ts'
import { commitList, repositoryList } from './commits-page.ts'
import { type Html, pageOf, stylesheet } from './layout.ts'

/** Who looks at the pages, and who else could. */
export interface Visitor {
  readonly login: string
  readonly logins: readonly string[]
}

export type Pages = Hono<{ Variables: { readonly visitor: Visitor } }>

/** Answers 404 for what is no page. */
export function githubPages(parts: Pick<Parts, 'state' | 'webhooks'>): Pages {
  const { state } = parts
  const pages: Pages = new Hono()
  pages.use(async (context, next) => {
    const from = context.req.header('origin')
    const foreign = from !== undefined && from !== new URL(context.req.url).origin
    if (context.req.method === 'POST' && foreign && !isManifest(context.req.path)) {
      return context.text('Forbidden\n', 403)
    }
    context.set('visitor', visitorOf(state, getCookie(context, 'login')))
    return next()
  })
  pages.get('/style.css', (context) =>
    context.body(stylesheet, 200, { 'content-type': 'text/css; charset=utf-8' }),
  )
  pages.post('/session', async (context) => {
    const { login } = await context.req.parseBody()
    setCookie(context, 'login', String(login), { httpOnly: true, sameSite: 'Lax', path: '/' })
    return context.redirect(pathOf(context.req.header('referer')), 303)
  })
  appPages(pages, parts)
  repositoryPages(pages, state)
  checkRunPages(pages, parts)
  return pages
}

/** Another site's form begins the making of an App: that is what it is for. */
const isManifest = (path: string) => /^(\/organizations\/[^/]+)?\/settings\/apps\/new$/.test(path)

/** Back to where the form stood, never to another server. */
function pathOf(referer: string | undefined): string {
  return referer !== undefined && URL.canParse(referer) ? new URL(referer).pathname : '/'
}

function visitorOf({ users, apps }: State, asked: string | undefined): Visitor {
  const isRobot = (login: string) => apps.some(({ slug }) => login === `${slug}[bot]`)
  const people = [...users.values()].filter(({ type, login }) => type === 'User' && !isRobot(login))
  const logins = people.map(({ login }) => login)
  return { login: logins.find((login) => login === asked) ?? logins[0] ?? 'nobody', logins }
}

/** What is shown changes by itself. */
const live = (visitor: Visitor, title: string, content: Html) =>
  pageOf({ title, live: true, ...visitor }, content)

function repositoryPages(pages: Pages, state: State): void {
  pages.get('/', (context) => live(context.var.visitor, 'Repositories', repositoryList(state)))
  pages.get('/:owner/:repo', (context) => context.redirect(`${context.req.path}/commits`))
  pages.get('/:owner/:repo/commit/:sha', (context) => context.redirect(`${context.req.path}/checks`))
  pages.get('/:owner/:repo/commits/:branch{.+}?', async (context) => {
    const repository = repositoryAt(state, context.req.param())
    if (!repository) return context.notFound()
    const content = await commitList(state, repository, context.req.param('branch') ?? 'main')
    return live(context.var.visitor, fullNameOf(repository), content)
  })
  pages.get('/:owner/:repo/commit/:sha/checks', async (context) => {
    const repository = repositoryAt(state, context.req.param())
    const commit = repository && (await readCommit(folderOf(state, repository), context.req.param('sha')))
    if (!commit) return context.notFound()
    return live(context.var.visitor, `Checks of ${commit.sha.slice(0, 7)}`, checksOf(repository, commit))
  })
}

function checkRunPages(pages: Pages, parts: Pick<Parts, 'state' | 'webhooks'>): void {
  const { state } = parts
  pages.post('/:owner/:repo/commit/:sha/checks', async (context) => {
    const repository = repositoryAt(state, context.req.param())
    const sender = state.users.get(context.var.visitor.login)
    if (!repository || !sender) return context.notFound()
    await rerequestAll(parts, repository, context.req.param('sha'), sender)
    return context.redirect(context.req.path, 303)
  })
  pages.get('/:owner/:repo/runs/:run', (context) => {
    const found = checkRunAt(state, context.req.param())
    return found ? context.redirect(addressOf(...found)) : context.notFound()
  })
  pages.post('/:owner/:repo/runs/:run', async (context) => {
    const found = checkRunAt(state, context.req.param())
    const sender = state.users.get(context.var.visitor.login)
    if (!found || !sender) return context.notFound()
    const { identifier } = await context.req.parseBody()
    const pressed = typeof identifier === 'string' && identifier !== ''
    const event = pressed
      ? ({ action: 'requested_action', sender, identifier } as const)
      : ({ action: 'rerequested', sender } as const)
    sendCheckRun(parts, ...found, event)
    return context.redirect(addressOf(...found), 303)
  })
}

interface Place {
  readonly owner: string
  readonly repo: string
}

const repositoryAt = (state: State, { owner, repo }: Place) => repositoryNamed(state, `${owner}/${repo}`)

function checkRunAt(
  state: State,
  place: Place & { readonly run: string },
): [Repository, CheckRun] | undefined {
  const repository = repositoryAt(state, place)
  const run = repository?.checkRuns.find(({ id }) => String(id) === place.run)
  return repository && run ? [repository, run] : undefined
}

const addressOf = (repository: Repository, { sha, id }: CheckRun): string =>
  `/${fullNameOf(repository)}/commit/${sha}/checks#run-${id}`
