// Makes an App from a manifest with one click, and installs it with another.
import { html } from 'hono/html'
import { install, uninstall } from '../installing.ts'
import { type Manifest, manifestOf, offerApp } from '../manifest.ts'
import type { Parts } from '../operation.ts'
import { type App, type State, userNamed } from '../state.ts'
import { type Html, pageOf } from './layout.ts'
import type { Pages } from './page.ts'

export function appPages(pages: Pages, parts: Pick<Parts, 'state' | 'webhooks'>): void {
  manifestPages(pages, parts.state)
  installationPages(pages, parts)
}

function manifestPages(pages: Pages, state: State): void {
  for (const path of ['/settings/apps/new', '/organizations/:owner/settings/apps/new']) {
    pages.get(path, (context) => still(context.var.visitor, 'New GitHub App', askForManifest))
    pages.post(path, async (context) => {
      const { manifest: text } = await context.req.parseBody()
      const manifest = manifestOf(String(text))
      if (typeof manifest === 'string') {
        const page = await still(context.var.visitor, 'New GitHub App', refused(manifest))
        return new Response(page.body, { status: 422, headers: page.headers })
      }
      const about = {
        manifest,
        text: String(text),
        path: `${context.req.path}/from-manifest`,
        state: context.req.query('state'),
      }
      return still(context.var.visitor, 'Create GitHub App', confirm(about))
    })
    pages.post(`${path}/from-manifest`, async (context) => {
      const { manifest: text, state: echoed } = await context.req.parseBody()
      const manifest = manifestOf(String(text))
      if (typeof manifest === 'string') return context.text(`${manifest}\n`, 422)
      const owner = context.req.param('owner' as never) as string | undefined
      const code = offerApp(state, manifest, ownerOf(state, owner, context.var.visitor.login))
      const back = new URL(manifest.redirect_url)
      back.searchParams.set('code', code)
      if (typeof echoed === 'string' && echoed !== '') back.searchParams.set('state', echoed)
      return context.redirect(String(back), 302)
    })
  }
}

const ownerOf = (state: State, organization: string | undefined, login: string) =>
  organization === undefined ? userNamed(state, login) : userNamed(state, organization, 'Organization')

const still = (
  visitor: { readonly login: string; readonly logins: readonly string[] },
  title: string,
  content: Html,
) => pageOf({ title, ...visitor, formsTo: 'http: https:' }, content)

const askForManifest: Html = html`
  <h1>New GitHub App</h1>
  <p>An App is made from a manifest that is posted here. <code>slipway github init</code> does that.</p>`

const refused = (why: string): Html => html`<h1>This manifest makes no App</h1><p>${why}</p>`

interface Confirmation {
  readonly manifest: Manifest
  readonly text: string
  readonly path: string
  readonly state: string | undefined
}

const confirm = ({ manifest, text, path, state }: Confirmation): Html => html`
  <h1>Create GitHub App ${manifest.name}</h1>
  <table>
    <tbody>
      <tr><th>Webhooks go to</th><td><code>${manifest.hook_attributes?.url ?? 'nowhere'}</code></td></tr>
      <tr><th>It may</th><td>${Object.entries(manifest.default_permissions).map(([name, level]) => html`${level} ${name}<br>`)}</td></tr>
      <tr><th>It hears of</th><td>${manifest.default_events.join(', ')}</td></tr>
    </tbody>
  </table>
  <form method="post" action="${path}">
    <input type="hidden" name="manifest" value="${text}">
    <input type="hidden" name="state" value="${state ?? ''}">
    <button class="main">Create GitHub App</button>
  </form>`

function installationPages(pages: Pages, parts: Pick<Parts, 'state' | 'webhooks'>): void {
  const { state } = parts
  pages.get('/apps/:slug', (context) => context.redirect(`${context.req.path}/installations/new`))
  pages.get('/apps/:slug/installations/new', (context) => {
    const app = appNamed(state, context.req.param('slug'))
    return app ? still(context.var.visitor, `Install ${app.name}`, places(state, app)) : context.notFound()
  })
  pages.post('/apps/:slug/installations/new', async (context) => {
    const app = appNamed(state, context.req.param('slug'))
    const { install: onto, uninstall: from } = await context.req.parseBody()
    if (!app) return context.notFound()
    const sender = userNamed(state, context.var.visitor.login)
    if (typeof onto === 'string') install(parts, app, onto, sender)
    if (typeof from === 'string') uninstall(parts, app, from, sender)
    return context.redirect(context.req.path, 303)
  })
}

const appNamed = ({ apps }: State, slug: string): App | undefined => apps.find((one) => one.slug === slug)

function places({ repositories, installations }: State, app: App): Html {
  const owners = [...new Set(repositories.map(({ owner }) => owner.login))]
  const isInstalled = (owner: string) =>
    installations.some((one) => one.app === app && one.account.login === owner)
  if (owners.length === 0) return html`<h1>Install ${app.name}</h1><p>There is no repository yet.</p>`
  return html`
    <h1>Install ${app.name}</h1>
    <p>It sees every repository of an account that it is installed on.</p>
    <form method="post" class="wide"><ul class="list">${owners.map(
      (owner) => html`<li><span class="grow">${owner}</span>
        ${isInstalled(owner) ? html`<span class="state success">installed</span>` : ''}
        <button name="${isInstalled(owner) ? 'uninstall' : 'install'}" value="${owner}">${isInstalled(owner) ? 'Uninstall' : 'Install'}</button></li>`,
    )}</ul></form>`
}
