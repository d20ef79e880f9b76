// Makes a release's deployment on GitHub be in the state that it is in, and the older ones of its environment inactive.
import { type ReleaseStatus, releaseWorkflowId } from '../../domain/release.ts'
import { lenientJson } from '../lenient-json.ts'
import type { Shown, Told } from '../platform.ts'
import type { Ask } from './checks.ts'
import {
  type DeploymentState,
  deployment,
  deploymentState,
  deploymentStatus,
  environment,
} from './deployment.ts'

interface Links {
  readonly details: string | undefined
  readonly address: () => Promise<string | undefined> | undefined
}

/** The fields of GitHub's answers that are used. */
interface Deployment {
  readonly id: number
  readonly created_at: string
  /** GitHub gives back what it was given, or the text of it. */
  readonly payload: unknown
}

interface OurDeployment {
  readonly id: number
  readonly createdAt: number
  /** Its workflow id. */
  readonly release: string
}

export async function showDeployment(
  ask: Ask,
  status: ReleaseStatus,
  told: Told,
  links: Links,
): Promise<Told> {
  const state = deploymentState(status)
  const { deployment: shown } = told
  if (!state || shown?.ended || shown?.says === state) return told
  const { id, says } = shown ?? (await findOrCreate(ask, status))
  // After a loss it may be over already, and a newer one may have set it to inactive.
  const ended = ends.has(says) ? says : state
  if (ended !== says) await set(ask, id, state, { status, links })
  const stays = ended === 'success' ? await leaveOneInUse(ask, status, id) : ended
  return { ...told, deployment: { id, says: stays, ...(ends.has(stays) && { ended: true as const }) } }
}

const ends: ReadonlySet<string> = new Set<DeploymentState>(['success', 'failure', 'error', 'inactive'])

async function set(
  ask: Ask,
  id: number,
  state: DeploymentState,
  { status, links }: { readonly status: ReleaseStatus; readonly links: Links },
): Promise<void> {
  const body = deploymentStatus(state, status, { details: links.details, address: await links.address() })
  await ask({ method: 'POST', path: `/deployments/${id}/statuses`, body })
}

async function findOrCreate(ask: Ask, { release }: ReleaseStatus): Promise<Shown> {
  const query = new URLSearchParams({ sha: release.sha, environment: environment(release), per_page: '100' })
  const known = (await list(ask, query)).find((one) => one.release === releaseWorkflowId(release))
  if (known) return { id: known.id, says: (await stateOf(ask, known.id)) ?? '' }
  const made = await ask({ method: 'POST', path: '/deployments', body: deployment(release, ask.appId) })
  return { id: (made as Deployment).id, says: '' }
}

/**
 * Those that served before become inactive, or this one when a newer release was told of before it. Two dozen are looked at, each was
 * looked at by its successor too.
 */
async function leaveOneInUse(ask: Ask, status: ReleaseStatus, id: number): Promise<'success' | 'inactive'> {
  const query = new URLSearchParams({ environment: environment(status.release), per_page: '25' })
  const inUse: OurDeployment[] = []
  for (const one of await list(ask, query)) {
    if (one.id !== id && (await stateOf(ask, one.id)) === 'success') inUse.push(one)
  }
  const newer = inUse.some((one) => isNewer(one, status))
  for (const one of inUse) if (!isNewer(one, status)) await retire(ask, one.id)
  if (newer) await retire(ask, id)
  return newer ? 'inactive' : 'success'
}

/** A cluster that is set up anew counts its releases from one again: what was made before this one began is not newer. */
const isNewer = ({ release, createdAt }: OurDeployment, status: ReleaseStatus): boolean =>
  seqOf(release) > status.release.seq && createdAt >= status.startedAt

const seqOf = (release: string): number => Number(/\/(\d+)-[0-9a-f]+$/.exec(release)?.[1])

async function retire(ask: Ask, id: number): Promise<void> {
  const body = { state: 'inactive', auto_inactive: false, description: 'a newer release took its place' }
  await ask({ method: 'POST', path: `/deployments/${id}/statuses`, body })
}

/** Ours. An earlier version did not say which App's they are. */
async function list(ask: Ask, query: URLSearchParams): Promise<readonly OurDeployment[]> {
  const all = (await ask({ method: 'GET', path: `/deployments?${query}` })) as readonly Deployment[]
  return all.flatMap((one) => {
    const { release, gitHubApp = ask.appId } = contentOf(one)
    const ours = typeof release === 'string' && gitHubApp === ask.appId
    return ours ? [{ id: one.id, createdAt: Date.parse(one.created_at), release }] : []
  })
}

/** The newest state; undefined while it has none. */
async function stateOf(ask: Ask, id: number): Promise<string | undefined> {
  const [newest] = (await ask({
    method: 'GET',
    path: `/deployments/${id}/statuses?per_page=1`,
  })) as readonly { readonly state: string }[]
  return newest?.state
}

function contentOf({ payload }: Deployment): { readonly release?: unknown; readonly gitHubApp?: unknown } {
  // Others write there what they like.
  const content = typeof payload === 'string' ? lenientJson(payload) : payload
  return content ?? {}
}
