// An App's life: the newest push wins, one release at a time. What is lost is found again in the cluster.

import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common'
import {
  allHandlersFinished,
  condition,
  continueAsNew,
  isCancellation,
  log,
  patched,
  setCurrentDetails,
  setHandler,
  startChild,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow'
import type { Ending, Obituary } from '../activities/report.ts'
import type { Sight } from '../activities/source.ts'
import { type ReleaseRef, releaseName, releaseWorkflowId } from '../domain/release.ts'
import { awaiting, reading, reporting } from './activities.ts'
import { answerAppCommands } from './app-commands.ts'
import { courier } from './courier.ts'
import { appDetails, appStatusOf } from './details.ts'
import { failureOf } from './failure.ts'
import { hasNews, hearNews, shortRest } from './hear-news.ts'
import { giveWay, type Life, learnThePushers, noteThePusher, recordOutcomes, tellWhoPushed } from './life.ts'
import {
  type AppInput,
  type AppState,
  appStatus,
  releaseFinished,
  type SourceMoved,
  sourceMoved,
} from './messages.ts'
import { closeUnbegun, type Decision, decide, ended, isAnswered, rebuilt, unanswered } from './queue.ts'
import { release } from './release.ts'
import { rescue } from './rescue.ts'
import { searchAttributes } from './search-attributes.ts'

export async function app(input: AppInput): Promise<void> {
  const life = beginLife(input)
  for (;;) {
    await hearNews(life)
    await settle(life)
    const sight = await look(life)
    if (sight) await act(life, sight)
    if (sight === null && !life.state.active && !hasNews(life)) return
    await renewWhenIdle(life, input)
  }
}

function beginLife({ app, state, pushers = [] }: AppInput): Life {
  const life: Life = {
    app,
    state: state ?? rebuilt({ seq: 0, releases: [] }),
    remembers: state !== undefined,
    moved: true,
    hinted: false,
    lookedAt: 0,
    rest: shortRest,
    lookAgainIn: undefined,
    pushed: [],
    endings: new Map(),
    reports: courier(() => report(life)),
    said: '',
    looks: 0,
    pushers: new Map(pushers),
  }
  setHandler(sourceMoved, (...pushes) => {
    life.hinted = true
    life.pushed.push(...pushes)
    return learnThePushers(life, pushes)
  })
  setHandler(releaseFinished, ({ release, ...ending }) => {
    life.endings.set(release.seq, ending)
  })
  setHandler(appStatus, () => life.state, { description: 'What is stable, what runs, what waits' })
  answerAppCommands(life)
  return life
}

/** Takes note of the release that ended. */
async function settle(life: Life): Promise<void> {
  const { active } = life.state
  if (!active || !life.endings.has(active.seq)) return
  const ending = life.endings.get(active.seq) ?? (await rescue(life, active))
  life.endings.clear()
  const { activeFor, ...rest } = life.state
  // Whoever asks before the next look is told of what serves now.
  life.state = {
    ...ended(rest, active, ending.outcome, activeFor),
    ...(ending.stable && { stable: ending.stable }),
  }
  life.moved = true
}

/** Null when the App is not declared any more; undefined when nothing could be seen this time. */
async function look(life: Life): Promise<Sight | null | undefined> {
  const pushed = life.pushed.splice(0)
  life.moved = false
  life.hinted = false
  life.lookAgainIn = undefined
  life.looks += 1
  try {
    if (!life.remembers) await remember(life)
    const { now, later } = unanswered(
      life.state,
      pushed.map(({ after }) => after),
    )
    const summary = `look at ${life.app.name}, pushed: ${pushed.length}`
    const sight = await reading.look.executeWithOptions({ summary }, [{ app: life.app, pushed: now }])
    lookForTheRest(
      life,
      pushed.filter(({ after }) => later.includes(after)),
    )
    return sight
  } catch (error) {
    if (isCancellation(error)) throw error
    const failure = failureOf(error)
    log.warn('cannot look', { ...failure })
    life.pushed.unshift(...pushed)
    // What is forbidden stays so until somebody allows it.
    life.lookAgainIn = failure.reason === 'Forbidden' ? '10 minutes' : '1 minute'
    return undefined
  } finally {
    life.lookedAt = Date.now()
  }
}

/** More pushes than one look takes are no reason to forget the rest. */
function lookForTheRest(life: Life, rest: readonly SourceMoved[]): void {
  if (rest.length === 0) return
  life.pushed.unshift(...rest)
  life.moved = true
}

/** A workflow that is new, or was lost, knows what the cluster remembers; a release that goes on is followed again. */
async function remember(life: Life): Promise<void> {
  const { app } = life
  const summary = `what the cluster remembers of ${app.name}`
  const memory = await reporting.loadApp.executeWithOptions({ summary }, [app])
  // A freeze, or a wish, may have been answered before the cluster was read.
  const { frozen, wanted } = life.state
  life.state = { ...rebuilt(memory), ...(frozen && { frozen }), ...(wanted && { wanted }) }
  life.remembers = true
  for (const { release, cause, by } of [...memory.releases].reverse())
    if (cause === 'push' && by && !life.pushers.has(release.sha)) noteThePusher(life, release.sha, by)
  upsertSearchAttributes([{ key: searchAttributes.app, value: `${app.namespace}/${app.name}` }])
  if (life.state.active) follow(life, life.state.active)
}

async function act(life: Life, sight: Sight): Promise<void> {
  see(life, sight)
  const overtaken = numberOvertaken(life, sight)
  const decision = decide(life.state, sight)
  const { waiting, ...rest } = life.state
  life.state = rest
  if (decision.kind === 'wait') await wait(life, decision, waiting)
  else if (decision.kind === 'release') await begin(life, decision, unlessOvertaken(waiting, sight))
  else log.info('nothing to release', { why: decision.why })
  keepHead(life, sight)
  await recordOutcomes(life, namingNewer(life, sight, overtaken))
  life.reports.send()
}

/** The head has its number by now, unless it waits for the end of a freeze. */
function namingNewer(
  { app, state: { active, waiting } }: Life,
  { head }: Sight,
  overtaken: readonly Obituary[],
): readonly Obituary[] {
  const seq = [active, waiting].find((one) => one && one.sha === head?.sha)?.seq
  if (!head || seq === undefined) return overtaken
  const supersededBy = releaseName({ app, seq, sha: head.sha })
  return overtaken.map((one) => (one.outcome === 'superseded' ? { ...one, supersededBy } : one))
}

/** A head that has no outcome and is not on its way to one is not forgotten when the branch moves on: a freeze, or a wish, came first. */
function keepHead(life: Life, { head }: Sight): void {
  const { state } = life
  if (!head || state.waiting?.sha === head.sha || isAnswered(state, head.sha)) return
  life.state = { ...state, waiting: { sha: head.sha } }
}

function see(life: Life, { head, stable, seq = 0 }: Sight): void {
  const { stable: _, head: __, ...rest } = life.state
  const known = { ...(stable && { stable }), ...(head && { head: head.sha }) }
  life.state = { ...rest, ...known, seq: Math.max(life.state.seq, seq) }
}

/** While the branch was looked at, a person may have gone back past a push: it has its outcome since. */
function unclosed({ state }: Life, { overtaken }: Sight): Sight['overtaken'] {
  const open = overtaken.filter(({ sha }) => !state.seen.includes(sha))
  return open.length < overtaken.length && patched('closed while it was looked at') ? open : overtaken
}

type Waits = Extract<Decision, { kind: 'wait' }>
type Releases = Extract<Decision, { kind: 'release' }>

/** A push that waits has its number from then on, so that the release that makes room for it can name it. */
async function wait(life: Life, { sha, supersede }: Waits, before: AppState['waiting']): Promise<void> {
  const told = before?.sha === sha && before.seq !== undefined
  const seq = told ? before.seq : life.state.seq + 1
  life.state = { ...life.state, seq: Math.max(life.state.seq, seq), waiting: { sha, seq } }
  if (told || supersede === 'queue') return
  const release = { app: life.app, seq, sha }
  await giveWay(life, { by: sha, release, ...(supersede === 'cancel' && { unlessServed: true }) })
}

/** Another may have taken the traffic under a higher number meanwhile: a release with the lower one would be fenced out. */
function unlessOvertaken(waiting: AppState['waiting'], { seq: written = 0 }: Sight): AppState['waiting'] {
  if (waiting?.seq === undefined || waiting.seq > written) return waiting
  return patched('a number that was overtaken') ? { sha: waiting.sha } : waiting
}

const numberKept = ({ sha, wanted }: Releases, waiting: AppState['waiting']): number | undefined =>
  wanted || waiting?.sha !== sha ? undefined : waiting.seq

/** The commits that never became a release get a number each: every push has its outcome. */
function numberOvertaken(life: Life, sight: Sight): readonly Obituary[] {
  return unclosed(life, sight).map(({ sha, onBranch }) => {
    const outcome = onBranch ? 'superseded' : 'ignored'
    const { release, state } = closeUnbegun(life.state, { app: life.app, sha, outcome })
    life.state = state
    const message = onBranch ? 'a newer push came before it began' : 'the branch does not have this commit'
    return { release, outcome, message }
  })
}

async function begin(life: Life, decision: Releases, waiting: AppState['waiting']): Promise<void> {
  const { app, state } = life
  const { sha, wanted } = decision
  const { stable, frozen, thawed, wanted: asked, ...rest } = state
  const ref = { app, seq: numberKept(decision, waiting) ?? state.seq + 1, sha }
  const active = { seq: Math.max(state.seq, ref.seq), active: ref, ...(wanted && { activeFor: wanted }) }
  // What was asked for has begun; what else was asked for meanwhile waits on.
  const waits = asked && asked !== wanted ? { wanted: asked } : {}
  life.state = { ...rest, ...(stable && { stable }), ...(frozen && { frozen }), ...waits, ...active }
  const pusher = life.pushers.get(sha)
  const more = {
    ...(wanted && { wanted }),
    ...(pusher && { pusher }),
    ...(frozen && { frozen }),
    ...(thawed && waiting?.sha === sha && { thawed }),
  }
  try {
    const child = await startChild(release, {
      args: [{ release: ref, ...(stable && { stable }), ...more }],
      workflowId: releaseWorkflowId(ref),
      // It outlives this workflow's runs and its end, and is not ended by them.
      parentClosePolicy: 'ABANDON',
      cancellationType: 'ABANDON',
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      staticSummary: `${releaseName(ref)}: ${sha.slice(0, 7)}`,
      typedSearchAttributes: [
        { key: searchAttributes.app, value: `${app.namespace}/${app.name}` },
        { key: searchAttributes.sha, value: sha },
        { key: searchAttributes.seq, value: ref.seq },
      ],
    })
    listen(life, ref, child.result())
    const late = pusher === undefined ? life.pushers.get(sha) : undefined
    if (late && patched('a pusher who is named meanwhile')) await tellWhoPushed(ref, late)
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error
    follow(life, ref)
  }
}

/** Waits for a release that is not a child of this run. */
function follow(life: Life, ref: ReleaseRef): void {
  const summary = `${releaseName(ref)} to end`
  listen(life, ref, awaiting.awaitRelease.executeWithOptions({ summary }, [ref]))
}

function listen({ endings }: Life, { seq }: ReleaseRef, ending: Promise<Ending>): void {
  // Its own word, if it could still give one, says more than how its workflow ended.
  const lost = () => void (endings.has(seq) || endings.set(seq, null))
  ending.then((end) => endings.set(seq, end), lost)
}

/** A new history, when the old one is long and nothing goes on. */
async function renewWhenIdle(life: Life, input: AppInput): Promise<void> {
  const long =
    workflowInfo().continueAsNewSuggested || life.looks >= (input.renewAfter ?? Number.POSITIVE_INFINITY)
  const busy = () => hasNews(life) || life.state.active !== undefined
  if (!long || busy()) return
  await life.reports.idle()
  await condition(allHandlersFinished)
  if (!busy()) await continueAsNew<typeof app>({ ...input, state: life.state, pushers: [...life.pushers] })
}

/** People are told what changed, not that somebody looked. */
async function report(life: Life): Promise<void> {
  const status = appStatusOf(life.state)
  const said = JSON.stringify(status)
  setCurrentDetails(appDetails(life.app, life.state))
  if (said === life.said) return
  await reporting.reportApp.executeWithOptions({ summary: status.message }, [{ app: life.app, status }])
  life.said = said
}
