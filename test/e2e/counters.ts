// What the gateway counted for each revision: its own counters, read from the gateway itself.
import { every, type Looking } from './every.ts'
import { lab } from './lab.ts'

export interface Counted {
  readonly requests: number
  /** Answered 5xx. */
  readonly failed: number
}

/** Since the gateway began, by revision. */
export async function counted(app: string): Promise<Readonly<Record<string, Counted>>> {
  const answer = await fetch(`${lab.addresses.gateway}/metrics`, { signal: AbortSignal.timeout(2_000) })
  const line = new RegExp(
    `^traefik_service_requests_total\\{code="(\\d+)".*service="[^"]*-svc-default-(${app}-[0-9a-f]{7}-[0-9a-z]+)-[^"]*"\\} (\\S+)$`,
    'gm',
  )
  const counts: Record<string, Counted> = {}
  for (const [, code = '', revision = '', value] of (await answer.text()).matchAll(line)) {
    const { requests, failed } = counts[revision] ?? { requests: 0, failed: 0 }
    const more = Number(value)
    counts[revision] = { requests: requests + more, failed: failed + (code >= '500' ? more : 0) }
  }
  return counts
}

/** The most that was ever counted: the gateway forgets a revision soon after it has left the configuration. */
export function watchCounted(app: string): Looking<Readonly<Record<string, Counted>>> {
  let most: Readonly<Record<string, Counted>> = {}
  return every(200, async () => {
    most = { ...most, ...(await counted(app)) }
    return most
  })
}
