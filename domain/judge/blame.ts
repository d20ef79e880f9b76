// Whose requests were they: splits what the gateway counted between the two sides, its own answers included.
import type { Baseline } from './baseline.ts'
import { type Delta, noRequests, plus } from './counters.ts'
import type { Block, Side } from './evidence.ts'
import type { Tally } from './judge.ts'

/** The errors that the gateway answered by itself: all so far, and those that somebody was blamed for. Plain JSON. */
export interface Alone {
  readonly counted: number
  readonly blamed: number
}

export const noneAlone: Alone = { counted: 0, blamed: 0 }

export interface Sides {
  readonly canary: Tally
  readonly stable: Tally
}

/** The bounds that the gateway is asked for, in seconds: each once. */
export const boundsOf = ({ latency }: Baseline): number[] =>
  [...new Set(latency.map(({ bound }) => bound))].sort((a, b) => a - b)

/**
 * Sums what is new by side. Errors of the route that no revision counted were answered by the gateway for a revision without a ready
 * pod: the side whose own counters stood still is blamed, the canary when both moved, each by its weight when neither did.
 * Nobody is blamed for more than could have come to it.
 * The route's counters may run behind the revisions' for a moment: only what exceeds all that was blamed before is new.
 */
export function blame(
  deltas: readonly Delta[],
  names: { readonly canary: string; readonly stable: string },
  weight: number,
  alone: Alone,
): { readonly sides: Sides; readonly alone: Alone } {
  const canary = sum(deltas.filter(({ revision }) => revision === names.canary))
  const stable = sum(deltas.filter(({ revision }) => revision === names.stable))
  const route = sum(deltas.filter(({ revision }) => revision === undefined))
  const counted = alone.counted + (hasRoute(deltas) ? route.errors - canary.errors - stable.errors : 0)
  const fresh = Math.max(0, counted - alone.blamed)
  const share = canaryShare(canary.requests > 0, stable.requests > 0, weight)
  const own = Math.min(
    Math.round(fresh * share),
    atMostOwn(weight, canary.requests + stable.requests + fresh),
  )
  return {
    sides: { canary: withErrors(canary, own), stable: withErrors(stable, fresh - own) },
    alone: { counted, blamed: alone.blamed + fresh },
  }
}

/** The gateway sends the canary its share: of more, somebody else must be the cause. A weight that just fell may still be felt. */
const atMostOwn = (weight: number, requests: number): number => Math.ceil(3 * weight * requests) + 3

/** A gateway that does not count routes gives nothing to compare with. */
const hasRoute = (deltas: readonly Delta[]): boolean => deltas.some(({ revision }) => revision === undefined)

function canaryShare(canaryMoved: boolean, stableMoved: boolean, weight: number): number {
  if (weight === 0) return 0
  if (canaryMoved === stableMoved) return canaryMoved ? 1 : weight
  return canaryMoved ? 0 : 1
}

const withErrors = (tally: Tally, errors: number): Tally => ({
  ...tally,
  requests: tally.requests + errors,
  errors: tally.errors + errors,
})

const sum = (deltas: readonly Delta[]): Tally =>
  deltas.reduce((all, { tally }) => plus(all, tally), noRequests)

/** A block for the tests: of the latency only what the baseline judges, in its order; none of it while pods warm up. */
export function blockOf({ canary, stable }: Sides, baseline: Baseline, warm: boolean): Block {
  const bounds = boundsOf(baseline)
  const side = ({ requests, errors, timed, within }: Tally): Side => ({
    requests,
    errors,
    timed: warm ? timed : 0,
    slow: baseline.latency.map(({ bound }) => (warm ? timed - (within[bounds.indexOf(bound)] ?? 0) : 0)),
  })
  return { canary: side(canary), stable: side(stable) }
}
