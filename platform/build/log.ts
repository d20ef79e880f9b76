// A build's log as people may see it: its end, without secrets and without what could drive a terminal.
export interface Tail {
  readonly lines: number
  readonly bytes?: number
  readonly secrets?: readonly string[]
}

/** The last lines, at most so many bytes of them. */
export function tail(log: string, { lines, bytes = 64 * 1024, secrets = [] }: Tail): string {
  const kept = clean(log, secrets).trimEnd().split('\n').slice(-lines)
  const short = kept.map((line) => (line.length > 500 ? `${line.slice(0, 500)}…` : line)).join('\n')
  return Buffer.from(short)
    .subarray(-bytes)
    .toString()
    .replace(/^\ufffd+/, '')
}

/** A secret may come out as it is or as it travels. */
function clean(log: string, secrets: readonly string[]): string {
  const forms = secrets
    .filter((secret) => secret !== '')
    .flatMap((secret) => [
      secret,
      Buffer.from(secret).toString('base64').replace(/=+$/, ''),
      encodeURIComponent(secret),
    ])
  const harmless = withoutEscapes(log)
    .replace(/\r\n?/g, '\n')
    .replace(/[^\P{Cc}\n\t]/gu, '')
  return forms.reduce((text, form) => text.replaceAll(form, '***'), harmless).replace(githubTokens, '***')
}

/** Made for one build, perhaps by another worker: only its form is known here. */
const githubTokens = /\bgh[a-z]_[A-Za-z0-9_.-]{16,}/g

/** Without what colours a terminal, or does worse to it. */
export const withoutEscapes = (text: string): string => text.replace(escapes, '')

const escapes = new RegExp(
  `${String.fromCharCode(27)}(\\[[0-9;?]*[ -/]*[@-~]|\\][^${String.fromCharCode(7)}]*)`,
  'g',
)
