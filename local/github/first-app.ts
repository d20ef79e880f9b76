// The App that is there from the beginning, as if somebody had made it: with its key, its rights and its webhook.
import { randomBytes } from 'node:crypto'
import { newKey } from './key.ts'
import { newClientId } from './manifest.ts'
import { type App, type Permissions, type State, timeOf, userNamed } from './state.ts'

export interface FirstApp {
  readonly webhook?: { readonly url: string; readonly secret: string }
  /** What is already known of it elsewhere. */
  readonly app?: { readonly id?: number; readonly privateKey?: string; readonly permissions?: Permissions }
}

const permissions: Permissions = {
  metadata: 'read',
  contents: 'read',
  checks: 'write',
  deployments: 'write',
  statuses: 'write',
  pull_requests: 'read',
}
const events = ['push', 'create', 'delete', 'check_run', 'check_suite', 'pull_request', 'repository']

export function firstApp(state: State, { app = {}, webhook }: FirstApp): App {
  const one: App = {
    id: app.id ?? state.nextId(),
    clientId: newClientId(),
    slug: 'slipway',
    name: 'Slipway',
    owner: userNamed(state, 'acme', 'Organization'),
    externalUrl: 'https://example.com/slipway',
    permissions: app.permissions ?? permissions,
    events,
    createdAt: timeOf(state.now()),
    privateKey: app.privateKey ?? newKey(),
    webhookSecret: webhook?.secret ?? randomBytes(32).toString('hex'),
    webhookUrl: webhook?.url,
  }
  state.apps.push(one)
  return one
}
