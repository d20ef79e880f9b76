// The API server's own record of who asked it what: Slipway's calls are counted there, not where Slipway makes them.
import { createReadStream, statSync } from 'node:fs'
import { createInterface } from 'node:readline'

/** One finished request. */
export interface ApiCall {
  /** When it was answered, in milliseconds since the epoch. */
  readonly at: number
  /** Whose it was: `slipway-worker`, `slipway-api`. */
  readonly account: string
  readonly verb: string
  /** `httproutes`, `releases/status`. */
  readonly resource: string
  readonly name: string
  readonly namespace: string
  /** Path and query: a list says by its selector what it is about. */
  readonly uri: string
  readonly code: number
}

const ours = 'system:serviceaccount:slipway-system:'

/** Where the record ends now: what comes later is read from here. */
export function endOf(log: string): number {
  return statSync(log, { throwIfNoEntry: false })?.size ?? 0
}

/** The calls of Slipway's own accounts since then, oldest first. A watch is no call: it is one connection that lasts. */
export async function callsSince(log: string, offset: number): Promise<ApiCall[]> {
  const start = endOf(log) < offset ? 0 : offset // Shorter than before: a new file was begun.
  const lines = createInterface({ input: createReadStream(log, { start }) })
  const calls: ApiCall[] = []
  for await (const line of lines) {
    const call = readCall(line)
    if (call) calls.push(call)
  }
  return calls.sort((a, b) => a.at - b.at)
}

/** One line of the record; undefined for what is not ours, not finished, or a watch. */
export function readCall(line: string): ApiCall | undefined {
  if (!line.includes(ours)) return undefined
  const event = parse(line)
  if (event?.stage !== 'ResponseComplete' || event.verb === 'watch') return undefined
  const user = event.user?.username ?? ''
  if (!user.startsWith(ours)) return undefined
  const { resource = '', subresource, name = '', namespace = '' } = event.objectRef ?? {}
  return {
    at: Date.parse(event.stageTimestamp ?? ''),
    account: user.slice(ours.length),
    verb: event.verb ?? '',
    resource: subresource ? `${resource}/${subresource}` : resource,
    name,
    namespace,
    uri: event.requestURI ?? '',
    code: event.responseStatus?.code ?? 0,
  }
}

interface AuditEvent {
  readonly stage?: string
  readonly verb?: string
  readonly user?: { readonly username?: string }
  readonly requestURI?: string
  readonly objectRef?: Readonly<Partial<Record<'resource' | 'subresource' | 'name' | 'namespace', string>>>
  readonly responseStatus?: { readonly code?: number }
  readonly stageTimestamp?: string
}

/** The last line may be half written. */
function parse(line: string): AuditEvent | undefined {
  try {
    return JSON.parse(line) as AuditEvent
  } catch {
    return undefined
  }
}

/** Those that are about one App: its objects carry its name, its lists select by it. */
export function callsAbout(calls: readonly ApiCall[], app: string): ApiCall[] {
  const named = new RegExp(`(?<![a-z0-9-])${app}(?![a-z0-9])`)
  return calls.filter(({ name, uri }) => named.test(name) || named.test(decodeURIComponent(uri)))
}

/** How often each verb on each resource was used: `{"get deployments": 12}`, the most frequent first. */
export function byKind(calls: readonly ApiCall[]): Record<string, number> {
  const counts = new Map<string, number>()
  for (const { verb, resource } of calls) {
    const kind = `${verb} ${resource}`
    counts.set(kind, (counts.get(kind) ?? 0) + 1)
  }
  return Object.fromEntries([...counts].sort(([, a], [, b]) => b - a))
}
