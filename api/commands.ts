// A person's Command becomes an update of the workflow it is meant for; the workflow's answer lands in its status.
import { type Client, WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client'
import { z } from 'zod'
import { appVerbs, type CommandAnswer, type CommandRequest, releaseVerbs } from '../domain/command.ts'
import { appWorkflowId, releaseWorkflowId } from '../domain/release.ts'
import type { Custom, Kind } from '../platform/kinds.ts'
import type { Kubernetes } from '../platform/kubernetes.ts'
import { command as commandUpdate } from '../workflows/messages.ts'
import type { Metrics } from './metrics.ts'
import { quoted } from './problem.ts'
import type { Releases } from './releases.ts'
import type { Watched } from './watch.ts'

export interface Answer {
  readonly state: 'accepted' | 'refused'
  readonly message: string
}

/** Asks a workflow; undefined when there is none (any more). Fails when it gave no answer in time, which is no refusal. */
export type Ask = (workflowId: string, request: CommandRequest) => Promise<Answer | undefined>

export interface CommandOptions {
  readonly kubernetes: Kubernetes
  readonly kind: Kind<Custom>
  readonly watched: Pick<Watched<Custom>, 'get'>
  readonly releases: Pick<Releases, 'read'>
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
  const { metadata, spec } = parsed.data
  const addressee = await addresseeOf(options.releases, parsed.data)
  if (typeof addressee === 'string') return refused(addressee)
  const by = spec.onBehalfOf ?? spec.by
  const request = { id: metadata.uid, verb: spec.verb, reason: spec.reason, by }
  try {
    return (await options.ask(addressee.workflowId, request)) ?? refused(addressee.otherwise)
  } catch (error) {
    const age = (options.now ?? Date.now)() - Date.parse(metadata.creationTimestamp ?? '')
    if (!(age > (options.expiry ?? 3_600_000))) throw error
    return refused('no worker answered in time; create the Command again if it is still meant')
  }
}

interface Addressee {
  readonly workflowId: string
  /** Why it does not answer, when it does not run. */
  readonly otherwise: string
}

/** A sentence when there is nobody to ask. */
async function addresseeOf(
  releases: Pick<Releases, 'read'>,
  { metadata, spec }: Command,
): Promise<Addressee | string> {
  const { namespace } = metadata
  if (spec.app !== undefined) {
    const workflowId = appWorkflowId({ namespace, name: spec.app })
    return { workflowId, otherwise: `no App ${quoted(spec.app)} is at work in ${namespace}` }
  }
  if (spec.release === undefined) return 'it names neither a release nor an app'
  const seen = await releases.read(namespace, spec.release)
  if (!seen) return `there is no release ${quoted(spec.release)} in ${namespace}`
  // Asked all the same: it may have accepted this very Command before it ended, and nobody had time to write it down.
  const ended = seen.outcome ? `has ended already: ${seen.outcome}` : 'does not run: its workflow is gone'
  return { workflowId: releaseWorkflowId(seen.release), otherwise: `${seen.name} ${ended}` }
}

const refused = (message: string): Answer => ({ state: 'refused', message: message.slice(0, 8_000) })

/** The Command's uid is the update's: Temporal gives the same answer however often it is asked. */
export function temporalAsk(client: Client, deadline = 8_000): Ask {
  return async (workflowId, request) => {
    const handle = client.workflow.getHandle(workflowId)
    const within = <T>(ask: () => Promise<T>) => client.withDeadline(Date.now() + deadline, ask)
    try {
      const update = () => handle.executeUpdate(commandUpdate, { args: [request], updateId: request.id })
      return accepted(await within(update))
    } catch (error) {
      if (error instanceof WorkflowUpdateFailedError) return refused(error.cause?.message ?? error.message)
      if (!(error instanceof WorkflowNotFoundError)) {
        throw new Error(`no answer from ${workflowId}; does a worker run?`, { cause: error })
      }
    }
    // It has ended: the answer it gave before that, if it did, is kept with it.
    const before = handle.getUpdateHandle<CommandAnswer>(request.id)
    return within(() => before.result()).then(accepted, () => undefined)
  }
}

const accepted = ({ message }: CommandAnswer): Answer => ({ state: 'accepted', message })
