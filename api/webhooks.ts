// GitHub's webhook: a signed hint that something changed, or a button that somebody clicked. Answered with 202 only when Temporal has the message for good.
import { Webhooks } from '@octokit/webhooks'
import type { Logger } from 'pino'
import { z } from 'zod'
import { checkMediaType, mebibyte, readBody } from './body.ts'
import { branch } from './branch-event.ts'
import type { Buttons } from './buttons.ts'
import { checkRun } from './check-run-event.ts'
import { checkSuite } from './check-suite-event.ts'
import { type HintOptions, hints, type Result } from './hints.ts'
import { installation, installationRepositories } from './installation-event.ts'
import type { Metrics } from './metrics.ts'
import { parsed } from './payload.ts'
import type { Plans } from './plans.ts'
import { Problem } from './problem.ts'
import { pullRequest } from './pull-request-event.ts'
import { PushEvent, pushed } from './push-event.ts'
import { repositoryChanged } from './repository-event.ts'
import { type JsonObject, strictJsonObject, utf8 } from './strict-json.ts'

export interface WebhookOptions extends HintOptions {
  /** The current secret, and while it is being changed the one before. None: deliveries are refused. */
  readonly secrets: readonly string[]
  /** Undefined: Slipway is no GitHub App. */
  readonly buttons?: Buttons | undefined
  /** Undefined: Slipway is no GitHub App. */
  readonly plans?: Plans | undefined
  /** Undefined: every installation that signs with the secret. */
  readonly installations?: readonly number[] | undefined
  readonly metrics: Pick<Metrics, 'webhook'>
  readonly log: Logger
  /** Milliseconds that a body may take. */
  readonly bodyWithin?: number
}

/** One secret a line. GitHub's own advice is a long random one; a short one is guessed from a single delivery. */
export function webhookSecrets(text: string): readonly string[] {
  const secrets = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  if (
    secrets.length === 0 ||
    secrets.length > 2 ||
    secrets.some((secret) => Buffer.byteLength(secret) < 32)
  ) {
    throw new Error(
      'cannot use the webhook secret: write one random secret of at least 32 bytes to SLIPWAY_WEBHOOK_SECRET_FILE, ' +
        'and while it is being changed the old one on a second line',
    )
  }
  return secrets
}

export function githubWebhook(options: WebhookOptions): (request: Request) => Promise<Response> {
  const { secrets, installations, metrics, log, bodyWithin = 10_000 } = options
  const verify = verifier(secrets)
  const handles = handlers(options)
  return async (request) => {
    try {
      if (secrets.length === 0) throw disabled()
      checkMediaType(request, 'application/json')
      const bytes = await readBody(request, { bytes: mebibyte, milliseconds: bodyWithin })
      await verify(bytes, request.headers.get('x-hub-signature-256'))
      const delivery = deliveryOf(request)
      const payload = strictJsonObject(bytes)
      const event = request.headers.get('x-github-event')
      const handle = handles.get(event)
      if (handle) checkInstallation(payload, installations)
      const result = (await handle?.(payload, delivery)) ?? { status: 'ignored:event' }
      metrics.webhook(result.status)
      log.info({ delivery, event, ...result }, 'a delivery was answered')
      return new Response(`${JSON.stringify({ delivery, ...result })}\n`, {
        status: 202,
        headers: { 'content-type': 'application/json' },
      })
    } catch (error) {
      metrics.webhook(error instanceof Problem ? error.code : 'internal')
      throw error
    }
  }
}

type Handle = (payload: JsonObject, delivery: string) => Result | Promise<Result>

/** What is listened to. An event that is not here is answered and forgotten. */
function handlers({ buttons, plans, log, ...options }: WebhookOptions): ReadonlyMap<string | null, Handle> {
  const tell = hints(options)
  return new Map<string | null, Handle>([
    ['ping', (payload) => ping(payload)],
    ['push', (payload, delivery) => pushed(parsed(PushEvent, payload, 'push'), delivery, tell)],
    ['create', (payload, delivery) => branch(payload, delivery, 'create', tell)],
    ['delete', (payload, delivery) => branch(payload, delivery, 'delete', tell)],
    ['check_run', (payload, delivery) => checkRun(payload, delivery, { ...options, buttons, plans })],
    ['check_suite', (payload, delivery) => checkSuite(payload, delivery, tell, buttons)],
    ['pull_request', (payload) => pullRequest(payload, options, plans)],
    ['installation', (payload, delivery) => installation(payload, delivery, tell, log)],
    ['installation_repositories', (payload, delivery) => installationRepositories(payload, delivery, tell)],
    ['repository', (payload, delivery) => repositoryChanged(payload, delivery, tell, log)],
  ])
}

const Ping = z.object({ zen: z.string() })
const Installed = z.object({ installation: z.object({ id: z.number() }) })

/** GitHub's greeting to a new webhook. */
function ping(payload: JsonObject): Result {
  parsed(Ping, payload, 'ping')
  return { status: 'pong' }
}

/** Whether the App is installed where this comes from is for the event itself to say: here only that it is no stranger's. */
function checkInstallation(payload: JsonObject, installations: WebhookOptions['installations']): void {
  if (!installations) return
  const { data } = Installed.safeParse(payload)
  if (data && !installations.includes(data.installation.id)) {
    throw new Problem(403, 'installation-not-allowed', 'this installation is not one of ours')
  }
}

/** Who sends no signature, a malformed one or a wrong one learns the same and waits as long. */
function verifier(secrets: readonly string[]) {
  const webhooks = secrets.map((secret) => new Webhooks({ secret }))
  const nobody = `sha256=${'0'.repeat(64)}`
  return async (bytes: Uint8Array, signature: string | null): Promise<void> => {
    const text = utf8(bytes)
    // No signature can be right for these; with one, the body's own fault is named.
    if (!text) {
      if (signature === null) throw unsigned(signature)
      throw new Problem(
        400,
        'body-not-json-object',
        'the body must be one JSON object: it is empty or no UTF-8',
      )
    }
    // Decoding lost nothing, so this is the HMAC of the very bytes that came. Every secret is tried: no early end to time.
    const right = await Promise.all(webhooks.map((one) => one.verify(text, signature || nobody)))
    if (!right.includes(true)) throw unsigned(signature)
  }
}

const unsigned = (signature: string | null) =>
  new Problem(
    401,
    signature === null ? 'signature-missing' : 'signature-invalid',
    'X-Hub-Signature-256 must be the HMAC of the body with the secret of this webhook',
  )

function deliveryOf({ headers }: Request): string {
  const delivery = headers.get('x-github-delivery') ?? ''
  if (/^[\w-]{1,100}$/.test(delivery)) return delivery
  throw new Problem(400, 'delivery-id', 'X-GitHub-Delivery must be 1 to 100 letters, digits or -')
}

const disabled = () =>
  new Problem(
    503,
    'webhooks-disabled',
    'this Slipway takes no webhooks: SLIPWAY_WEBHOOK_SECRET_FILE is not set',
  )
