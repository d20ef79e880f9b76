// The App itself, where it is installed, the tokens it gets there, and what became of its webhooks.
import { appShown, installationShown } from './accounts.ts'
import type { Token } from './caller.ts'
import { type Call, created, type Operations, ok, page, repositoryOf, sees } from './operation.ts'
import { notFound, Refusal } from './refusal.ts'
import { repositoryShown } from './repositories.ts'
import {
  type App,
  apiOf,
  type Installation,
  installationOf,
  type Json,
  type Permissions,
  type Repository,
  timeOf,
} from './state.ts'
import type { Delivery } from './webhooks.ts'

export const installationOperations: Operations = {
  'apps/get-authenticated': {
    needs: 'app',
    answer: (call) => {
      const installations_count = call.state.installations.filter(({ app }) => app === appOf(call)).length
      return ok({ ...appShown(call.state, appOf(call)), installations_count })
    },
  },
  'apps/list-installations': { needs: 'app', answer: listInstallations },
  'apps/get-installation': {
    needs: 'app',
    answer: (call) => ok(installationShown(call.state, installationAsked(call))),
  },
  'apps/get-repo-installation': { needs: 'app', answer: repositoryInstallation },
  'apps/create-installation-access-token': { needs: 'app', answer: createToken },
  'apps/list-repos-accessible-to-installation': { needs: 'installation', answer: listRepositories },
  'apps/get-webhook-config-for-app': { needs: 'app', answer: webhookConfig },
  'apps/list-webhook-deliveries': { needs: 'app', answer: listDeliveries },
  'apps/get-webhook-delivery': { needs: 'app', answer: (call) => ok(deliveryInFull(deliveryOf(call))) },
  'apps/redeliver-webhook-delivery': {
    needs: 'app',
    answer: (call) => {
      call.webhooks.redeliver(deliveryOf(call))
      return { status: 202, body: {} }
    },
  },
}

function appOf({ caller }: Call): App {
  if (caller.kind === 'app') return caller.app
  throw new Refusal(401, 'A JSON web token could not be decoded')
}

function listInstallations(call: Call) {
  const all = call.state.installations.filter(({ app }) => app === appOf(call))
  const { items, headers } = page(call, all)
  return { status: 200, body: items.map((one) => installationShown(call.state, one)), headers }
}

function installationAsked(call: Call): Installation {
  const { installation_id: id } = call.parameters
  const found = call.state.installations.find((one) => String(one.id) === id && one.app === appOf(call))
  if (!found) throw notFound()
  return found
}

function repositoryInstallation(call: Call) {
  const installation = installationOf(call.state, appOf(call), repositoryOf(call))
  if (!installation) throw notFound()
  return ok(installationShown(call.state, installation))
}

function createToken(call: Call) {
  const { state, callers, body } = call
  const installation = installationAsked(call)
  const repositories = narrowed(call, installation)
  const permissions = (body.permissions as Permissions | undefined) ?? installation.app.permissions
  refuseMoreThanGranted(permissions, installation.app.permissions)
  const token = callers.issue({
    installation,
    repositories,
    permissions: { metadata: 'read', ...permissions },
  })
  return created({
    token: token.text,
    expires_at: timeOf(token.expiresAt),
    permissions: token.permissions,
    repository_selection: repositories ? 'selected' : 'all',
    ...(repositories ? { repositories: repositories.map((one) => repositoryShown(state, one)) } : {}),
  })
}

function narrowed({ state, body }: Call, { account }: Installation): Token['repositories'] {
  const names = (body.repositories ?? []) as readonly string[]
  const ids = (body.repository_ids ?? []) as readonly number[]
  if (names.length + ids.length === 0) return undefined
  if (names.length + ids.length > 500) throw new Refusal(422, 'At most 500 repositories can be named.')
  const own = state.repositories.filter(({ owner }) => owner.login === account.login)
  const found = [
    ...names.map((name) => own.find((one) => one.name === name)),
    ...ids.map((id) => own.find((one) => one.id === id)),
  ].filter((one): one is Repository => one !== undefined)
  if (found.length === names.length + ids.length) return found
  throw new Refusal(
    422,
    'There is at least one repository that does not exist or is not accessible to the parent installation.',
  )
}

function refuseMoreThanGranted(asked: Permissions, granted: Permissions): void {
  const more = Object.entries(asked).some(
    ([name, level]) => name !== 'metadata' && granted[name] !== 'write' && granted[name] !== level,
  )
  if (more) throw new Refusal(422, 'The permissions requested are not granted to this installation.')
}

function listRepositories(call: Call) {
  const { state, caller } = call
  const all = state.repositories.filter((one) => sees(state, caller, one))
  const { items, headers } = page(call, all)
  const repositories = items.map((one) => repositoryShown(state, one))
  return { status: 200, body: { total_count: all.length, repositories }, headers }
}

function webhookConfig(call: Call) {
  const { webhookUrl } = appOf(call)
  return ok({
    content_type: 'json',
    insecure_ssl: '0',
    secret: '********',
    ...(webhookUrl ? { url: webhookUrl } : {}),
  })
}

/** Newest first; the cursor is the last delivery that was shown. */
function listDeliveries(call: Call) {
  const { state, webhooks, query } = call
  const wanted = { success: true, failure: false }[query.get('status') ?? '']
  const before = Number(query.get('cursor') ?? Number.POSITIVE_INFINITY)
  const size = Math.min(Number(query.get('per_page') ?? 30), 100)
  const all = webhooks.deliveries
    .filter(({ app, id }) => app === appOf(call) && id < before)
    .filter(({ statusCode }) => wanted === undefined || isGood(statusCode) === wanted)
    .toSorted((one, other) => other.id - one.id)
  const items = all.slice(0, size)
  const rest = new URLSearchParams([...query, ['cursor', String(items.at(-1)?.id)]])
  rest.set('cursor', String(items.at(-1)?.id))
  const link = `<${apiOf(state)}/app/hook/deliveries?${rest}>; rel="next"`
  return { status: 200, body: items.map(deliveryInBrief), headers: all.length > size ? { link } : {} }
}

const isGood = (statusCode: number) => statusCode >= 200 && statusCode < 300

function deliveryOf(call: Call): Delivery {
  const { delivery_id: id } = call.parameters
  const found = call.webhooks.deliveries.find((one) => String(one.id) === id && one.app === appOf(call))
  if (!found) throw notFound()
  return found
}

export function deliveryInBrief(delivery: Delivery): Json {
  const { payload } = delivery
  return {
    id: delivery.id,
    guid: delivery.guid,
    delivered_at: delivery.deliveredAt,
    redelivery: delivery.redelivery,
    duration: delivery.duration,
    status: delivery.status,
    status_code: delivery.statusCode,
    event: delivery.event,
    action: payload.action ?? null,
    installation_id: idOf(payload.installation),
    repository_id: idOf(payload.repository),
    throttled_at: null,
  }
}

const idOf = (value: unknown) => (value as { readonly id?: number } | undefined)?.id ?? null

const deliveryInFull = (delivery: Delivery): Json => ({
  ...deliveryInBrief(delivery),
  url: delivery.url,
  request: { headers: delivery.headers, payload: delivery.payload },
  response: delivery.response,
})
