// The gates of a plan: what people wrote, with its defaults, its names and its order.
import type { ApprovalGate, Approver, Gate, GatePoint, HookGate } from './gate.ts'
import type { GateSpec } from './gate-spec.ts'
import { type People, personOf } from './people.ts'

const day = 86_400_000

/** How long a gate may stay closed, in milliseconds. */
export const timeoutOf = ({ timeout, hook }: GateSpec): number => timeout ?? (hook ? 600_000 : day)

/** Who is meant where gates name people. */
export interface Approvers {
  /** Absent: names are those of the cluster's users. */
  readonly people?: People
  /** Who may approve where a gate names nobody; whoever holds the verb when absent. */
  readonly otherwise?: readonly string[]
}

/** Gates as the plan holds them, in the order in which they are reached, each with a name of its own. */
export const gatesOf = (written: readonly GateSpec[], approvers: Approvers): readonly Gate[] =>
  inOrder(written.map((gate) => (gate.hook ? hookGate(gate, gate.hook) : approvalGate(gate, approvers))))

/** The same for gates that come from several places. */
export function inOrder(gates: readonly Gate[]): readonly Gate[] {
  const sorted = [...gates].sort((a, b) => rank(a.before) - rank(b.before) || a.kind.localeCompare(b.kind))
  return sorted.map((gate, i) => {
    const same = sorted.slice(0, i).filter(({ before }) => before === gate.before).length
    return { ...gate, name: `${nameOf(gate.before)}${same === 0 ? '' : `-${same + 1}`}` }
  })
}

const rank = (before: GatePoint): number => (before === 'promotion' ? 1001 : before)

const nameOf = (before: GatePoint): string =>
  before === 'promotion' ? 'before-promotion' : `before-${before / 10}`

function approvalGate(gate: GateSpec, { people, otherwise = [] }: Approvers): ApprovalGate {
  const { before, approvers = [], approvals = 1, notPusher = false, remind, otherwise: outcome } = gate
  const named = approvers.length > 0 ? approvers : otherwise
  return {
    kind: 'approval',
    name: nameOf(before),
    before,
    timeout: timeoutOf(gate),
    otherwise: outcome,
    approvers: distinct(named.map((name) => approver(name, people))),
    approvals,
    notPusher,
    ...(remind !== undefined && { remind }),
  }
}

function hookGate(gate: GateSpec, { url, command = [], retries }: NonNullable<GateSpec['hook']>): HookGate {
  return {
    kind: 'hook',
    name: nameOf(gate.before),
    before: gate.before,
    timeout: timeoutOf(gate),
    otherwise: gate.otherwise,
    hook: url === undefined ? { command } : { url },
    retries,
  }
}

/** Who is meant by `ana`, `user:ana@example.com` or `github:ana`. Without a policy's people a bare name is a user of the cluster. */
export function approver(name: string, people: People | undefined): Approver {
  const known = people && personIn(people, name)
  if (known !== undefined) return { name: known, principals: people?.[known] ?? [] }
  return { name, principals: [name.includes(':') ? name : `user:${name}`] }
}

/** The person that the policy knows by this name or principal. */
export const personIn = (people: People, name: string): string | undefined =>
  Object.hasOwn(people, name) ? name : personOf(people, name)

/** The same person is one, under whatever names. */
export const distinct = (approvers: readonly Approver[]): readonly Approver[] =>
  approvers.filter((one, i) => approvers.findIndex((other) => isSame(one, other)) === i)

export const isSame = (one: Approver, other: Approver): boolean =>
  one.principals.some((principal) => other.principals.includes(principal))
