// Makes an App from a manifest: a person agrees to it on a page, and within the hour its code is changed for the App's key.
import { randomBytes } from 'node:crypto'
import { appShown } from './accounts.ts'
import { newKey } from './key.ts'
import { created, type Operations } from './operation.ts'
import { notFound } from './refusal.ts'
import { type App, type Json, type Permissions, type State, timeOf, type User } from './state.ts'

export interface Manifest {
  readonly name: string
  readonly url: string
  readonly redirect_url: string
  readonly hook_attributes?: { readonly url: string; readonly active?: boolean }
  readonly default_permissions: Permissions
  readonly default_events: readonly string[]
}

/** What the manifest says, or what is wrong with it. */
export function manifestOf(text: string): Manifest | string {
  let manifest: Partial<Manifest>
  try {
    manifest = JSON.parse(text)
  } catch {
    return 'The manifest is no JSON.'
  }
  const { name = 'An App', default_permissions = {}, default_events = [] } = manifest
  const { url = '', redirect_url = '' } = manifest
  if (!/^https?:\/\//.test(url)) return 'The manifest needs a url that begins with http:// or https://.'
  if (!/^https?:\/\//.test(redirect_url)) return 'The manifest needs a redirect_url.'
  if (name.length > 34) return 'The name is longer than 34 characters.'
  const deaf = default_events.find((event) => !isHeard(event, default_permissions))
  if (deaf !== undefined) return `The event ${deaf} needs a permission that the manifest does not ask for.`
  return { ...manifest, name, url, redirect_url, default_permissions, default_events }
}

/** An event is sent to those who may see what it is about. */
const heardBy: Readonly<Record<string, string>> = {
  push: 'contents',
  create: 'contents',
  delete: 'contents',
  check_run: 'checks',
  check_suite: 'checks',
  deployment: 'deployments',
  deployment_status: 'deployments',
  status: 'statuses',
  pull_request: 'pull_requests',
  repository: 'metadata',
}

const isHeard = (event: string, permissions: Permissions) => {
  const permission = heardBy[event]
  return permission !== undefined && (permission === 'metadata' || permission in permissions)
}

/** Returns the code that is worth the App once. */
export function offerApp(state: State, manifest: Manifest, owner: User): string {
  const code = randomBytes(20).toString('hex')
  state.offers.set(code, { app: appFrom(state, manifest, owner), until: state.now() + 3_600_000 })
  return code
}

function appFrom(state: State, manifest: Manifest, owner: User): App {
  const { hook_attributes: hook } = manifest
  return {
    id: state.nextId(),
    clientId: newClientId(),
    slug: freeSlug(state, manifest.name),
    name: manifest.name,
    owner,
    externalUrl: manifest.url,
    permissions: { metadata: 'read', ...manifest.default_permissions },
    events: manifest.default_events,
    createdAt: timeOf(state.now()),
    privateKey: newKey(),
    webhookSecret: randomBytes(32).toString('hex'),
    webhookUrl: hook?.active === false ? undefined : hook?.url,
  }
}

export const newClientId = (): string => `Iv23li${randomBytes(7).toString('hex')}`

function freeSlug({ apps }: State, name: string): string {
  const slug = name.toLowerCase().replace(/[^a-z0-9]+/g, '-')
  const taken = apps.filter((one) => one.slug === slug || one.slug.startsWith(`${slug}-`)).length
  return taken === 0 ? slug : `${slug}-${taken + 1}`
}

export const manifestOperations: Operations = {
  'apps/create-from-manifest': {
    needs: 'nobody',
    answer: ({ state, parameters }) => {
      const { code = '' } = parameters
      const offer = state.offers.get(code)
      state.offers.delete(code)
      if (!offer || offer.until <= state.now()) throw notFound()
      state.apps.push(offer.app)
      return created(appWithSecrets(state, offer.app))
    },
  },
}

const appWithSecrets = (state: State, app: App): Json => ({
  ...appShown(state, app),
  client_id: app.clientId,
  client_secret: randomBytes(20).toString('hex'),
  webhook_secret: app.webhookSecret,
  pem: app.privateKey,
})
