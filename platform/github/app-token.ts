// What the App shows GitHub for itself: a token signed with its key, good for some minutes.
import { createPrivateKey, type KeyObject, sign } from 'node:crypto'

export interface AppIdentity {
  /** The App's number, or its client id. */
  readonly appId: string | number
  /** The private key's PEM, read when it is used. */
  readonly key: () => string
}

/** `now` is GitHub's time, in milliseconds, as well as we know it. GitHub takes ten minutes at most, and nothing that begins in its future. */
export function appToken({ appId, key }: AppIdentity, now: number): string {
  const seconds = Math.floor(now / 1000)
  const claims = { iat: seconds - 60, exp: seconds + 9 * 60, iss: String(appId) }
  const content = `${encoded({ alg: 'RS256', typ: 'JWT' })}.${encoded(claims)}`
  const signature = sign('sha256', Buffer.from(content), privateKey(key())).toString('base64url')
  return `${content}.${signature}`
}

const encoded = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url')

function privateKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch {
    // What the library says may quote what it could not read.
    throw new Error(
      "the GitHub App's private key cannot be read; give Slipway the .pem file that GitHub made for the App",
    )
  }
}
