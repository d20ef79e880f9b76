// How Slipway stands at GitHub: read as the App, and held against what it needs.
import { z } from 'zod'
import type { Answer, Exchange, Request } from '../platform/github/exchange.ts'
import { neededEvents, neededPermissions } from './github-manifest.ts'
import { harmless } from './screen.ts'

/** GitHub, asked as the App itself, or with a token that it gave for one of its installations. */
export interface AtGithub {
  readonly asApp: (request: Request) => Promise<Answer>
  readonly withToken: Exchange
}

export interface Standing {
  readonly app: {
    readonly id: number
    readonly name: string
    readonly slug: string
    readonly settings: string
  }
  /** Where one installs it. */
  readonly install: string
  /** Where GitHub sends what happens; absent: nowhere. */
  readonly webhook?: string
  readonly missing: { readonly permissions: readonly string[]; readonly events: readonly string[] }
  readonly installations: readonly Installation[]
  /** The last ten, newest first. */
  readonly deliveries: readonly Delivery[]
}

export interface Installation {
  readonly account: string
  /** Where its owner changes it. */
  readonly settings: string
  readonly suspended: boolean
  readonly all: boolean
  /** How many it reaches; absent while it is suspended, or where GitHub does not say. */
  readonly repositories?: number
  /** What the App asks for and its owner has not granted. */
  readonly missing: readonly string[]
}

export interface Delivery {
  /** The same when it is delivered again. */
  readonly guid: string
  /** Milliseconds since the epoch. */
  readonly at: number
  /** `check_run.requested_action`. */
  readonly event: string
  /** GitHub's word, and the HTTP status that it got; 0: none. */
  readonly status: string
  readonly code: number
}

export async function standing(github: AtGithub): Promise<Standing> {
  const [app, hook, installed, deliveries] = await Promise.all([
    read(github, App, '/app'),
    read(github, Hook, '/app/hook/config').catch(without),
    read(github, Installed, '/app/installations?per_page=100'),
    read(github, Deliveries, '/app/hook/deliveries?per_page=10').catch(without),
  ])
  const permissions = lacking(app.permissions)
  return {
    app: { id: app.id, name: app.name, slug: app.slug, settings: settingsOf(app) },
    install: `${app.html_url}/installations/new`,
    ...(hook?.url && { webhook: hook.url }),
    missing: {
      permissions,
      events: hook?.url ? neededEvents.filter((event) => !app.events.includes(event)) : [],
    },
    installations: await Promise.all(installed.map((one) => installationOf(github, one, permissions))),
    deliveries: deliveries ?? [],
  }
}

/** Written by others. */
const Text = z.string().transform(harmless)
const Levels = z.record(z.string(), z.string()).default({})
const App = z.object({
  id: z.number(),
  slug: Text,
  name: Text,
  html_url: z.url(),
  owner: z.object({ login: Text, type: z.string().optional() }),
  permissions: Levels,
  events: z.array(z.string()).default([]),
})
const Hook = z.object({ url: Text.optional() })
const Installed = z.array(
  z.object({
    id: z.number(),
    account: z.object({ login: Text.optional(), slug: Text.optional() }).nullish(),
    html_url: Text.default(''),
    repository_selection: z.string().default('selected'),
    permissions: Levels,
    suspended_at: z.string().nullish(),
  }),
)
const Deliveries = z.array(
  z
    .object({
      guid: Text,
      delivered_at: z.iso.datetime({ offset: true }),
      event: Text,
      action: Text.nullish(),
      status: Text,
      status_code: z.number(),
    })
    .transform(({ guid, delivered_at, event, action, status, status_code }): Delivery => {
      const at = Date.parse(delivered_at)
      return { guid, at, event: action ? `${event}.${action}` : event, status, code: status_code }
    }),
)

async function read<T>({ asApp }: AtGithub, schema: z.ZodType<T>, path: string): Promise<T> {
  return parsed(schema, path, await asApp({ method: 'GET', path }))
}

function parsed<T>(schema: z.ZodType<T>, path: string, { body }: Answer): T {
  const read = schema.safeParse(body)
  if (read.success) return read.data
  const [wrong] = read.error.issues
  const where = wrong?.path.join('.')
  throw new Error(`cannot read GitHub's answer to ${path.split('?')[0]}: ${where}: ${wrong?.message}`)
}

/** An App without a webhook has neither its configuration nor deliveries. */
function without(error: { readonly status?: number }): undefined {
  if (error.status !== 404) throw error
}

async function installationOf(
  github: AtGithub,
  installed: z.infer<typeof Installed>[number],
  notAsked: readonly string[],
): Promise<Installation> {
  const { id, account, html_url: settings, repository_selection: selection, permissions } = installed
  const suspended = Boolean(installed.suspended_at)
  const repositories = suspended ? undefined : await repositoriesOf(github, id)
  return {
    account: account?.login ?? account?.slug ?? `${id}`,
    settings,
    suspended,
    all: selection === 'all',
    ...(repositories !== undefined && { repositories }),
    missing: lacking(permissions).filter((permission) => !notAsked.includes(permission)),
  }
}

const Token = z.object({ token: z.string().min(1) })
const Count = z.object({ total_count: z.number() })

/** Only the installation itself is told; the token that asks can do nothing else, and is not kept. */
async function repositoriesOf({ asApp, withToken }: AtGithub, id: number): Promise<number | undefined> {
  const tokens = `/app/installations/${id}/access_tokens`
  const body = { permissions: { metadata: 'read' } }
  const { token } = parsed(Token, tokens, await asApp({ method: 'POST', path: tokens, body }))
  const path = '/installation/repositories?per_page=1'
  const counted = await withToken({ method: 'GET', path }, token)
  return counted.status === 200 ? parsed(Count, path, counted).total_count : undefined
}

const strength = ['none', 'read', 'write', 'admin']

/** `checks: write`, for each that is not granted, or not enough of it. */
const lacking = (granted: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries(neededPermissions)
    .filter(([name, [level]]) => strength.indexOf(granted[name] ?? 'none') < strength.indexOf(level))
    .map(([name, [level]]) => `${name}: ${level}`)

function settingsOf({ html_url: page, slug, owner }: z.infer<typeof App>): string {
  const of = owner.type === 'Organization' ? `/organizations/${owner.login}` : ''
  return `${new URL(page).origin}${of}/settings/apps/${slug}`
}
