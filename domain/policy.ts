// What the cluster allows a push to ask for. It stands on the App object: a push may only tighten it.
import type { z } from 'zod'
import { inGates } from './contradictions/gates.ts'
import { inWindows } from './contradictions/windows.ts'
import type { Gate, Windows } from './gate.ts'
import { gatesOf, personIn } from './gates.ts'
import type { People } from './people.ts'
import type { PolicyAnalysis } from './policy-analysis.ts'
import { PolicySpec } from './policy-spec.ts'
import type { ReleaseSpec } from './release-spec.ts'
import { expectedOf, keysOf, schemaAt } from './schema-tree.ts'
import { nearest } from './spelling.ts'
import { windowsOf } from './windows.ts'

/** Parsed: thousandths, fractions, milliseconds. What is absent allows everything. */
export interface Policy {
  /** Why it cannot be read. Then no push is accepted: it would be bound by nothing. */
  readonly unreadable?: string
  /** Host names, and patterns like `*.example.com`. */
  readonly hosts?: readonly string[]
  readonly secrets?: readonly string[]
  readonly config?: readonly string[]
  /** Whom hooks may ask: host names, and patterns like `*.example.com`. */
  readonly hooks?: readonly string[]
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
  /** The shortest, in milliseconds. */
  readonly bake?: number
  /** The loosest that a file may choose. */
  readonly onFailure?: NonNullable<ReleaseSpec['onFailure']>
  readonly onNoTraffic?: ReleaseSpec['onNoTraffic']
  readonly analysis?: PolicyAnalysis
  /** They hold beside the file's own. */
  readonly windows?: Windows
  readonly people?: People
  /** What a branch that was moved to a commit that does not have the stable one in its history leads to: `release` when absent. */
  readonly forcePush?: 'release' | 'refuse'
}

/** The policy of an App, as it is written there. Never throws: one that cannot be read refuses pushes, and hinders no rollback. */
export function readPolicy(written: unknown): Policy {
  if (written === undefined || written === null) return {}
  const { data, error } = PolicySpec.safeParse(written)
  const problems = data ? mistakes(data) : (error?.issues ?? []).map(problemOf)
  if (data && problems.length === 0) return policyOf(data)
  return { unreadable: problems.slice(0, 5).join('; ') }
}

function policyOf({ gates, windows, ...rest }: PolicySpec): Policy {
  const { people, approvers } = rest
  const whom = { ...(people && { people }), ...(approvers && { otherwise: approvers }) }
  return {
    ...rest,
    ...(gates && { gates: gatesOf(gates, whom) }),
    ...(windows && { windows: windowsOf(windows) }),
  }
}

function problemOf({ code, path, ...issue }: z.core.$ZodIssue): string {
  const here = path.join('.')
  if (code === 'unrecognized_keys') {
    const [key = ''] = (issue as { keys?: readonly string[] }).keys ?? []
    const meant = nearest(key, keysOf(schemaAt(PolicySpec, path)))
    return `${[...path, key].join('.')} is not known${meant ? `; did you mean "${meant}"?` : ''}`
  }
  return `${here || 'policy'} must be ${expectedOf(schemaAt(PolicySpec, path))}`
}

/** What no key can know by itself. */
function mistakes({ people, approvers = [], gates = [], windows, minApprovals = 0 }: PolicySpec): string[] {
  const named = [...approvers, ...gates.flatMap((gate) => gate.approvers ?? [])]
  const strangers = people ? named.filter((name) => personIn(people, name) === undefined) : []
  const principals = Object.values(people ?? {}).flat()
  const shared = principals.filter((principal, i) => principals.indexOf(principal) < i)
  return [
    ...inGates(gates, 1000).map(({ reason }) => `gates: ${reason}`),
    ...inWindows(windows).map(({ reason }) => `windows: ${reason}`),
    ...strangers.map((name) => `${name} is named and is not in people; add them there`),
    ...shared.map((principal) => `people: ${principal} is two people`),
    ...(approvers.length > 0 && minApprovals > approvers.length
      ? [`minApprovals ${minApprovals} is more than there are approvers`]
      : []),
  ]
}
