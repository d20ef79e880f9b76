// What Slipway asks of GitHub when it is registered there: permissions, events, addresses. Pure.
import { Exit, exitCodes } from './exit.ts'

export type Level = 'read' | 'write'

/** Each with what it is for, as people are told. */
export const neededPermissions: Readonly<Record<string, readonly [Level, string]>> = {
  metadata: ['read', 'which repositories there are, and who may write to them'],
  contents: ['read', 'slipway.yaml and the sources that are built'],
  checks: ['write', 'the release on its commit, and its buttons'],
  deployments: ['write', 'which commit is in which environment'],
  statuses: ['write', 'the release on its commit where checks are not allowed'],
  pull_requests: ['read', 'what a pull request would change'],
}

/** Installations are told of without being asked for. */
export const neededEvents = [
  'push',
  'create',
  'delete',
  'check_run',
  'check_suite',
  'pull_request',
  'repository',
] as const

export interface Wish {
  readonly name: string
  /** Where GitHub sends what happens; absent: nowhere. */
  readonly webhook: string | undefined
  /** Where GitHub sends the browser back to. */
  readonly callback: string
  readonly web: string
}

/** As GitHub's manifest flow takes it. */
export function manifest({ name, webhook, callback, web }: Wish) {
  return {
    name,
    url: webhook === undefined ? web : new URL(webhook).origin,
    redirect_url: callback,
    public: false,
    ...(webhook !== undefined && {
      hook_attributes: { url: webhook, active: true },
      default_events: neededEvents,
    }),
    default_permissions: Object.fromEntries(
      Object.entries(neededPermissions).map(([permission, [level]]) => [permission, level]),
    ),
  }
}

/** A GitHub: what people open, and what programs ask. */
export interface Place {
  readonly web: string
  readonly api: string
}

/** By either address: github.com, one with data residency (`*.ghe.com`), or GitHub Enterprise Server. */
export function placeOf(text: string): Place {
  const { protocol, host, hostname } = httpAddress(text, 'GitHub')
  const bare = host.replace(/^api\.(?=github\.com$|[^.]+\.ghe\.com$)/, '')
  const web = `${protocol}//${bare}`
  const beside = hostname === 'github.com' || hostname === 'api.github.com' || hostname.endsWith('.ghe.com')
  return { web, api: beside ? `${protocol}//api.${bare}` : `${web}/api/v3` }
}

export const registerAddress = ({ web }: Place, org: string | undefined, state: string): string =>
  `${web}${org === undefined ? '' : `/organizations/${encodeURIComponent(org)}`}/settings/apps/new?state=${state}`

/** Where Slipway's api takes GitHub's deliveries. */
const webhookPath = '/webhooks/github'

/** An address without a path means the api itself. */
export function webhookAddress(text: string, { web }: Place): string {
  const url = httpAddress(text, 'the webhook')
  if (isLoopback(url.hostname) && !isLoopback(new URL(web).hostname)) {
    throw new Exit(exitCodes.usage, `GitHub cannot reach ${url.host}: it is this machine's own address`, {
      advice:
        'Give the address that others reach Slipway at, or leave --webhook-url out: then branches are looked at once a minute.',
    })
  }
  return `${url.origin}${url.pathname === '/' ? webhookPath : url.pathname}`
}

const isLoopback = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127\./.test(hostname)

/** Unencrypted only on this machine: what travels is the key to everything else. */
function httpAddress(text: string, of: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const safe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname))
  if (url && safe && !url.username && !url.password) return url
  throw new Exit(exitCodes.usage, `cannot use this address of ${of}: it must be https, without credentials`, {
    advice: 'Such as: https://github.example.com',
  })
}
