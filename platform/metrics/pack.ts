// What one kind of gateway counts, and how to tell it. Another gateway is another pack.
import type { AppRef } from '../../domain/app.ts'

export interface CounterPack {
  /** The names of the revisions' counters: requests by code, and latency buckets. */
  readonly requests: string
  readonly buckets: string
  /** A pattern of those names and of the same counters of routes. */
  readonly counters: string
  /** A series that every gateway has from its start, whether or not anyone visits: its samples say when the gateway was read. */
  readonly heartbeat: string
  /** The label matcher that finds all of the App's series, and those that have no such label: the heartbeat. */
  readonly ofApp: (app: AppRef) => string
  /** The label matcher that finds the series of these revisions alone. */
  readonly ofRevisions: (app: AppRef, revisions: readonly string[]) => string
  /** The label that tells one revision's counters from another's. */
  readonly label: string
  /** What one series counts; undefined when it is nothing of the App's. */
  readonly read: (labels: Labels, app: AppRef) => Meaning | undefined
}

export interface Meaning {
  /** `answers` are those that are no errors, `within` those that took no longer than the bound in the label `le`. */
  readonly counter: 'answers' | 'errors' | 'within'
  /** '' = the whole route. */
  readonly revision: string
  /** What tells this counter from another of the same revision at the same proxy, when there may be several in turn. */
  readonly source: string
}

export type Labels = Readonly<Record<string, string | undefined>>
