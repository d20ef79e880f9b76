// A forge in memory: what commits show there, and who may do what. It serves the repositories of https://github.example.
import { type ReleaseStatus, releaseWorkflowId } from '../../domain/release.ts'
import { approvalId, approvalRun, gateThatWaits } from '../forge/approval.ts'
import { type CheckRun, checkRun } from '../forge/check-run.ts'
import { type DeploymentState, deploymentState, environment } from '../forge/deployment.ts'
import { forgottenDeployment, forgottenRun } from '../forge/forgotten.ts'
import { planRun } from '../forge/plan.ts'
import type { Forge, Permission, Shown, Told } from '../platform.ts'

export interface CheckShown extends CheckRun {
  readonly id: number
  readonly repository: string
  readonly sha: string
}

export interface DeploymentShown {
  readonly id: number
  readonly sha: string
  readonly environment: string
  readonly state: DeploymentState
  readonly seq: number
  readonly startedAt: number
}

export type ForgeWorld = ReturnType<typeof forgeWorld>

/** What stands on the commits, in the order in which it came; tests look at it. */
export const forgeWorld = () => ({
  /** By their external id. */
  checks: new Map<string, CheckShown>(),
  /** By their release's workflow id. */
  deployments: new Map<string, DeploymentShown>(),
  /** By login. */
  permissions: new Map<string, Permission>(),
})

export function memoryForge(world: ForgeWorld): Forge {
  const nextId = () => world.checks.size + world.deployments.size + 1
  return {
    hosts: (repository) => repository.startsWith('https://github.example/'),
    tell: async (repository, status) => {
      const show = (run: CheckRun) =>
        showCheck(world, { repository, sha: status.release.sha, ...run }, nextId)
      const check = show(checkRun(status))
      const approvals = Object.fromEntries(
        gatesOf(world, status).flatMap((gate) => {
          const run = approvalRun(status, gate) ?? world.checks.get(approvalId(status, gate))
          return run ? [[gate, show(run)]] : []
        }),
      )
      const deployment = showDeployment(world, status, nextId)
      return { check, approvals, ...(deployment && { deployment }) } satisfies Told
    },
    forget: async (_, release, { check, approvals = {}, deployment }) => {
      const ids = [check, ...Object.values(approvals)].map((shown) => shown?.id)
      for (const [key, run] of world.checks)
        if (ids.includes(run.id) && !isOver(run)) world.checks.set(key, { ...run, ...forgottenRun(release) })
      for (const [key, one] of world.deployments)
        if (one.id === deployment?.id && one.state === 'in_progress')
          world.deployments.set(key, { ...one, state: forgottenDeployment.state })
    },
    foretell: async (repository, foretold) => {
      const { sha, foresight } = foretold
      const run = planRun(foretold)
      const before = world.checks.get(run.external_id)
      if (before && foresight.kind === 'fork') return
      world.checks.set(run.external_id, { repository, sha, ...run, id: before?.id ?? nextId() })
    },
    permission: async (_, login) => world.permissions.get(login) ?? 'none',
    readToken: async (repository) => `a token for ${repository}`,
  }
}

function showCheck({ checks }: ForgeWorld, run: Omit<CheckShown, 'id'>, nextId: () => number): Shown {
  const before = checks.get(run.external_id)
  const over = before && isOver(before)
  const after = over ? before : { ...run, id: before?.id ?? nextId() }
  checks.set(run.external_id, after)
  return { id: after.id, says: after.output.title, ...(isOver(after) && { ended: true as const }) }
}

const isOver = ({ conclusion }: CheckRun): boolean =>
  conclusion !== undefined && conclusion !== 'action_required'

/** Those that asked, and the one that asks now. */
function gatesOf({ checks }: ForgeWorld, status: ReleaseStatus): readonly string[] {
  const prefix = approvalId(status, '')
  const known = [...checks.keys()].filter((id) => id.startsWith(prefix)).map((id) => id.slice(prefix.length))
  const waits = gateThatWaits(status)
  return [...new Set([...known, ...(waits === undefined ? [] : [waits])])]
}

function showDeployment(
  { deployments }: ForgeWorld,
  status: ReleaseStatus,
  nextId: () => number,
): Shown | undefined {
  const wanted = deploymentState(status)
  if (!wanted) return undefined
  const key = releaseWorkflowId(status.release)
  const before = deployments.get(key)
  const state = before && before.state !== 'in_progress' ? before.state : wanted
  const after = {
    id: before?.id ?? nextId(),
    sha: status.release.sha,
    environment: environment(status.release),
    state,
    seq: status.release.seq,
    startedAt: status.startedAt,
  }
  deployments.set(key, after)
  if (state === 'success') leaveOneInUse(deployments, after.environment)
  const says = deployments.get(key)?.state ?? state
  return { id: after.id, says, ...(says !== 'in_progress' && { ended: true as const }) }
}

/** The newest of those that were promoted. Numbers begin anew with a cluster, time does not. */
function leaveOneInUse(deployments: ForgeWorld['deployments'], where: string): void {
  const inUse = [...deployments].filter(([, one]) => one.environment === where && one.state === 'success')
  inUse.sort(([, one], [, other]) => one.startedAt - other.startedAt || one.seq - other.seq)
  for (const [key, one] of inUse.slice(0, -1)) deployments.set(key, { ...one, state: 'inactive' })
}
