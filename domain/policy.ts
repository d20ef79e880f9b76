// What the cluster allows a push to ask for. It stands on the App object: a push may only tighten it.
import type { Gate, Windows } from './gate.ts'
import type { People } from './people.ts'

/** Parsed: thousandths, fractions, milliseconds. What is absent allows everything. */
export interface Policy {
  /** Why it cannot be read. Then no push is accepted: it would be bound by nothing. */
  readonly unreadable?: string
  /** Host names, and patterns like `*.example.com`. */
  readonly hosts?: readonly string[]
  readonly secrets?: readonly string[]
  readonly config?: readonly string[]
  readonly strategies?: readonly string[]
  /** Approvals that some gate of each release must ask for. */
  readonly minApprovals?: number
  /** Whom gates may name; also whose approval counts where a gate names nobody. */
  readonly approvers?: readonly string[]
  /** Gates that every release has beside its own. */
  readonly gates?: readonly Gate[]
  /** Thousandths. */
  readonly maxFirstWeight?: number
  readonly maxReplicas?: number
  /** The least that objectives must ask for. */
  readonly objectives?: {
    readonly success?: number
    readonly latency?: { readonly below: number; readonly share: number }
  }
  /** They hold beside the file's own. */
  readonly windows?: Windows
  readonly people?: People
  /** What a branch that was moved to a commit that does not have the stable one in its history leads to: `release` when absent. */
  readonly forcePush?: 'release' | 'refuse'
}
