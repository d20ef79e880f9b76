// Makes a commit's check runs say what they shall: created once, found again by their external id, left alone when they are over.
import { createHash } from 'node:crypto'
import { canonicalJson } from '../../domain/canonical-json.ts'
import type { Foretold } from '../../domain/foresight.ts'
import type { ReleaseStatus } from '../../domain/release.ts'
import type { Request } from '../github/exchange.ts'
import { Refused } from '../github/failure.ts'
import type { Shown, Told } from '../platform.ts'
import { type Annotation, annotations } from './annotations.ts'
import { approvalId, approvalName, approvalRun, gateThatWaits } from './approval.ts'
import { type CheckRun, checkRun } from './check-run.ts'
import { commitStatus } from './commit-status.ts'
import { planRemarks, planRun, planStatus } from './plan.ts'

/** Asks about one repository, and returns the answer's body. */
export interface Ask {
  (request: Request): Promise<unknown>
  /** The App that asks. Another Slipway may show releases of the same names there, as another App: they are not ours. */
  readonly appId: number
}

/** The fields of GitHub's answers that are used. */
interface Run {
  readonly id: number
  readonly app?: { readonly id: number } | null
  readonly external_id: string | null
  readonly status: string
  readonly conclusion: string | null
  readonly output?: { readonly annotations_count?: number }
}

export async function showChecks(
  ask: Ask,
  status: ReleaseStatus,
  told: Told,
  details: string | undefined,
): Promise<Told> {
  const { sha } = status.release
  const remarks = annotations(status)
  const check = await showRun(ask, sha, checkRun(status, details), told.check, remarks)
  const approvals: Record<string, Shown> = { ...(told.approvals ?? (await openQuestions(ask, status))) }
  const waits = gateThatWaits(status)
  for (const gate of new Set([...Object.keys(approvals), ...(waits === undefined ? [] : [waits])])) {
    const run = approvalRun(status, gate, details)
    if (run) approvals[gate] = await showRun(ask, sha, run, approvals[gate])
  }
  return { ...told, check, approvals }
}

export async function showCommitStatus(
  ask: Ask,
  status: ReleaseStatus,
  told: Told,
  details: string | undefined,
): Promise<Told> {
  const body = commitStatus(status, details)
  const says = digest(body)
  if (told.status?.says === says || told.status?.ended) return told
  const answer = await ask({ method: 'POST', path: `/statuses/${status.release.sha}`, body })
  const ended = body.state !== 'pending' && { ended: true as const }
  return { ...told, status: { id: (answer as { id: number }).id, says, ...ended } }
}

/** A plan that ends otherwise than the one before is a run of its own: remarks cannot be taken back, and GitHub shows the newest. */
export async function showPlan(ask: Ask, foretold: Foretold): Promise<void> {
  const run = planRun(foretold)
  const found = await find(ask, foretold.sha, run)
  if (found && foretold.foresight.kind === 'fork') return
  const alike = found?.conclusion === run.conclusion ? found : undefined
  const there = (alike && (await update(ask, run, alike))) ?? (await create(ask, foretold.sha, run))
  await annotate(ask, there, run, planRemarks(foretold))
}

export async function showPlanStatus(ask: Ask, foretold: Foretold): Promise<void> {
  await ask({ method: 'POST', path: `/statuses/${foretold.sha}`, body: planStatus(foretold) })
}

async function showRun(
  ask: Ask,
  sha: string,
  run: CheckRun,
  shown: Shown | undefined,
  remarks: readonly Annotation[] = [],
): Promise<Shown> {
  const says = digest(run)
  if (shown && (shown.ended || shown.says === says)) return shown
  const there = (shown && (await update(ask, run, shown))) ?? (await findOrCreate(ask, sha, run))
  await annotate(ask, there, run, remarks)
  return { id: there.id, says, ...(isOver(there) && { ended: true as const }) }
}

/** Undefined when somebody, or GitHub's own tidying up, took it away. */
async function update(ask: Ask, run: CheckRun, { id }: Pick<Run, 'id'>): Promise<Run | undefined> {
  try {
    return (await ask({ method: 'PATCH', path: `/check-runs/${id}`, body: run })) as Run
  } catch (error) {
    if (!(error instanceof Refused) || error.status !== 404) throw error
    return undefined
  }
}

/** The answer to an earlier creation may have been lost, also to that of a run in the place of one that was taken away. */
async function findOrCreate(ask: Ask, sha: string, run: CheckRun): Promise<Run> {
  const found = await find(ask, sha, run)
  if (found && isOver(found)) return found
  return (found && (await update(ask, run, found))) ?? (await create(ask, sha, run))
}

const create = async (ask: Ask, sha: string, run: CheckRun): Promise<Run> =>
  (await ask({ method: 'POST', path: '/check-runs', body: { ...run, head_sha: sha } })) as Run

/** GitHub takes fifty at a time, and adds them to those that are there: how many that are tells where to go on. */
async function annotate(ask: Ask, there: Run, run: CheckRun, all: readonly Annotation[]): Promise<void> {
  for (let sent = there.output?.annotations_count ?? 0; sent < all.length; sent += 50) {
    const output = { ...run.output, annotations: all.slice(sent, sent + 50) }
    await ask({ method: 'PATCH', path: `/check-runs/${there.id}`, body: { output } })
  }
}

/** A question is answered later, and what nobody touched for two weeks GitHub calls stale: neither is an end. */
const isOver = ({ status, conclusion }: Run): boolean =>
  status === 'completed' && conclusion !== 'action_required' && conclusion !== 'stale'

/** The newest, of which GitHub itself shows no other. */
async function find(ask: Ask, sha: string, { name, external_id }: CheckRun): Promise<Run | undefined> {
  const runs = (await runsNamed(ask, sha, name)).filter((run) => run.external_id === external_id)
  return runs.reduce<Run | undefined>(
    (newest, run) => (newest && newest.id > run.id ? newest : run),
    undefined,
  )
}

/** The questions of this release that stand on the commit: after a loss nobody else knows of them. */
async function openQuestions(ask: Ask, status: ReleaseStatus): Promise<Record<string, Shown>> {
  const prefix = approvalId(status, '')
  const runs = await runsNamed(ask, status.release.sha, approvalName(status))
  const ours = runs.filter(({ external_id }) => external_id?.startsWith(prefix))
  return Object.fromEntries(
    ours.map((run) => [
      run.external_id?.slice(prefix.length) ?? '',
      { id: run.id, says: '', ...(isOver(run) && { ended: true as const }) },
    ]),
  )
}

/** Those of our App; GitHub keeps a thousand of one name. */
async function runsNamed(ask: Ask, sha: string, name: string): Promise<readonly Run[]> {
  const all: Run[] = []
  const wanted = { check_name: name, app_id: `${ask.appId}`, filter: 'all', per_page: '100' }
  for (let page = 1; page <= 10; page++) {
    const query = new URLSearchParams({ ...wanted, page: `${page}` })
    const body = await ask({ method: 'GET', path: `/commits/${sha}/check-runs?${query}` })
    const { check_runs: runs = [] } = body as { check_runs?: readonly Run[] }
    all.push(...runs.filter(({ app }) => app?.id === ask.appId))
    if (runs.length < 100) break
  }
  return all
}

const digest = (said: unknown): string =>
  createHash('sha256').update(canonicalJson(said)).digest('hex').slice(0, 16)
