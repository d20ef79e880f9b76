// A build's log as people may see it: its end, without secrets and without what could drive a terminal.
import { kinds } from '../kinds.ts'
import type { Kubernetes } from '../kubernetes.ts'
import { buildContainer } from './job.ts'

/** The end of the log of the build that a release began; undefined when no such build is remembered. */
export async function buildLog(
  kubernetes: Kubernetes,
  namespace: string,
  release: { readonly namespace: string; readonly name: string },
): Promise<string | undefined> {
  const labels = { 'slipway.dev/namespace': release.namespace, 'slipway.dev/release': release.name }
  const pods = await kubernetes.list(kinds.Pod, namespace, { labels })
  const newest = [...pods].sort((a, b) => (startOf(a) < startOf(b) ? 1 : -1))[0]
  if (newest === undefined) return undefined
  return tail(await kubernetes.logs(namespace, newest.metadata.name, buildContainer, 5000), { lines: 5000 })
}

const startOf = (pod: { metadata: { creationTimestamp?: string } }): string =>
  pod.metadata.creationTimestamp ?? ''

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
  const harmless = log
    .replace(escapes, '')
    .replace(/\r\n?/g, '\n')
    .replace(/[^\P{Cc}\n\t]/gu, '')
  return forms.reduce((text, form) => text.replaceAll(form, '***'), harmless)
}

const escapes = new RegExp(
  `${String.fromCharCode(27)}(\\[[0-9;?]*[ -/]*[@-~]|\\][^${String.fromCharCode(7)}]*)`,
  'g',
)
