// What a release waits for, in words for people.

import type { Gate, Opening, Waiting } from '../domain/gate.ts'
import { asks } from '../domain/gate-words.ts'
import type { Frozen } from './messages.ts'

export type Closed = Extract<Opening, { open: false }>

/** A gate that was reached. */
export interface Reached {
  readonly gate: Gate
  readonly since: number
  readonly approvedBy: readonly string[]
  readonly turnedAway: readonly string[]
  readonly remindAt?: number
  /** What the hook answered, when it did not pass. */
  readonly refused?: string
}

/** Everything that keeps a weight from rising at this moment. */
export interface Held {
  readonly decision: { readonly reason: string; readonly since: number } | undefined
  readonly paused: { readonly by: string; readonly reason: string; readonly since: number } | undefined
  readonly frozen: Frozen | undefined
  readonly reached: readonly Reached[]
  readonly closed: Closed | undefined
}

export const tail = (reason: string): string => reason && `: ${reason}`

export function comingGates(gates: readonly Gate[], step: string | undefined): string {
  const coming = gates.filter(({ kind }) => kind === 'approval').map(({ name }) => name)
  if (step !== undefined && !coming.includes(step)) return ` at ${step}: there is no such gate ahead`
  return coming.length > 0 ? `; ${coming.join(', ')} will, when it is reached` : ', and none is ahead'
}

/** What people are told first: what only a person can end comes before what time ends. */
export function waitingOf({ decision, paused, frozen, reached, closed }: Held): Waiting | undefined {
  if (decision) {
    const message = `${decision.reason}; promote it, or abort it`
    return { for: 'decision', message, since: decision.since }
  }
  if (paused) {
    const message = `paused by ${paused.by}${tail(paused.reason)}; it can be resumed`
    return { for: 'resume', message, since: paused.since }
  }
  if (frozen) {
    const message = `the App is frozen by ${frozen.by}${tail(frozen.reason)}; it can be unfrozen`
    return { for: 'unfreeze', message, since: frozen.since }
  }
  const [one] = reached.toSorted((a, b) => a.gate.kind.localeCompare(b.gate.kind))
  if (one) return waitingAt(one)
  if (!closed) return undefined
  return {
    for: 'window',
    message: closed.why,
    since: 0,
    ...(closed.until !== undefined && { until: closed.until }),
  }
}

function waitingAt({ gate, since, approvedBy, turnedAway }: Reached): Waiting {
  const { name, timeout } = gate
  const message = `${name} ${asks(gate)}`
  const about = { gate: name, message, since, until: since + timeout }
  if (gate.kind === 'hook') return { for: 'hook', ...about }
  return { for: 'approval', ...about, approvedBy, ...(turnedAway.length > 0 && { turnedAway }) }
}
