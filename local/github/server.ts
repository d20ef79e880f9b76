// A GitHub to test against, on this machine: its API, its repositories, its webhooks, its page, and its bad days.
import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { run } from '../process.ts'
import { type Asked, githubApi } from './api.ts'
import { callers } from './caller.ts'
import { checkRunShown, sendCheckRun } from './checks.ts'
import { folderOf, gitSettings } from './commits.ts'
import { commitStatusShown, deploymentShown, statusShown } from './deployments.ts'
import { type Disturbance, noFaults } from './faults.ts'
import { gitRepositories } from './git-http.ts'
import { deliveryInBrief } from './installations.ts'
import { addRepository, install, rename, uninstall } from './installing.ts'
import { newKey } from './key.ts'
import { limits } from './limits.ts'
import { newClientId } from './manifest.ts'
import type { Parts } from './operation.ts'
import { githubPages } from './page/page.ts'
import { pushEvents } from './push.ts'
import {
  type App,
  apiOf,
  type CheckRun,
  emptyState,
  type Json,
  type Permission,
  type Permissions,
  type Repository,
  repositoryNamed,
  type State,
  timeOf,
  userNamed,
} from './state.ts'
import { webhooks } from './webhooks.ts'

export interface GithubOptions {
  /** The first is the one that addresses are made of. */
  readonly listen?: readonly { readonly host: string; readonly port: number }[]
  /** Where bare repositories lie or are made. */
  readonly root: string
  readonly webhook?: { readonly url: string; readonly secret: string }
  /** An App that is already known elsewhere. */
  readonly app?: { readonly id?: number; readonly privateKey?: string; readonly permissions?: Permissions }
  /** What each person pushes with. */
  readonly users?: Readonly<Record<string, string>>
  readonly now?: () => number
}

export interface Github {
  /** What people and git use: `${url}/acme/shop.git`. */
  readonly url: string
  /** Where GitHub Enterprise Server has its API. */
  readonly apiUrl: string
  readonly app: App
  readonly createRepository: (fullName: string, options?: NewRepository) => Promise<Created>
  /** Puts the App onto an account, or takes it off, and tells it. */
  readonly install: (account: string) => number
  readonly uninstall: (account: string) => void
  /** From now on requests for the old name are sent to the new one. */
  readonly renameRepository: (fullName: string, name: string) => Promise<void>
  /** What stands on a commit, or on all of them, as the API shows it; oldest first. */
  readonly checkRuns: (fullName: string, sha?: string) => readonly Json[]
  readonly annotations: (fullName: string, checkRun: number) => readonly Json[]
  readonly deployments: (fullName: string) => readonly Json[]
  readonly statuses: (fullName: string, sha: string) => readonly Json[]
  /** Presses a button of a check run, as this person. */
  readonly press: (checkRun: number, identifier: string, login: string) => void
  /** Asks for the check to run again, as this person. */
  readonly rerequest: (checkRun: number, login: string) => void
  readonly sendTo: (webhook: { readonly url: string; readonly secret: string }) => void
  /** Every attempt to deliver a webhook, oldest first, as the API lists it. */
  readonly deliveries: () => readonly Json[]
  /** Resolves when no delivery is under way. */
  readonly settled: () => Promise<void>
  readonly disturb: (disturbance: Disturbance) => void
  /** Ends every disturbance, and sends what was held back. */
  readonly calm: () => void
  /** What the API was asked, and how it answered. */
  readonly calls: () => readonly Asked[]
  /** Requests that are not as GitHub publishes them, and answers of this server that are not. */
  readonly violations: () => readonly string[]
  readonly close: () => Promise<void>
}

export interface NewRepository {
  readonly permissions?: Readonly<Record<string, Permission>>
}

export interface Created {
  readonly id: number
  readonly installation: number
  readonly cloneUrl: string
  /** The bare repository on this machine. */
  readonly folder: string
}

const defaultPermissions: Permissions = {
  metadata: 'read',
  contents: 'read',
  checks: 'write',
  deployments: 'write',
  statuses: 'write',
  pull_requests: 'read',
}
const defaultEvents = ['push', 'create', 'delete', 'check_run', 'check_suite', 'repository']

export async function startGithub(options: GithubOptions): Promise<Github> {
  const { now = Date.now, root } = options
  const state = emptyState(root, now)
  const faults = noFaults()
  const parts = { state, callers: callers(state, faults), webhooks: webhooks(state, faults) }
  const app = newApp(state, options)
  for (const [login, token] of Object.entries(options.users ?? {})) {
    state.userTokens.set(token, userNamed(state, login).login)
  }
  const api = githubApi({ ...parts, faults, limits: limits(now) })
  const git = gitRepositories({ ...parts, pushed: pushEvents(state, parts.webhooks) })
  const pages = githubPages(parts)
  const servers = await listen(options.listen ?? [{ host: '127.0.0.1', port: 0 }], async (request) => {
    if (new URL(request.url).pathname.startsWith('/api/v3/')) return await api.answer(request)
    return (await git(request)) ?? (await pages.fetch(request))
  })
  state.url = urlOf(servers, options.listen?.[0]?.host)
  const aside: State['installations'] = []
  return {
    url: state.url,
    apiUrl: apiOf(state),
    app,
    createRepository: (fullName, about) => createRepository(parts, app, fullName, about),
    install: (account) => install(parts, app, account, userNamed(state, account)).id,
    uninstall: (account) => uninstall(parts, app, account, userNamed(state, account)),
    renameRepository: (fullName, name) => rename(parts, repositoryIn(state, fullName), name),
    checkRuns: (fullName, sha) => {
      const repository = repositoryIn(state, fullName)
      const runs = repository.checkRuns.filter((one) => sha === undefined || one.sha === sha)
      return runs.map((one) => ({ ...checkRunShown(state, repository, one), actions: one.actions }))
    },
    annotations: (fullName, id) =>
      repositoryIn(state, fullName).checkRuns.find((one) => one.id === id)?.annotations ?? [],
    deployments: (fullName) => {
      const repository = repositoryIn(state, fullName)
      return repository.deployments.map((one) => ({
        ...deploymentShown(state, repository, one),
        statuses: one.statuses.map(statusShown(state, repository, one)),
      }))
    },
    statuses: (fullName, sha) => {
      const repository = repositoryIn(state, fullName)
      const ofCommit = repository.statuses.filter((one) => one.sha === sha)
      return ofCommit.map((one) => commitStatusShown(state, repository, one))
    },
    press: (id, identifier, login) => {
      const { repository, checkRun } = checkRunIn(state, id)
      const sender = userNamed(state, login)
      sendCheckRun(parts, repository, checkRun, { action: 'requested_action', sender, identifier })
    },
    rerequest: (id, login) => {
      const { repository, checkRun } = checkRunIn(state, id)
      sendCheckRun(parts, repository, checkRun, { action: 'rerequested', sender: userNamed(state, login) })
    },
    sendTo: ({ url, secret }) => void Object.assign(app, { webhookUrl: url, webhookSecret: secret }),
    deliveries: () => parts.webhooks.deliveries.map(deliveryInBrief),
    settled: parts.webhooks.settled,
    disturb: (disturbance) => {
      faults.disturb(disturbance)
      if (disturbance.uninstalled) aside.push(...state.installations.splice(0))
    },
    calm: () => {
      faults.calm()
      state.installations.push(...aside.splice(0))
      parts.webhooks.release()
    },
    calls: () => api.calls,
    violations: () => api.violations,
    close: async () => {
      await Promise.all(servers.map(close))
      await parts.webhooks.settled()
    },
  }
}

type Sends = Pick<Parts, 'state' | 'webhooks'>

function newApp(state: State, { app = {}, webhook }: GithubOptions): App {
  const id = app.id ?? state.nextId()
  const one: App = {
    id,
    clientId: newClientId(),
    slug: 'slipway',
    name: 'Slipway',
    owner: userNamed(state, 'acme', 'Organization'),
    externalUrl: 'https://example.com/slipway',
    permissions: app.permissions ?? defaultPermissions,
    events: defaultEvents,
    createdAt: timeOf(state.now()),
    privateKey: app.privateKey ?? newKey(),
    webhookSecret: webhook?.secret ?? randomBytes(32).toString('hex'),
    webhookUrl: webhook?.url,
  }
  state.apps.push(one)
  return one
}

async function createRepository(
  parts: Sends,
  app: App,
  fullName: string,
  { permissions = {} }: NewRepository = {},
): Promise<Created> {
  const { state } = parts
  const [login = '', name = ''] = fullName.split('/')
  const owner = userNamed(state, login, 'Organization')
  const repository: Repository = {
    id: state.nextId(),
    owner,
    name,
    createdAt: timeOf(state.now()),
    permissions: new Map(Object.entries(permissions)),
    checkSuites: [],
    checkRuns: [],
    deployments: [],
    statuses: [],
  }
  for (const one of Object.keys(permissions)) userNamed(state, one)
  const folder = folderOf(state, repository)
  await mkdir(folder, { recursive: true })
  await run(['git', 'init', '--quiet', '--bare', '--initial-branch=main', folder], { env: gitSettings })
  addRepository(parts, repository)
  const installation = install(parts, app, login, owner)
  return {
    id: repository.id,
    installation: installation.id,
    cloneUrl: `${state.url}/${fullName}.git`,
    folder,
  }
}

function repositoryIn(state: State, fullName: string): Repository {
  const repository = repositoryNamed(state, fullName)
  if (!repository) throw new Error(`the local GitHub has no repository ${fullName}; create it first`)
  return repository
}

function checkRunIn(state: State, id: number): { repository: Repository; checkRun: CheckRun } {
  for (const repository of state.repositories) {
    const checkRun = repository.checkRuns.find((one) => one.id === id)
    if (checkRun) return { repository, checkRun }
  }
  throw new Error(`the local GitHub has no check run ${id}`)
}

async function listen(
  addresses: readonly { readonly host: string; readonly port: number }[],
  answer: (request: Request) => Promise<Response>,
): Promise<readonly Server[]> {
  const servers: Server[] = []
  for (const { host, port } of addresses) {
    const server = createServer(getRequestListener(answer, { hostname: host }))
    servers.push(server)
    await new Promise<void>((resolve, reject) => {
      server.once('error', (cause) =>
        reject(new Error(`the local GitHub cannot listen on ${host}:${port}: ${cause.message}`, { cause })),
      )
      server.listen({ host, port }, resolve)
    })
  }
  return servers
}

function urlOf(servers: readonly Server[], host = '127.0.0.1'): string {
  const address = servers[0]?.address() as AddressInfo
  return `http://${host}:${address.port}`
}

async function close(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve))
  server.closeAllConnections()
  await closed
}
