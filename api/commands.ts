// A person's Command becomes an update of the workflow it is meant for; the workflow's answer lands in its status.
import {
  type Client,
  WithStartWorkflowOperation,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '@temporalio/client'
import { z } from 'zod'
import { type AppRef, appKey } from '../domain/app.ts'
import {
  answeredByApp,
  appVerbs,
  type CommandAnswer,
  type CommandRequest,
  releaseVerbs,
} from '../domain/command.ts'
import { appWorkflowId, releaseWorkflowId } from '../domain/release.ts'
import type { Custom, Kind } from '../platform/kinds.ts'
import type { Kubernetes } from '../platform/kubernetes.ts'
import { type AppInput, command as commandUpdate, taskQueue } from '../workflows/messages.ts'
import type { Metrics } from './metrics.ts'
import { quoted } from './problem.ts'
import type { Releases, SeenRelease } from './releases.ts'
import type { Watched } from './watch.ts'

export interface Answer {
  readonly state: 'accepted' | 'refused'
  readonly message: string
}

/** Asks a workflow. Fails when it gave no answer in time, which is no refusal. */
export interface Ask {
  /** Undefined when it does not run (any more), and did not answer this Command while it did. */
  readonly running: (workflowId: string, request: CommandRequest) => Promise<Answer | undefined>
  /** Starts the App's workflow first: it should run for as long as the App is declared, and was lost. */
  readonly starting: (app: AppRef, request: CommandRequest) => Promise<Answer>
}

export interface CommandOptions {
  readonly kubernetes: Kubernetes
  readonly kind: Kind<Custom>
  readonly watched: Pick<Watched<Custom>, 'get'>
  readonly releases: Pick<Releases, 'read'>
  /** Whether the cluster declares the App. */
  readonly declared: (app: AppRef) => Promise<boolean>
  readonly ask: Ask
  readonly metrics: Pick<Metrics, 'commanded'>
  readonly now?: () => number
  /** Milliseconds after which a Command that nobody could answer is refused: what was meant then may be wrong now. */
  readonly expiry?: number
}

/** Returns a function that answers the Command of this key, unless it has an answer. Failing means: not yet. */
export function commandAnswers(options: CommandOptions) {
  const { kubernetes, kind, watched, metrics } = options
  return async (key: string): Promise<void> => {
    const [namespace = '', name = ''] = key.split('/')
    const object = watched.get(namespace, name)
    if (!object || object.status?.state !== undefined) return
    const answer = await answerTo(options, object)
    metrics.commanded(answer.state)
    const answeredAt = new Date((options.now ?? Date.now)()).toISOString()
    // The uid: a Command of the same name that was created since is another person's wish.
    const { uid } = object.metadata
    const metadata = { namespace, name, ...(uid && { uid }) }
    await kubernetes.apply(kind, { metadata, status: { ...answer, answeredAt } }, 'status')
  }
}

const Command = z.object({
  metadata: z.object({ namespace: z.string(), uid: z.string(), creationTimestamp: z.string().optional() }),
  spec: z.object({
    release: z.string().optional(),
    app: z.string().optional(),
    verb: z.enum([...releaseVerbs, ...appVerbs]),
    reason: z.string().default(''),
    step: z.string().optional(),
    to: z.string().optional(),
    by: z.string(),
    onBehalfOf: z.string().optional(),
  }),
})
type Command = z.infer<typeof Command>

async function answerTo(options: CommandOptions, object: Custom): Promise<Answer> {
  const parsed = Command.safeParse(object)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    return refused(`${issue?.path.join('.')}: ${quoted(issue?.message ?? '')}`)
  }
  const { creationTimestamp } = parsed.data.metadata
  try {
    return await answerOf(options, parsed.data)
  } catch (error) {
    const age = (options.now ?? Date.now)() - Date.parse(creationTimestamp ?? '')
    if (!(age > (options.expiry ?? 3_600_000))) throw error
    return refused('no worker answered in time; create the Command again if it is still meant')
  }
}

async function answerOf(options: CommandOptions, command: Command): Promise<Answer> {
  const { metadata, spec } = command
  const { namespace } = metadata
  const request = requestOf(command)
  if (spec.app !== undefined) return answerOfApp(options, { namespace, name: spec.app }, request)
  if (spec.release === undefined) return refused('it names neither a release nor an app')
  const seen = await options.releases.read(namespace, spec.release)
  if (!seen) {
    return refused(`there is no release ${quoted(spec.release)} in ${namespace}; see: kubectl get releases`)
  }
  return answerOfRelease(options, seen, spec.verb, request)
}

function requestOf({ metadata, spec }: Command): CommandRequest {
  const { verb, reason, step, to, by, onBehalfOf } = spec
  return {
    id: metadata.uid,
    verb,
    reason,
    by: onBehalfOf ?? by,
    // Only Slipway's own account speaks for others, and says whom as a principal.
    principal: onBehalfOf ?? `user:${by}`,
    ...(step !== undefined && { step }),
    ...(to !== undefined && { to }),
  }
}

/** What begins a new release is the App's to answer; what a release does, its own while it runs. */
async function answerOfRelease(
  options: CommandOptions,
  seen: SeenRelease,
  verb: CommandRequest['verb'],
  request: CommandRequest,
): Promise<Answer> {
  const { release } = seen
  const byApp = answeredByApp[verb as keyof typeof answeredByApp]
  const askApp = () => answerOfApp(options, release.app, { ...request, release })
  if (byApp === 'always') return askApp()
  // Asked though it has ended: it may have accepted this very Command before, and nobody had time to write it down.
  const answer = await options.ask.running(releaseWorkflowId(release), request)
  return answer ?? (byApp === 'ended' ? askApp() : refused(goneWords(seen)))
}

async function answerOfApp({ ask, declared }: CommandOptions, app: AppRef, request: CommandRequest) {
  const answer = await ask.running(appWorkflowId(app), request)
  if (answer) return answer
  if (await declared(app)) return ask.starting(app, request)
  return refused(`there is no App ${quoted(app.name)} in ${app.namespace}; see: kubectl get apps`)
}

/** Why a release does not answer, and what is possible instead. */
function goneWords({ name, outcome }: SeenRelease): string {
  if (outcome === 'promoted') {
    return `${name} has ended already: promoted; rollback returns to what was stable before it`
  }
  const ended = outcome ? `has ended already: ${outcome}` : 'does not run: its workflow is gone'
  return `${name} ${ended}; retry releases its commit again`
}

const refused = (message: string): Answer => ({ state: 'refused', message: message.slice(0, 8_000) })

/** The Command's uid is the update's: Temporal gives the same answer however often it is asked. */
export function temporalAsk(client: Client, { deadline = 8_000, queue = taskQueue } = {}): Ask {
  const within = <T>(ask: () => Promise<T>) => client.withDeadline(Date.now() + deadline, ask)
  return {
    async running(workflowId, request) {
      const handle = client.workflow.getHandle(workflowId)
      const update = () => handle.executeUpdate(commandUpdate, { args: [request], updateId: request.id })
      try {
        return await answered(workflowId, () => within(update))
      } catch (error) {
        if (!(error instanceof WorkflowNotFoundError)) throw error
      }
      // It has ended: the answer it gave before that, if it did, is kept with it.
      const before = handle.getUpdateHandle<CommandAnswer>(request.id)
      return within(() => before.result()).then(accepted, () => undefined)
    },
    starting: (app, request) =>
      answered(appWorkflowId(app), () => within(() => updateWithStart(client, queue, app, request))),
  }
}

const updateWithStart = (
  client: Client,
  taskQueue: string,
  app: AppRef,
  request: CommandRequest,
): Promise<CommandAnswer> =>
  client.workflow.executeUpdateWithStart(commandUpdate, {
    args: [request],
    updateId: request.id,
    startWorkflowOperation: new WithStartWorkflowOperation('app', {
      workflowId: appWorkflowId(app),
      taskQueue,
      args: [{ app } satisfies AppInput],
      workflowIdConflictPolicy: 'USE_EXISTING',
      staticSummary: `releases of ${appKey(app)}`,
    }),
  })

/** A refusal is an answer; a workflow that is not found, and one that gave no answer, are thrown. */
async function answered(workflowId: string, ask: () => Promise<CommandAnswer>): Promise<Answer> {
  try {
    return accepted(await ask())
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError) return refused(error.cause?.message ?? error.message)
    if (error instanceof WorkflowNotFoundError) throw error
    throw new Error(`no answer from ${workflowId}; does a worker run?`, { cause: error })
  }
}

const accepted = ({ message }: CommandAnswer): Answer => ({ state: 'accepted', message })
