// Puts an App onto an account or takes it off again, adds and renames repositories there, and tells the App.
import fs from 'node:fs/promises'
import { run } from '../process.ts'
import { installationShown } from './accounts.ts'
import { folderOf, gitSettings } from './commits.ts'
import type { Sends } from './operation.ts'
import { payloadOf, senderShown } from './payload.ts'
import {
  type App,
  fullNameOf,
  type Installation,
  type Json,
  nodeId,
  type Permission,
  type Repository,
  type State,
  timeOf,
  type User,
  userNamed,
} from './state.ts'

/** Again is the same as once. */
export function install(parts: Sends, app: App, account: string, sender: User): Installation {
  const { state } = parts
  const known = installedOn(state, app, account)
  if (known) return known
  const owner = userNamed(state, account, 'Organization')
  const installation = { id: state.nextId(), app, account: owner, createdAt: timeOf(state.now()) }
  state.installations.push(installation)
  tell(parts, installation, sender, 'created')
  return installation
}

export function uninstall(parts: Sends, app: App, account: string, sender: User): void {
  const { installations } = parts.state
  const known = installedOn(parts.state, app, account)
  if (!known) return
  installations.splice(installations.indexOf(known), 1)
  tell(parts, known, sender, 'deleted')
}

const installedOn = ({ installations }: State, app: App, account: string) =>
  installations.find((one) => one.app === app && one.account.login === account)

function tell({ state, webhooks }: Sends, installation: Installation, sender: User, action: string): void {
  const { app, account } = installation
  webhooks.send(app, 'installation', {
    action,
    installation: installationShown(state, installation),
    repositories: state.repositories.filter(({ owner }) => owner === account).map(inBrief),
    requester: null,
    sender: senderShown(state, sender),
  })
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

/** Takes over what already lies in its folder; the App is installed on its owner's account. */
export async function createRepository(
  parts: Sends,
  app: App,
  fullName: string,
  { permissions = {} }: NewRepository = {},
): Promise<Created> {
  const { state } = parts
  const [login = '', name = ''] = fullName.split('/')
  const owner = userNamed(state, login, 'Organization')
  const about = { id: state.nextId(), owner, name, createdAt: timeOf(state.now()) }
  const nothing = { checkSuites: [], checkRuns: [], deployments: [], statuses: [], pulls: [] }
  const repository = { ...about, permissions: new Map(Object.entries(permissions)), ...nothing }
  for (const one of Object.keys(permissions)) userNamed(state, one)
  const folder = folderOf(state, repository)
  await fs.mkdir(folder, { recursive: true })
  await run(['git', 'init', '--quiet', '--bare', '--initial-branch=main', folder], { env: gitSettings })
  addRepository(parts, repository)
  const installation = install(parts, app, login, owner)
  return { id: about.id, installation: installation.id, cloneUrl: `${state.url}/${fullName}.git`, folder }
}

/** A new repository comes under what is installed on its owner's account. */
function addRepository({ state, webhooks }: Sends, repository: Repository): void {
  state.repositories.push(repository)
  for (const installation of state.installations.filter(({ account }) => account === repository.owner)) {
    webhooks.send(installation.app, 'installation_repositories', {
      action: 'added',
      installation: installationShown(state, installation),
      repository_selection: 'all',
      repositories_added: [inBrief(repository)],
      repositories_removed: [],
      requester: null,
      sender: senderShown(state, repository.owner),
    })
  }
}

/** From now on requests for the old name are sent to the new one. */
export async function rename(
  { state, webhooks }: Sends,
  repository: Repository,
  name: string,
): Promise<void> {
  const was = { name: repository.name, fullName: fullNameOf(repository), folder: folderOf(state, repository) }
  repository.name = name
  state.renamed.set(was.fullName.toLowerCase(), repository)
  await fs.rename(was.folder, folderOf(state, repository))
  for (const { app } of state.installations.filter(({ account }) => account === repository.owner)) {
    webhooks.send(app, 'repository', {
      action: 'renamed',
      changes: { repository: { name: { from: was.name } } },
      ...payloadOf(state, repository, app, repository.owner),
    })
  }
}

const inBrief = (repository: Repository): Json => ({
  id: repository.id,
  node_id: nodeId('Repository', repository.id),
  name: repository.name,
  full_name: fullNameOf(repository),
  private: true,
})
