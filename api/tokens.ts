// Tokens that are shown here: the git remote's two, one pushes and fetches, the other only fetches; and that of who sends events.
import { createHash, timingSafeEqual } from 'node:crypto'

export type Right = 'push' | 'fetch'
/** What the bearer of this password may do; undefined when it is no token of ours. */
export type Tokens = (password: string) => Right | undefined

/** Digests are compared, so that neither length nor content shows in the time it takes. */
export function gitTokens(secrets: Readonly<Record<Right, string>>): Tokens {
  const push = digest(secrets.push)
  const fetch = digest(secrets.fetch)
  return (password) => {
    const given = digest(password)
    const mayPush = timingSafeEqual(given, push)
    const mayFetch = timingSafeEqual(given, fetch)
    if (mayPush) return 'push'
    return mayFetch ? 'fetch' : undefined
  }
}

/** Whether this is the token that `SLIPWAY_EVENTS_TOKEN_FILE` holds: it may only make Apps look again, but many times. */
export function eventsToken(secret: string): (token: string) => boolean {
  if (Buffer.byteLength(secret) < 32) {
    throw new Error(
      'cannot use the token of who sends events: write a random one of at least 32 bytes to SLIPWAY_EVENTS_TOKEN_FILE',
    )
  }
  const right = digest(secret)
  return (token) => timingSafeEqual(digest(token), right)
}

/** The token of `Authorization: Bearer …`; empty when there is none. */
export const bearerToken = (authorization: string | null): string =>
  /^Bearer ([\x21-\x7e]{1,8192})$/i.exec(authorization ?? '')?.[1] ?? ''

/** The password of `Authorization: Basic …`; any user name will do. */
export function basicPassword(authorization: string | null): string | undefined {
  const encoded = /^Basic ([A-Za-z0-9+/]{1,4096}={0,2})$/i.exec(authorization ?? '')?.[1]
  if (encoded === undefined) return undefined
  const pair = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = pair.indexOf(':')
  return colon < 0 ? undefined : pair.slice(colon + 1)
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
