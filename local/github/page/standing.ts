// How a check or a deployment stands, in the five ways that a page shows.

export type Kind = 'success' | 'failure' | 'busy' | 'asks' | 'neutral'

/** The last one of each name. */
export const latest = <T>(all: readonly T[], nameOf: (one: T) => string): readonly T[] => [
  ...new Map(all.map((one) => [nameOf(one), one])).values(),
]

export function kindOf(state: string): Kind {
  if (state === 'success') return 'success'
  if (state === 'action_required') return 'asks'
  if (['failure', 'error', 'timed_out'].includes(state)) return 'failure'
  return ['queued', 'in_progress', 'pending'].includes(state) ? 'busy' : 'neutral'
}
