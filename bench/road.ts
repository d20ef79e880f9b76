// `npm run bench -- road`: what the whole road costs, as JSON: three releases under load, then a minute of idleness.
import { byKind, callsSince, endOf } from '../local/audit.ts'
import { complaints } from '../local/complaints.ts'
import { sleep } from '../local/process.ts'
import { travel } from '../local/road.ts'
import { readState } from '../local/state.ts'

const settle = 10_000
const minute = 60_000

export interface RoadReport {
  readonly releases: Readonly<Record<'first' | 'good' | 'bad', object>>
  readonly idleMinute: { readonly kubernetesCalls: number; readonly byKind: Readonly<Record<string, number>> }
  /** MiB resident. */
  readonly memory: Readonly<Record<string, number>>
}

/** Everything runs already. `say` hears what happens; the report is returned. */
export async function road(say: (line: string) => void): Promise<RoadReport> {
  const state = readState()
  const { first, good, bad, memory, ...rest } = await travel({ state, say })
  const wrong = complaints({ first, good, bad, memory, ...rest })
  if (wrong.length > 0) throw new Error(`the road was not travelled as it must be:\n  ${wrong.join('\n  ')}`)
  say('a minute of idleness')
  const idle = await idleCalls(state.auditLog)
  const told = ({ measures, traffic }: typeof good) => ({ ...measures, traffic })
  return {
    releases: { first: told(first), good: told(good), bad: told(bad) },
    idleMinute: { kubernetesCalls: idle.length, byKind: byKind(idle) },
    memory,
  }
}

/** What Slipway asks of Kubernetes while nothing happens. */
async function idleCalls(auditLog: string) {
  await sleep(settle)
  const start = endOf(auditLog)
  await sleep(minute)
  return callsSince(auditLog, start)
}
