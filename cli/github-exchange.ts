// Exchanges the code that GitHub sent back for the App's key and webhook secret. It can be done once, within the hour.
import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { Exit, exitCodes } from './exit.ts'
import type { Place } from './github-manifest.ts'
import type { Registration } from './registration.ts'

export interface Registered extends Omit<Registration, 'url'> {
  readonly slug: string
  /** Its page at GitHub. */
  readonly page: string
  /** GitHub has none: what is kept is our own, for who sets the webhook up by hand. */
  readonly ownSecret: boolean
}

/** The code stands for the key: it is in no message. */
export async function exchange({ api, web }: Place, code: string): Promise<Registered> {
  const refused = (why: string) =>
    new Exit(exitCodes.error, `${api} did not hand over the App's key: ${why}`, {
      advice:
        'The App may be there without it: delete it in its settings, then begin anew: slipway github init',
    })
  const response = await fetch(`${api}/app-manifests/${code}/conversions`, {
    method: 'POST',
    redirect: 'error',
    signal: AbortSignal.timeout(15_000),
    headers: { accept: 'application/vnd.github+json', 'user-agent': 'slipway' },
  }).catch((error: Error) => {
    throw refused(error.cause instanceof Error ? error.cause.message : error.message)
  })
  if (!response.ok) throw refused(whyNot(response.status))
  const read = Converted.safeParse(await response.json().catch(() => undefined))
  if (!read.success || new URL(read.data.html_url).origin !== web)
    throw refused('its answer is not what GitHub documents')
  const { id, slug, html_url: page, pem, webhook_secret: secret } = read.data
  return {
    id,
    slug,
    page,
    key: pem,
    webhookSecret: secret ?? randomBytes(32).toString('hex'),
    ownSecret: !secret,
  }
}

const Converted = z.object({
  id: z.number().int().positive(),
  slug: z.string().regex(/^[\w-]+$/),
  html_url: z.url(),
  pem: z.string().includes('PRIVATE KEY'),
  webhook_secret: z.string().min(32).nullish(),
})

const whyNot = (status: number): string =>
  status === 404 ? 'it does not know the code: it is used, or older than an hour' : `HTTP ${status}`
