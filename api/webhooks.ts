// GitHub's webhook: a signed hint that a branch moved. Answered with 202 only when Temporal has the message for good.
import { Webhooks } from '@octokit/webhooks'
import type { Logger } from 'pino'
import { appKey } from '../domain/app.ts'
import type { Apps, DeclaredApp } from './apps.ts'
import { readBody } from './body.ts'
import type { Metrics } from './metrics.ts'
import { Problem } from './problem.ts'
import { type PushEvent, pingEvent, pushEvent } from './push-event.ts'
import type { Sources } from './sources.ts'
import { strictJsonObject, utf8 } from './strict-json.ts'

export interface WebhookOptions {
  /** The current secret, and while it is being changed the one before. None: deliveries are refused. */
  readonly secrets: readonly string[]
  readonly apps: Pick<Apps, 'ofRepository'>
  /** Whether the Apps are known: until then nothing can be said of a repository. */
  readonly ready: () => boolean
  readonly sources: Pick<Sources, 'lookAgain'>
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

const mebibyte = 1_048_576

export function githubWebhook(options: WebhookOptions): (request: Request) => Promise<Response> {
  const { secrets, metrics, log, bodyWithin = 10_000 } = options
  const verify = verifier(secrets)
  const act = pushed(options)
  return async (request) => {
    try {
      if (secrets.length === 0) throw disabled()
      checkEncoding(request)
      const bytes = await readBody(request, { bytes: mebibyte, milliseconds: bodyWithin })
      await verify(bytes, request.headers.get('x-hub-signature-256'))
      const delivery = deliveryOf(request)
      const payload = strictJsonObject(bytes)
      const event = request.headers.get('x-github-event')
      const result = await answer(
        event,
        () => pingEvent(payload),
        () => act(pushEvent(payload), delivery),
      )
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

interface Result {
  readonly status: string
  readonly apps?: readonly string[]
}

async function answer(event: string | null, ping: () => void, push: () => Promise<Result>): Promise<Result> {
  if (event === 'push') return await push()
  if (event !== 'ping') return { status: 'ignored:event' }
  ping()
  return { status: 'pong' }
}

function checkEncoding({ headers }: Request): void {
  if (headers.has('content-encoding')) {
    throw new Problem(415, 'content-encoding', 'send the body without content encoding', {
      headers: { connection: 'close' },
    })
  }
  if (!/^application\/json\s*(;|$)/i.test(headers.get('content-type') ?? '')) {
    throw new Problem(415, 'content-type', 'set content type to application/json', {
      headers: { connection: 'close' },
    })
  }
}

/** Who sends no signature, a malformed one or a wrong one learns the same and waits as long. */
function verifier(secrets: readonly string[]) {
  const webhooks = secrets.map((secret) => new Webhooks({ secret }))
  const nobody = `sha256=${'0'.repeat(64)}`
  return async (bytes: Uint8Array, signature: string | null): Promise<void> => {
    const text = utf8(bytes)
    const refused = new Problem(
      401,
      signature === null ? 'signature-missing' : 'signature-invalid',
      'X-Hub-Signature-256 must be the HMAC of the body with the secret of this webhook',
    )
    // No signature can be right for these; with one, the body's own fault is named.
    if (!text) {
      if (signature === null) throw refused
      throw new Problem(
        400,
        'body-not-json-object',
        'the body must be one JSON object: it is empty or no UTF-8',
      )
    }
    // Decoding lost nothing, so this is the HMAC of the very bytes that came. Every secret is tried: no early end to time.
    const right = await Promise.all(webhooks.map((one) => one.verify(text, signature || nobody)))
    if (!right.includes(true)) throw refused
  }
}

function deliveryOf({ headers }: Request): string {
  const delivery = headers.get('x-github-delivery') ?? ''
  if (/^[\w-]{1,100}$/.test(delivery)) return delivery
  throw new Problem(400, 'delivery-id', 'X-GitHub-Delivery must be 1 to 100 letters, digits or -')
}

function pushed({ apps, ready, sources, installations }: WebhookOptions) {
  const underWay = new Map<string, Promise<unknown>>()
  return async (push: PushEvent, delivery: string): Promise<Result> => {
    if (installations && !installations.includes(push.installation.id)) {
      throw new Problem(403, 'installation-not-allowed', 'this installation is not one of ours')
    }
    const reason = nothingIn(push)
    if (reason) return { status: `ignored:${reason}` }
    if (!ready()) throw away('which Apps there are is not known yet')
    const { ref, after, repository } = push
    const urls = [repository.clone_url, repository.html_url].filter((url) => url !== undefined)
    const known = new Map(urls.flatMap(apps.ofRepository).map((app) => [appKey(app.app), app]))
    if (known.size === 0) return { status: 'ignored:repo-not-registered' }
    const branch = ref.slice(heads.length)
    const told = [...known.values()].filter(({ source }) => source?.branch === branch)
    if (told.length === 0) return { status: 'ignored:branch' }
    // The same push many times at once is one message; each delivery is answered when that one is durable.
    await Promise.all(
      told.map((app) =>
        once(underWay, `${appKey(app.app)} ${ref} ${push.before} ${after}`, () => look(app, push, delivery)),
      ),
    )
    return { status: 'accepted', apps: told.map(({ app }) => appKey(app)) }
  }

  async function look({ app }: DeclaredApp, { ref, after }: PushEvent, delivery: string): Promise<void> {
    await sources.lookAgain(app, { ref, after, delivery }).catch((cause: unknown) => {
      throw away('Temporal did not take the message', cause)
    })
  }
}

const heads = 'refs/heads/'

function nothingIn({ ref, after }: PushEvent): string | undefined {
  if (ref.startsWith('refs/tags/')) return 'tag'
  if (!ref.startsWith(heads)) return 'ref'
  return /^0+$/.test(after) ? 'branch-deleted' : undefined
}

async function once(
  underWay: Map<string, Promise<unknown>>,
  key: string,
  run: () => Promise<void>,
): Promise<void> {
  const shared = underWay.get(key) ?? run().finally(() => underWay.delete(key))
  underWay.set(key, shared)
  await shared
}

const disabled = () =>
  new Problem(
    503,
    'webhooks-disabled',
    'this Slipway takes no webhooks: SLIPWAY_WEBHOOK_SECRET_FILE is not set',
  )

const away = (why: string, cause?: unknown) =>
  new Problem(503, 'not-durable', `${why}; deliver it again`, { headers: { 'retry-after': '10' }, cause })
