// A GitHub to test against, on this machine: its API, its repositories, its webhooks, its page, and its bad days.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { type Asked, githubApi } from './api.ts'
import { callers } from './caller.ts'
import { rerequestAll } from './check-suites.ts'
import { type CheckRunEvent, sendCheckRun } from './checks.ts'
import { type Disturbance, type Faults, noFaults } from './faults.ts'
import { type FirstApp, firstApp } from './first-app.ts'
import { gitRepositories } from './git-http.ts'
import { deliveryInBrief } from './installations.ts'
import {
  type Created,
  createRepository,
  install,
  type NewRepository,
  rename,
  uninstall,
} from './installing.ts'
import { limits } from './limits.ts'
import type { Parts } from './operation.ts'
import { githubPages } from './page/page.ts'
import { type NewPull, openPull } from './pulls.ts'
import { pushEvents } from './push.ts'
import { type App, apiOf, emptyState, type Installation, type Json, userNamed } from './state.ts'
import { webhooks } from './webhooks.ts'
import { checkRunIn, repositoryIn, type WhatStands, whatStands } from './what-stands.ts'

export type { Created } from './installing.ts'

export interface GithubOptions extends FirstApp {
  /** The first is the one that addresses are made of. */
  readonly listen?: readonly { readonly host: string; readonly port: number }[]
  /** Where bare repositories lie or are made. */
  readonly root: string
  /** What each person pushes with. */
  readonly users?: Readonly<Record<string, string>>
  readonly now?: () => number
}

export interface Github extends WhatStands, WhatPeopleDo, WhatGoesWrong {
  /** What people and git use: `${url}/acme/shop.git`. */
  readonly url: string
  /** Where GitHub Enterprise Server has its API. */
  readonly apiUrl: string
  readonly app: App
  readonly sendTo: (webhook: { readonly url: string; readonly secret: string }) => void
  /** Every attempt to deliver a webhook, oldest first, as the API lists it. */
  readonly deliveries: () => readonly Json[]
  /** Resolves when no delivery is under way. */
  readonly settled: () => Promise<void>
  /** What the API was asked, and how it answered. */
  readonly calls: () => readonly Asked[]
  /** Requests that are not as GitHub publishes them, and answers of this server that are not. */
  readonly violations: () => readonly string[]
  readonly close: () => Promise<void>
}

interface WhatPeopleDo {
  readonly createRepository: (fullName: string, options?: NewRepository) => Promise<Created>
  /** From now on requests for the old name are sent to the new one. */
  readonly renameRepository: (fullName: string, name: string) => Promise<void>
  /** Offers a branch that was pushed to another, and returns the pull request's number. A push to it later is told of as well. */
  readonly openPull: (fullName: string, pull: NewPull) => Promise<number>
  /** Puts the App onto an account, and tells it; returns the installation. */
  readonly install: (account: string) => number
  readonly uninstall: (account: string) => void
  /** Presses a button of a check run, as this person. */
  readonly press: (checkRun: number, identifier: string, login: string) => void
  /** Asks for the check to run again, as this person. */
  readonly rerequest: (checkRun: number, login: string) => void
  /** Asks for everything on a commit to be checked again, as this person. */
  readonly rerequestAll: (fullName: string, sha: string, login: string) => Promise<void>
}

interface WhatGoesWrong {
  readonly disturb: (disturbance: Disturbance) => void
  /** Ends every disturbance, and sends what was held back. */
  readonly calm: () => void
}

export async function startGithub(options: GithubOptions): Promise<Github> {
  const { now = Date.now, root, listen = [{ host: '127.0.0.1', port: 0 }] } = options
  const state = emptyState(root, now)
  const faults = noFaults()
  const parts = { state, callers: callers(state, faults), webhooks: webhooks(state, faults) }
  const app = firstApp(state, options)
  for (const [login, token] of Object.entries(options.users ?? {})) {
    state.userTokens.set(token, userNamed(state, login).login)
  }
  const api = githubApi({ ...parts, faults, limits: limits(now) })
  const git = gitRepositories({ ...parts, pushed: pushEvents(state, parts.webhooks) })
  const pages = githubPages(parts)
  const servers = await listenOn(listen, async (request) => {
    if (new URL(request.url).pathname.startsWith('/api/v3/')) return await api.answer(request)
    return (await git(request)) ?? (await pages.fetch(request))
  })
  state.url = urlOf(servers, listen[0]?.host)
  return {
    url: state.url,
    apiUrl: apiOf(state),
    app,
    ...whatStands(state),
    ...whatPeopleDo(parts, app),
    ...whatGoesWrong(parts, faults),
    sendTo: ({ url, secret }) => void Object.assign(app, { webhookUrl: url, webhookSecret: secret }),
    deliveries: () => parts.webhooks.deliveries.map(deliveryInBrief),
    settled: parts.webhooks.settled,
    calls: () => api.calls,
    violations: () => api.violations,
    close: async () => {
      await Promise.all(servers.map(close))
      await parts.webhooks.settled()
    },
  }
}

function whatPeopleDo(parts: Parts, app: App): WhatPeopleDo {
  const { state } = parts
  const send = (id: number, login: string, event: CheckRunEvent) =>
    sendCheckRun(parts, ...checkRunIn(state, id), { ...event, sender: userNamed(state, login) })
  return {
    createRepository: (fullName, about) => createRepository(parts, app, fullName, about),
    renameRepository: (fullName, name) => rename(parts, repositoryIn(state, fullName), name),
    openPull: (fullName, pull) => openPull(parts, repositoryIn(state, fullName), pull),
    install: (account) => install(parts, app, account, userNamed(state, account)).id,
    uninstall: (account) => uninstall(parts, app, account, userNamed(state, account)),
    press: (id, identifier, login) => send(id, login, { action: 'requested_action', identifier }),
    rerequest: (id, login) => send(id, login, { action: 'rerequested' }),
    rerequestAll: (fullName, sha, login) =>
      rerequestAll(parts, repositoryIn(state, fullName), sha, userNamed(state, login)),
  }
}

function whatGoesWrong({ state, webhooks }: Parts, faults: Faults): WhatGoesWrong {
  const aside: Installation[] = []
  return {
    disturb: (disturbance) => {
      faults.disturb(disturbance)
      if (disturbance.uninstalled) aside.push(...state.installations.splice(0))
    },
    calm: () => {
      faults.calm()
      state.installations.push(...aside.splice(0))
      webhooks.release()
    },
  }
}

type Address = NonNullable<GithubOptions['listen']>[number]

async function listenOn(
  addresses: readonly Address[],
  answer: (request: Request) => Promise<Response>,
): Promise<readonly Server[]> {
  const servers: Server[] = []
  try {
    for (const address of addresses) servers.push(await serve(answer, address))
  } catch (error) {
    await Promise.all(servers.map(close))
    throw error
  }
  return servers
}

function serve(answer: (request: Request) => Promise<Response>, { host, port }: Address): Promise<Server> {
  const server = createServer(getRequestListener(answer, { hostname: host }))
  return new Promise((resolve, reject) => {
    server.once('error', (cause) =>
      reject(new Error(`the local GitHub cannot listen on ${host}:${port}: ${cause.message}`, { cause })),
    )
    server.listen({ host, port }, () => resolve(server))
  })
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
