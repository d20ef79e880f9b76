// Whom a canary harmed, from the requests themselves: failed or late answers beyond what stable gave in the same minutes.
import { failed, type Sample } from '../../local/load.ts'

export interface Side {
  readonly requests: number
  readonly errors: number
  /** Answered, but later than the latency objective allows. */
  readonly slow: number
}

export interface Harm {
  readonly canary: Side
  readonly stable: Side
  /** Requests that no version answered: cut off, or refused by the gateway itself. */
  readonly unanswered: number
  /** What the canary's users suffered beyond what stable's did, and everything unanswered. */
  readonly harmed: number
}

/** `below`: the latency objective in seconds. */
export function harmOf(samples: readonly Sample[], from: number, to: number, below: number): Harm {
  const within = samples.filter(({ at }) => at >= from && at < to)
  const side = (version: string): Side => {
    const own = within.filter((sample) => sample.version === version)
    const errors = own.filter(failed)
    const slow = own.filter((sample) => !failed(sample) && sample.took > below * 1000)
    return { requests: own.length, errors: errors.length, slow: slow.length }
  }
  const [canary, stable] = [side('canary'), side('stable')]
  const unanswered = within.filter(({ version }) => version === '').length
  return { canary, stable, unanswered, harmed: beyond(canary, stable) + unanswered }
}

/** Failed and late apart: a lucky share of the one does not make up for the other. */
function beyond(canary: Side, stable: Side): number {
  const more = (kind: 'errors' | 'slow') =>
    Math.max(0, canary[kind] - (canary.requests * stable[kind]) / Math.max(1, stable.requests))
  return more('errors') + more('slow')
}
