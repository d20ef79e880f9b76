// What both judges' watches have in common: they go on while a gate is closed, and begin anew when something changes.
import type { Barred } from '../activities/bar.ts'
import type { Gates } from './gates.ts'

/** How a watch ends without a decision. */
export type Paused<State> =
  | { readonly kind: 'stalled'; readonly reason: string; readonly state: State }
  | { readonly kind: 'watching'; readonly state: State; readonly at?: number }

/** What was seen, and what the watch that saw it had begun with: another one can see it again from there. */
export interface FoundBy<State, Seen> {
  readonly seen: Seen
  readonly state: State
}

interface Watching<State, Seen> {
  /** One activity: it watches until it has seen something. */
  readonly look: (state: State) => Promise<Seen | Paused<State> | Barred<State>>
  /** Data is missing, or is back, or nothing was new for long. */
  readonly paused: (seen: Paused<State>) => Promise<void>
}

/**
 * Watches until there is something that the gates let pass, however long there is nothing to see. Undefined when a person promoted
 * the canary meanwhile.
 */
export async function watchUntilSeen<State, Seen extends { readonly kind: string }>(
  gates: Gates,
  begin: State,
  { look, paused }: Watching<State, Seen>,
): Promise<FoundBy<State, Seen> | undefined> {
  let state = begin
  let at = 0
  for (;;) {
    if (gates.promoted()) return undefined
    gates.tick(at)
    const seen = await gates.attend(() => look(state))
    if (!seen) continue
    if (isBarred(seen)) {
      gates.reach(seen)
      state = seen.state
      at = seen.at
      continue
    }
    if (!isPaused(seen)) {
      gates.leave()
      return { seen, state }
    }
    state = seen.state
    const time = seen.kind === 'watching' ? seen.at : undefined
    at = time ?? at
    if (!gates.wasCut(time)) await paused(seen)
  }
}

const isBarred = <State>(seen: { readonly kind: string } | Barred<State>): seen is Barred<State> =>
  seen.kind === 'barred'

const isPaused = <State>(seen: { readonly kind: string } | Paused<State>): seen is Paused<State> =>
  seen.kind === 'stalled' || seen.kind === 'watching'
