// A person's commands to an App: freeze and unfreeze, try again, go back to an earlier revision.
import { getExternalWorkflowHandle, log, setHandler } from '@temporalio/workflow'
import type { CommandAnswer, CommandRequest } from '../domain/command.ts'
import { rejectedConfig } from '../domain/rejection.ts'
import { releaseName, releaseWorkflowId } from '../domain/release.ts'
import { finding } from './activities.ts'
import { refused } from './commands.ts'
import { failureOf } from './failure.ts'
import { giveWay, type Life, recordOutcomes } from './life.ts'
import { command, type Frozen, freeze } from './messages.ts'
import { closeUnbegun, isAnswered, rejecting, whyNoRetry } from './queue.ts'
import { tail } from './waiting.ts'

const answersKept = 200

/** The same Command is answered once, and the same way, however often it arrives. */
export function answerAppCommands(life: Life): void {
  const answered = new Map<string, Promise<CommandAnswer>>()
  async function answer(request: CommandRequest): Promise<CommandAnswer> {
    const { id } = request
    if (life.state.answered.includes(id)) return { message: 'it was accepted before' }
    const before = answered.get(id)
    if (before !== undefined) return before
    const given = follow(life, request).then((message) => ({ message }))
    answered.set(id, given)
    const said = await given
    life.state = { ...life.state, answered: [id, ...life.state.answered].slice(0, answersKept) }
    answered.delete(id)
    return said
  }
  function validator(request: CommandRequest): void {
    if (life.state.answered.includes(request.id) || answered.has(request.id)) return
    const why = whyNot(life, request)
    if (why !== undefined) throw refused(`cannot ${request.verb}: ${why}`)
  }
  setHandler(command, answer, { validator, description: 'A Command: rollback, freeze, unfreeze, retry' })
}

function whyNot({ state }: Life, { verb, release }: CommandRequest): string | undefined {
  switch (verb) {
    case 'freeze':
      return state.frozen && `it is frozen already, by ${state.frozen.by}; it can be unfrozen`
    case 'unfreeze':
      return state.frozen ? undefined : 'it is not frozen'
    case 'retry':
      return whyNoRetry(state, release)
    case 'rollback':
      return state.wanted?.cause === 'return' ? 'it is going back already' : undefined
    default:
      return `an App answers freeze, unfreeze, retry and rollback; ${verb} is for a release that runs`
  }
}

function follow(life: Life, request: CommandRequest): Promise<string> {
  switch (request.verb) {
    case 'freeze':
      return setFrozen(life, { by: request.by, reason: request.reason, since: Date.now() })
    case 'unfreeze':
      return setFrozen(life, undefined)
    case 'retry':
      return retry(life, request)
    default:
      return goBack(life, request)
  }
}

async function setFrozen(life: Life, frozen: Frozen | undefined): Promise<string> {
  const { frozen: before, thawed: _, ...rest } = life.state
  const thawed = before && { thawed: before }
  life.state = frozen ? { ...rest, frozen } : { ...rest, ...thawed }
  life.moved = true
  life.reports.send()
  const { active } = life.state
  if (active) await tell(releaseWorkflowId(active), frozen ?? null)
  const runs = active
    ? ` ${releaseName(active)} stays where it is meanwhile, and is taken back if it turns bad.`
    : ''
  return frozen ? `nothing new begins until it is unfrozen.${runs}` : 'pushes are released again'
}

const tell = (workflowId: string, frozen: Frozen | null) =>
  getExternalWorkflowHandle(workflowId)
    .signal(freeze, frozen)
    .catch((error: unknown) => log.warn('the release has ended already', { error }))

async function retry(life: Life, { release, by, reason }: CommandRequest): Promise<string> {
  const sha = release?.sha ?? life.state.head ?? ''
  const rejected = life.state.rejected.filter((one) => one !== sha && !one.startsWith(`${sha} `))
  life.state = { ...life.state, rejected, wanted: { cause: 'retry', sha, by, reason } }
  life.moved = true
  const { active } = life.state
  return `${sha.slice(0, 7)} is tried again${active ? ` when ${releaseName(active)} has ended` : ''}`
}

/**
 * What runs, what serves now, and what the configuration says now is not released again by itself: only a newer push, another
 * change, or `retry`, ends the return.
 */
async function goBack(life: Life, { release, to, by, reason }: CommandRequest): Promise<string> {
  const { app } = life
  const summary = `find ${to ?? 'the revision before'}`
  const found = await finding.recall
    .executeWithOptions({ summary }, [{ app, ...(to !== undefined && { to }) }])
    .catch((error: unknown) => {
      throw refused(`cannot rollback: ${failureOf(error).message}`)
    })
  const { revision, config } = found
  const { active, stable } = life.state
  if (release && stable && release.sha !== stable.sha)
    throw refused(
      `cannot rollback: ${releaseName(release)} does not hold the traffic; give --to to go back to another one`,
    )
  await leaveHead(life, `${by} goes back to ${revision.name}${tail(reason)}`)
  const commits = [stable?.sha, active?.sha].filter((sha) => sha !== undefined && sha !== revision.sha)
  const left = config === undefined ? commits : [...commits, rejectedConfig(revision.sha, config)]
  const rejected = left.reduce((all, one) => rejecting(all, one as string), life.state.rejected)
  const wanted = { cause: 'return', sha: revision.sha, by, reason, revision: revision.name } as const
  life.state = { ...life.state, rejected, wanted }
  life.moved = true
  if (active)
    await giveWay(life, { by: revision.sha, why: `${by} goes back to ${revision.name}${tail(reason)}` })
  return `all traffic goes back to ${revision.name}`
}

/** A push that has not begun yet does not begin after the return: it has its outcome now. */
async function leaveHead(life: Life, why: string): Promise<void> {
  const { head } = life.state
  if (head === undefined || isAnswered(life.state, head)) return
  const closed = closeUnbegun(life.state, { app: life.app, sha: head, outcome: 'aborted' })
  const { waiting: _, ...state } = closed.state
  life.state = state
  await recordOutcomes(life, [{ release: closed.release, outcome: 'aborted', message: why }])
}
