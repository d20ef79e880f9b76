// Signs requests by Standard Webhooks: whoever holds the key knows that Slipway sent them, and when.
import { createHmac } from 'node:crypto'

/** As the specification has it: 24 to 64 bytes. */
const [shortest, longest] = [24, 64]

/**
 * The headers of one try. The id is the same on each, so that the receiver sees the request once; `keys` is the text of the key's
 * file: `whsec_` and base64, one key a line. Each of them signs: a key can be replaced without a gap.
 */
export function signatureHeaders(
  id: string,
  body: string,
  keys: string,
  now: number,
): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(now / 1000))
  const sign = (key: Buffer) =>
    createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')
  const signatures = keysOf(keys).map((key) => `v1,${sign(key)}`)
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  }
}

function keysOf(text: string): readonly Buffer[] {
  const keys = text.split(/\s+/).filter(Boolean).map(keyOf)
  if (keys.length > 0) return keys
  throw new Error('the hook key is empty; write whsec_ and 24 to 64 bytes in base64 into its file')
}

/** What is wrong is said without the key. */
function keyOf(line: string): Buffer {
  const written = line.replace(/^whsec_/, '')
  const key = Buffer.from(written, 'base64')
  const same = key.toString('base64').replace(/=+$/, '') === written.replace(/=+$/, '')
  if (same && key.length >= shortest && key.length <= longest) return key
  throw new Error(
    `a line of the hook key is no key; write whsec_ and ${shortest} to ${longest} bytes in base64`,
  )
}
