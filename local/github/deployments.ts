// Deployments and commit statuses: where a commit was put and how that went.
import { accountShown, appShown, robotOf } from './accounts.ts'
import { commitAt, countOf, folderOf } from './commits.ts'
import { type Call, callingApp, created, type Operations, page, repositoryOf } from './operation.ts'
import { notFound, Refusal, unprocessable } from './refusal.ts'
import {
  apiOf,
  type CommitStatus,
  type Deployment,
  type DeploymentStatus,
  fullNameOf,
  type Json,
  nodeId,
  type Repository,
  type State,
  timeOf,
} from './state.ts'

export const deploymentOperations: Operations = {
  'repos/create-deployment': { needs: ['deployments', 'write'], answer: create },
  'repos/list-deployments': { needs: ['deployments', 'read'], answer: list },
  'repos/create-deployment-status': { needs: ['deployments', 'write'], answer: createStatus },
  'repos/list-deployment-statuses': {
    needs: ['deployments', 'read'],
    answer: (call) => {
      const [repository, deployment] = deploymentOf(call)
      const { items, headers } = page(call, deployment.statuses.toReversed())
      return { status: 200, body: items.map(statusShown(call.state, repository, deployment)), headers }
    },
  },
  'repos/create-commit-status': { needs: ['statuses', 'write'], answer: createCommitStatus },
  'repos/list-commit-statuses-for-ref': { needs: ['statuses', 'read'], answer: listCommitStatuses },
}

async function create(call: Call) {
  const { state, body } = call
  const repository = repositoryOf(call)
  const ref = String(body.ref)
  const sha = await commitAt(folderOf(state, repository), ref)
  if (sha === undefined) throw new Refusal(422, `No ref found for: ${ref}`)
  if (body.auto_merge !== false && (await merges(state, repository, ref))) {
    return { status: 202, body: { message: `Auto-merged main into ${ref} on deployment.` } }
  }
  refuseUnlessChecked(repository, sha, body.required_contexts)
  const deployment: Deployment = {
    id: state.nextId(),
    app: callingApp(call),
    sha,
    ref,
    task: String(body.task ?? 'deploy'),
    environment: String(body.environment ?? 'production'),
    payload: body.payload ?? {},
    description: typeof body.description === 'string' ? body.description : null,
    transient: body.transient_environment === true,
    production: body.production_environment === true || (body.environment ?? 'production') === 'production',
    createdAt: timeOf(state.now()),
    updatedAt: timeOf(state.now()),
    statuses: [],
  }
  repository.deployments.push(deployment)
  return created(deploymentShown(state, repository, deployment))
}

/** Unless told not to, GitHub brings a branch up to date with the default one before it is deployed. */
async function merges(state: State, repository: Repository, ref: string): Promise<boolean> {
  const folder = folderOf(state, repository)
  const [branch, main] = await Promise.all([
    commitAt(folder, `refs/heads/${ref}`),
    commitAt(folder, 'refs/heads/main'),
  ])
  return (
    ref !== 'main' &&
    branch !== undefined &&
    main !== undefined &&
    (await countOf(folder, `${branch}..${main}`)) > 0
  )
}

/** Without a list of its own a deployment waits for everything that was said of the commit, what its App says included. */
function refuseUnlessChecked(repository: Repository, sha: string, contexts: unknown): void {
  const required = (context: string) => (Array.isArray(contexts) ? contexts.includes(context) : true)
  const runs = repository.checkRuns.filter((run) => run.sha === sha && required(run.name))
  const statuses = repository.statuses.filter((one) => one.sha === sha && required(one.context))
  const good = new Set<string | null>(['success', 'neutral', 'skipped'])
  if (runs.every(({ conclusion }) => good.has(conclusion)) && statuses.every(({ state }) => good.has(state)))
    return
  throw new Refusal(409, `Conflict: Commit status checks failed for ${sha.slice(0, 7)}.`)
}

function list(call: Call) {
  const { state, query } = call
  const repository = repositoryOf(call)
  const wanted = repository.deployments.filter((one) =>
    (['sha', 'ref', 'task', 'environment'] as const).every(
      (name) => !query.has(name) || query.get(name) === one[name],
    ),
  )
  const { items, headers } = page(call, wanted.toReversed())
  return { status: 200, body: items.map((one) => deploymentShown(state, repository, one)), headers }
}

function createStatus(call: Call) {
  const { state, body } = call
  const [repository, deployment] = deploymentOf(call)
  const description = String(body.description ?? '')
  const addresses = ['log_url', 'target_url', 'environment_url'] as const
  const errors = [
    ...(description.length > 140 ? ['description is too long (maximum is 140 characters)'] : []),
    ...addresses.filter((name) => !isAddress(body[name])).map((name) => `${name} must use http(s) scheme`),
  ]
  if (errors.length > 0) throw unprocessable(errors)
  const status: DeploymentStatus = {
    id: state.nextId(),
    state: String(body.state),
    description,
    environment: String(body.environment ?? deployment.environment),
    environmentUrl: String(body.environment_url ?? ''),
    logUrl: String(body.log_url ?? body.target_url ?? ''),
    createdAt: timeOf(state.now()),
  }
  add(deployment, status)
  if (status.state === 'success' && body.auto_inactive !== false) retireOthers(state, repository, deployment)
  return created(statusShown(state, repository, deployment)(status))
}

const isAddress = (value: unknown) =>
  value === undefined || value === '' || (typeof value === 'string' && /^https?:\/\//.test(value))

function add(deployment: Deployment, status: DeploymentStatus): void {
  deployment.statuses.push(status)
  deployment.updatedAt = status.createdAt
}

/** Older ones, and only what is neither transient nor production: those of production stay active until somebody says otherwise. */
function retireOthers(state: State, repository: Repository, latest: Deployment): void {
  for (const one of repository.deployments) {
    if (one.id >= latest.id || one.environment !== latest.environment || one.transient || one.production)
      continue
    if (one.statuses.at(-1)?.state === 'inactive') continue
    const about = { description: '', environment: one.environment, environmentUrl: '', logUrl: '' }
    add(one, { ...about, id: state.nextId(), state: 'inactive', createdAt: timeOf(state.now()) })
  }
}

function deploymentOf(call: Call): [Repository, Deployment] {
  const repository = repositoryOf(call)
  const deployment = repository.deployments.find(({ id }) => String(id) === call.parameters.deployment_id)
  if (!deployment) throw notFound()
  return [repository, deployment]
}

async function createCommitStatus(call: Call) {
  const { state, body, parameters } = call
  const repository = repositoryOf(call)
  const sha = await commitAt(folderOf(state, repository), parameters.sha ?? '')
  if (sha === undefined) throw unprocessable([`No commit found for SHA: ${parameters.sha}`])
  const context = String(body.context ?? 'default')
  const description = typeof body.description === 'string' ? body.description : null
  const same = repository.statuses.filter((one) => one.sha === sha && one.context === context)
  const errors = [
    ...((description ?? '').length > 140 ? ['description is too long (maximum is 140 characters)'] : []),
    ...(isAddress(body.target_url ?? undefined) ? [] : ['target_url must use http(s) scheme']),
    ...(same.length >= 1000 ? ['This SHA and context has reached the maximum number of statuses.'] : []),
  ]
  if (errors.length > 0) throw unprocessable(errors)
  const status: CommitStatus = {
    id: state.nextId(),
    app: callingApp(call),
    sha,
    state: String(body.state),
    context,
    description,
    targetUrl: typeof body.target_url === 'string' ? body.target_url : null,
    createdAt: timeOf(state.now()),
  }
  repository.statuses.push(status)
  return created(commitStatusShown(state, repository, status))
}

async function listCommitStatuses(call: Call) {
  const { state, parameters } = call
  const repository = repositoryOf(call)
  const sha = await commitAt(folderOf(state, repository), parameters.ref ?? '')
  if (sha === undefined) throw notFound()
  const { items, headers } = page(call, repository.statuses.filter((one) => one.sha === sha).toReversed())
  return { status: 200, body: items.map((one) => commitStatusShown(state, repository, one)), headers }
}

export function deploymentShown(state: State, repository: Repository, deployment: Deployment): Json {
  const url = `${apiOf(state)}/repos/${fullNameOf(repository)}/deployments/${deployment.id}`
  return {
    id: deployment.id,
    url,
    node_id: nodeId('Deployment', deployment.id),
    sha: deployment.sha,
    ref: deployment.ref,
    task: deployment.task,
    payload: deployment.payload,
    original_environment: deployment.environment,
    environment: deployment.environment,
    description: deployment.description,
    creator: accountShown(state, robotOf(deployment.app)),
    created_at: deployment.createdAt,
    updated_at: deployment.updatedAt,
    statuses_url: `${url}/statuses`,
    repository_url: `${apiOf(state)}/repos/${fullNameOf(repository)}`,
    transient_environment: deployment.transient,
    production_environment: deployment.production,
    performed_via_github_app: appShown(state, deployment.app),
  }
}

export const statusShown =
  (state: State, repository: Repository, { id, app }: Deployment) =>
  (status: DeploymentStatus): Json => {
    const repositoryUrl = `${apiOf(state)}/repos/${fullNameOf(repository)}`
    return {
      id: status.id,
      url: `${repositoryUrl}/deployments/${id}/statuses/${status.id}`,
      node_id: nodeId('DeploymentStatus', status.id),
      state: status.state,
      creator: accountShown(state, robotOf(app)),
      description: status.description,
      environment: status.environment,
      target_url: status.logUrl,
      created_at: status.createdAt,
      updated_at: status.createdAt,
      deployment_url: `${repositoryUrl}/deployments/${id}`,
      repository_url: repositoryUrl,
      environment_url: status.environmentUrl,
      log_url: status.logUrl,
    }
  }

export function commitStatusShown(state: State, repository: Repository, status: CommitStatus): Json {
  const repositoryUrl = `${apiOf(state)}/repos/${fullNameOf(repository)}`
  return {
    id: status.id,
    url: `${repositoryUrl}/statuses/${status.sha}`,
    avatar_url: null,
    node_id: nodeId('StatusContext', status.id),
    state: status.state,
    description: status.description,
    target_url: status.targetUrl,
    context: status.context,
    created_at: status.createdAt,
    updated_at: status.createdAt,
    creator: accountShown(state, robotOf(status.app)),
  }
}
