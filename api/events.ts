// `POST /events`: other programs say that a branch moved, as a CloudEvent. Like a webhook it is a hint, and no more.
import type { Logger } from 'pino'
import { z } from 'zod'
import { mebibyte, readBody } from './body.ts'
import { type CloudEvent, checkForm, cloudEvent } from './cloud-event.ts'
import { type HintOptions, type Hints, hints, type Result } from './hints.ts'
import type { Metrics } from './metrics.ts'
import { Commit, parsed } from './payload.ts'
import { Problem, quoted } from './problem.ts'
import { forwardedPush, pushed } from './push-event.ts'
import { bearerToken } from './tokens.ts'

export interface EventOptions extends HintOptions {
  /** Whether the bearer of this token may send events; undefined: nobody may. */
  readonly token: ((token: string) => boolean) | undefined
  readonly metrics: Pick<Metrics, 'event'>
  readonly log: Pick<Logger, 'info'>
  /** Milliseconds that a body may take. */
  readonly bodyWithin?: number
}

export function events(options: EventOptions): (request: Request) => Promise<Response> {
  const { token, metrics, log, bodyWithin = 10_000 } = options
  const tell = hints(options)
  return async (request) => {
    try {
      checkSender(request, token)
      checkForm(request)
      const bytes = await readBody(request, { bytes: mebibyte, milliseconds: bodyWithin })
      const event = cloudEvent(request, bytes)
      const delivery = quoted(`${event.id} of ${event.source}`)
      const result = await answer(event, delivery, tell)
      metrics.event(result.status)
      log.info({ delivery, type: quoted(event.type), ...result }, 'an event was answered')
      return new Response(`${JSON.stringify(result)}\n`, {
        status: 202,
        headers: { 'content-type': 'application/json' },
      })
    } catch (error) {
      metrics.event(error instanceof Problem ? error.code : 'internal')
      throw error
    }
  }
}

function checkSender({ headers }: Request, token: EventOptions['token']): void {
  if (!token) {
    const why = 'this Slipway takes no events: SLIPWAY_EVENTS_TOKEN_FILE is not set'
    throw new Problem(503, 'events-disabled', why)
  }
  if (token(bearerToken(headers.get('authorization')))) return
  throw new Problem(401, 'token-required', 'bring the token of this Slipway: Authorization: Bearer <token>', {
    headers: { 'www-authenticate': 'Bearer realm="Slipway events"' },
  })
}

/** What is understood. The version at the end of a CDEvents type is not: the few fields that are used are in all of them. */
async function answer({ type, source, data }: CloudEvent, delivery: string, tell: Hints): Promise<Result> {
  if (type === 'dev.knative.source.github.push') return pushed(forwardedPush(data), delivery, tell)
  if (type === 'dev.slipway.source.moved') return tell({ ...sourceMoved(data), delivery })
  if (/^dev\.cdevents\.(change\.merged|branch\.created)\.\d/.test(type)) {
    return tell({ urls: repositoryOf(parsed(CdEvent, data, type), source), delivery })
  }
  return { status: 'ignored:type' }
}

const SourceMoved = z.object({
  repository: z.string().min(1).max(2048),
  ref: z
    .string()
    .regex(/^refs\/heads\/./, 'must begin with refs/heads/')
    .max(1024)
    .optional(),
  after: Commit.optional(),
})

function sourceMoved(data: CloudEvent['data']) {
  const { repository, ref, after } = parsed(SourceMoved, data, 'dev.slipway.source.moved')
  const branch = ref?.slice('refs/heads/'.length)
  return { urls: [repository], ...(branch && { branch }), ...(after && { after }) }
}

const CdEvent = z.object({
  subject: z.object({
    content: z.object({
      repository: z.object({ id: z.string().min(1).max(2048), source: z.string().max(2048).optional() }),
    }),
  }),
})

/** Programs name a repository by its address, or by its name below the address of its host. Its branch they do not tell. */
function repositoryOf({ subject }: z.infer<typeof CdEvent>, source: string): readonly string[] {
  const { repository } = subject.content
  const host = (repository.source || source).replace(/\/+$/, '')
  return [repository.id, `${host}/${repository.id}`]
}
