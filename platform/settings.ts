// What the worker and the api are told by their environment: parsed once, at the start, before anything is constructed.
import { readFileSync } from 'node:fs'
import { z } from 'zod'

/** The worker's settings. Every problem is named at once, by its variable; values are not repeated, they may hold secrets. */
export const workerSettings = (environment: Environment = process.env): WorkerSettings =>
  parse('worker', WorkerVariables, environment)

/** The api's settings. */
export const apiSettings = (environment: Environment = process.env): ApiSettings =>
  parse('api', ApiVariables, environment)

/** A secret, read when it is used: it is never kept, and may be replaced while the program runs. */
export function readSecret(file: string): string {
  const secret = readFileSync(file, 'utf8').trim()
  if (secret === '') throw new Error(`the secret in ${file} is empty; write it there and try again`)
  return secret
}

type Environment = Readonly<Record<string, string | undefined>>

const Text = z.string().min(1, 'must not be empty')
const Path = z.string().startsWith('/', 'must be an absolute path')
const Url = z
  .url({ protocol: /^https?$/, error: 'must be an http or https URL', abort: true })
  .refine((url) => !new URL(url).username && !new URL(url).password, 'must not carry credentials')
  .transform((url) => url.replace(/\/+$/, ''))
const Origin = Url.refine((url) => {
  const { pathname, search, hash } = new URL(url)
  return pathname === '/' && search === '' && hash === ''
}, 'must be no more than http or https, a host and a port').transform((url) => new URL(url).origin)
const HostAndPort = z
  .string()
  .regex(/^(\[[0-9a-fA-F:]+\]|[^\s:,]+):\d{1,5}$/, 'must be <host>:<port>')
  .transform((text) => {
    const colon = text.lastIndexOf(':')
    return { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) }
  })
  .refine(({ port }) => port <= 65535, 'must have a port of at most 65535')
const Listen = z
  .string()
  .transform((text) => text.split(',').map((one) => one.trim()))
  .pipe(z.array(HostAndPort).min(1))
const Gateway = z
  .string()
  .regex(/^[a-z0-9-]+\/[a-z0-9.-]+$/, 'must be <namespace>/<name>')
  .transform((text) => ({ namespace: text.split('/')[0] ?? '', name: text.split('/')[1] ?? '' }))
const Installations = z
  .string()
  .regex(/^\d+(,\d+)*$/, 'must be installation ids, separated by commas')
  .transform((text) => text.split(',').map(Number))
const Address = z
  .string()
  .regex(/^https?:\/\/[^/]*\{host\}/, 'must be an http or https URL with {host} in it')
const Switch = z.enum(['true', 'false'], 'must be true or false').transform((text) => text === 'true')

const shared = {
  SLIPWAY_KUBECONFIG: Path.optional(),
  TEMPORAL_ADDRESS: Text,
  TEMPORAL_NAMESPACE: Text.default('default'),
  SLIPWAY_APP_NAMESPACE: Text.default('default'),
  SLIPWAY_GIT_URL: Url.optional(),
  SLIPWAY_GITHUB_URL: Url.default('https://api.github.com'),
  SLIPWAY_GITHUB_APP_ID: z.coerce.number('must be a number').int().min(1).optional(),
  SLIPWAY_GITHUB_KEY_FILE: Path.optional(),
}
type Shared = z.infer<z.ZodObject<typeof shared>>

/** An App with half of what it proves itself by would be one without: whoever sets the one means the other. */
function wholeGitHubApp({ value, issues }: z.core.ParsePayload<Shared>): void {
  const pair = ['SLIPWAY_GITHUB_APP_ID', 'SLIPWAY_GITHUB_KEY_FILE'] as const
  const [missing, ...others] = pair.filter((name) => value[name] === undefined)
  if (!missing || others.length > 0) return
  issues.push({ code: 'custom', path: [missing], message: 'is missing', input: undefined })
}

/** The GitHub App that Slipway is; undefined: it talks to no GitHub. */
const githubApp = (variables: Shared) => {
  const {
    SLIPWAY_GITHUB_URL: url,
    SLIPWAY_GITHUB_APP_ID: appId,
    SLIPWAY_GITHUB_KEY_FILE: keyFile,
  } = variables
  return appId !== undefined && keyFile !== undefined ? { url, appId, keyFile } : undefined
}
export type GitHubAppSettings = NonNullable<ReturnType<typeof githubApp>>

const WorkerVariables = z
  .object({
    ...shared,
    SLIPWAY_PROMETHEUS_URL: Url,
    SLIPWAY_GATEWAY: Gateway,
    SLIPWAY_GATEWAY_URL: Url,
    SLIPWAY_REGISTRY: Text,
    SLIPWAY_REGISTRY_INSECURE: Switch.default(false),
    SLIPWAY_BUILD_IMAGE: Text,
    SLIPWAY_BUILD_NAMESPACE: Text.default('slipway-builds'),
    SLIPWAY_GIT_FETCH_TOKEN_FILE: Path.optional(),
    SLIPWAY_HOOK_KEY_FILE: Path.optional(),
    SLIPWAY_HOOKS_ON_LOOPBACK: Switch.default(false),
    K_SINK: Url.optional(),
    K_CE_OVERRIDES: Text.optional(),
    SLIPWAY_PAGE_URL: Origin.optional(),
    SLIPWAY_APP_ADDRESS: Address.default('https://{host}'),
    SLIPWAY_LISTEN: Listen.default([{ host: '127.0.0.1', port: 8091 }]),
    SLIPWAY_TELEMETRY_LISTEN: HostAndPort.default({ host: '127.0.0.1', port: 8092 }),
  })
  .check(wholeGitHubApp)
  .transform((variables) => ({
    kubeconfig: variables.SLIPWAY_KUBECONFIG,
    temporal: { address: variables.TEMPORAL_ADDRESS, namespace: variables.TEMPORAL_NAMESPACE },
    appNamespace: variables.SLIPWAY_APP_NAMESPACE,
    prometheusUrl: variables.SLIPWAY_PROMETHEUS_URL,
    gateway: variables.SLIPWAY_GATEWAY,
    /** The gateway's own configuration endpoint: what it serves is read back here. */
    gatewayUrl: variables.SLIPWAY_GATEWAY_URL,
    registry: { host: variables.SLIPWAY_REGISTRY, insecure: variables.SLIPWAY_REGISTRY_INSECURE },
    build: { image: variables.SLIPWAY_BUILD_IMAGE, namespace: variables.SLIPWAY_BUILD_NAMESPACE },
    git: { url: variables.SLIPWAY_GIT_URL, fetchTokenFile: variables.SLIPWAY_GIT_FETCH_TOKEN_FILE },
    github: githubApp(variables),
    /** What requests to hooks are signed with, and whether a hook may be on the worker's own machine. */
    hooks: { keyFile: variables.SLIPWAY_HOOK_KEY_FILE, loopback: variables.SLIPWAY_HOOKS_ON_LOOPBACK },
    /** Where events go, by the names that Knative gives these; absent = they go nowhere. */
    events: { sink: variables.K_SINK, overrides: variables.K_CE_OVERRIDES },
    /** Where people reach the page about releases, which the api serves; absent = nothing links to it. */
    pageUrl: variables.SLIPWAY_PAGE_URL,
    /** Where an App's users reach it, when its host is put in. */
    appAddress: variables.SLIPWAY_APP_ADDRESS,
    listen: variables.SLIPWAY_LISTEN,
    telemetryListen: variables.SLIPWAY_TELEMETRY_LISTEN,
  }))
export type WorkerSettings = z.infer<typeof WorkerVariables>

const ApiVariables = z
  .object({
    ...shared,
    SLIPWAY_GIT_ROOT: Path.optional(),
    SLIPWAY_GIT_PUSH_TOKEN_FILE: Path.optional(),
    SLIPWAY_GIT_FETCH_TOKEN_FILE: Path.optional(),
    SLIPWAY_PUSH_FOLLOW: z.coerce.number('must be seconds').int().min(0).max(3600).default(60),
    SLIPWAY_WEBHOOK_SECRET_FILE: Path.optional(),
    SLIPWAY_GITHUB_INSTALLATIONS: Installations.optional(),
    SLIPWAY_EVENTS_TOKEN_FILE: Path.optional(),
    SLIPWAY_LISTEN: Listen.default([{ host: '127.0.0.1', port: 8090 }]),
  })
  .check(wholeGitHubApp)
  .transform((variables) => ({
    kubeconfig: variables.SLIPWAY_KUBECONFIG,
    temporal: { address: variables.TEMPORAL_ADDRESS, namespace: variables.TEMPORAL_NAMESPACE },
    appNamespace: variables.SLIPWAY_APP_NAMESPACE,
    git: {
      /** Where the bare repositories of the built-in git remote lie; absent = there is no such remote. */
      root: variables.SLIPWAY_GIT_ROOT,
      url: variables.SLIPWAY_GIT_URL,
      pushTokenFile: variables.SLIPWAY_GIT_PUSH_TOKEN_FILE,
      fetchTokenFile: variables.SLIPWAY_GIT_FETCH_TOKEN_FILE,
    },
    /** Milliseconds that a pusher is told of the release before being let go. */
    pushFollow: variables.SLIPWAY_PUSH_FOLLOW * 1000,
    webhookSecretFile: variables.SLIPWAY_WEBHOOK_SECRET_FILE,
    /** The GitHub App installations that are listened to; absent = each that signs with the secret. */
    githubInstallations: variables.SLIPWAY_GITHUB_INSTALLATIONS,
    github: githubApp(variables),
    /** What a bearer shows who sends CloudEvents; absent = none are taken. */
    eventsTokenFile: variables.SLIPWAY_EVENTS_TOKEN_FILE,
    listen: variables.SLIPWAY_LISTEN,
  }))
export type ApiSettings = z.infer<typeof ApiVariables>

function parse<Schema extends z.ZodType>(
  program: string,
  variables: Schema,
  environment: Environment,
): z.infer<Schema> {
  // An empty variable is how shells and manifests say "not set".
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value))
  const parsed = variables.safeParse(given)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map((issue) => {
    const name = String(issue.path[0])
    return `${name} ${given[name] === undefined ? 'is missing' : issue.message}`
  })
  throw new Error(
    `cannot start the ${program}: ${problems.join('; ')}. Set the environment and start it again.`,
  )
}
