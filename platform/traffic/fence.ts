// Whether a write of the route may happen: the decision that every traffic driver takes between its read and its write.
import { appKey } from '../../domain/app.ts'
import { PermanentFailure } from '../../domain/failure.ts'
import { compareEpochs, formatEpoch, type RouteState, sameWeights, type Weight } from '../../domain/route.ts'
import type { RouteWrite } from '../platform.ts'

/** `done` when the route says it already, and nobody has changed it since. Fails `Fenced` when something newer wrote it, `Invalid` when the weights are no route. */
export function decide(route: RouteState | undefined, write: RouteWrite): 'write' | 'done' {
  refuseImpossible(write)
  if (!route) return 'write'
  const order = compareEpochs(write.epoch, route.epoch)
  if (order > 0) return 'write'
  const { weights } = route.drift?.written ?? route
  if (order === 0 && sameWeights(write.weights, weights)) return route.drift ? 'write' : 'done'
  const [ours, theirs] = [formatEpoch(write.epoch), formatEpoch(route.epoch)]
  throw new PermanentFailure(
    'Fenced',
    `traffic of ${appKey(write.app)} stays as it is: it was written at epoch ${theirs}, this write carries ${ours}`,
    // By hand: who was fenced out tells people why.
    route.note === undefined ? {} : { detail: route.note },
  )
}

/** What Gateway API allows in one rule, and of rules in one route. */
const most = 16

function refuseImpossible({ app, weights, direct = [] }: RouteWrite): void {
  const refuse = (why: string) => {
    throw new PermanentFailure(
      'Invalid',
      `cannot set traffic of ${appKey(app)} to ${shares(weights)}: ${why}`,
    )
  }
  if (weights.some(({ weight }) => !Number.isInteger(weight) || weight < 0))
    refuse('a weight is no integer ≥ 0')
  if (weights.reduce((sum, { weight }) => sum + weight, 0) !== 1000) refuse('the weights must sum to 1000')
  if (new Set(weights.map(({ revision }) => revision)).size < weights.length)
    refuse('a revision is named twice')
  if (weights.length > most || direct.length > most) refuse(`a route holds at most ${most} revisions`)
}

/** `shop-3f2c1d0-9a1b 950, shop-77aa001-0c2d 50`. */
const shares = (weights: readonly Weight[]): string =>
  weights.map(({ revision, weight }) => `${revision} ${weight}`).join(', ') || 'nothing'
