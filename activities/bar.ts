// What keeps a canary's weight from rising while it is watched: gates, a pause, a window that is closed at this moment.
import type { GatePoint, Opening, Windows } from '../domain/gate.ts'
import { openingAt } from '../domain/windows.ts'

export interface Bar {
  /** Thousandths that it may hold at most, and it may not be promoted; absent: no gate is in its way. */
  readonly atMost?: number
  /** The weight rises only while they are open. */
  readonly windows?: readonly Windows[]
  /** The workflow knows already that the canary wants more than it may have. */
  readonly told: boolean
  /** When the workflow wants to be asked again whatever has been seen, in milliseconds since the epoch. */
  readonly wakeAt?: number
}

/** How a watch ends when the evidence would let the canary go on, and something does not. */
export interface Barred<State> {
  readonly kind: 'barred'
  /** What it would have. */
  readonly wants: GatePoint
  /** Why the window is closed, when it is. */
  readonly closed?: Extract<Opening, { open: false }>
  readonly state: State
  /** Milliseconds since the epoch. */
  readonly at: number
}

export const openingOf = (bar: Bar | undefined, now: number): Opening =>
  bar?.windows ? openingAt(bar.windows, now) : { open: true }

export const isWakeTime = (bar: Bar | undefined, now: number): boolean =>
  bar?.wakeAt !== undefined && now >= bar.wakeAt
