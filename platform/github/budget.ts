// What an installation may ask of GitHub, kept on our side: whoever goes over GitHub's limits again and again is locked out.

import { RateLimited } from '../../domain/failure.ts'
import { asked, type Request } from './exchange.ts'

export interface Budget {
  /** Takes what the request costs; throws `RateLimited` when that is not there. Never waits. */
  readonly spend: (request: Request) => void
  /** GitHub said itself how long nothing more may be asked. */
  readonly close: (milliseconds: number) => void
}

interface Limit {
  readonly most: number
  /** Milliseconds. */
  readonly within: number
  readonly cost: (request: Request) => number
}

const minute = 60_000
const creations = ({ method }: Request): number => (method === 'POST' ? 1 : 0)
const points = ({ method }: Request): number => (method === 'GET' ? 1 : 5)

/** As GitHub documents its secondary limits. */
export const installationLimits: readonly Limit[] = [
  { most: 80, within: minute, cost: creations },
  { most: 500, within: 60 * minute, cost: creations },
  { most: 900, within: minute, cost: points },
]
/** The App itself creates nothing but tokens. */
export const appLimits: readonly Limit[] = [{ most: 900, within: minute, cost: points }]

export function budget(now: () => number, limits: readonly Limit[]): Budget {
  const ledgers = limits.map((limit) => ({ limit, spent: [] as { at: number; cost: number }[] }))
  let closedUntil = 0

  const missing = (request: Request, at: number): number =>
    Math.max(closedUntil - at, ...ledgers.map(({ limit, spent }) => wait(limit, spent, request, at)))

  return {
    spend: (request) => {
      const at = now()
      for (const { limit, spent } of ledgers) forget(spent, at - limit.within)
      const after = missing(request, at)
      if (after > 0) throw new RateLimited(`GitHub was not asked ${asked(request)}: ${why}`, after)
      for (const { limit, spent } of ledgers) {
        const cost = limit.cost(request)
        if (cost > 0) spent.push({ at, cost })
      }
    },
    close: (milliseconds) => {
      closedUntil = Math.max(closedUntil, now() + milliseconds)
    },
  }
}

const why = 'the installation has used up what GitHub allows it for now'

function forget(spent: { at: number }[], until: number): void {
  const kept = spent.findIndex(({ at }) => at > until)
  spent.splice(0, kept === -1 ? spent.length : kept)
}

/** Until so much of what was spent is over that the request fits. */
function wait(limit: Limit, spent: readonly { at: number; cost: number }[], request: Request, at: number) {
  let over = spent.reduce((sum, { cost }) => sum + cost, limit.cost(request)) - limit.most
  if (limit.cost(request) === 0 || over <= 0) return 0
  for (const one of spent) {
    over -= one.cost
    if (over <= 0) return one.at + limit.within - at
  }
  return limit.within
}
