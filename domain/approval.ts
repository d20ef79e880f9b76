// Whether somebody's approval counts at a gate. Pure: the workflow asks it before it answers, and again when it acts.
import type { ApprovalGate } from './gate.ts'
import { aliases, type People, personOf } from './people.ts'

/** What the gate must know of the release. */
export interface ApprovalFacts {
  readonly people: People
  /** Who pushed and who wrote the commit, as principals, as far as they are known. */
  readonly authors: readonly string[]
  /** The repository's host says who pushes, and has not of this commit: its author, whom anybody may name, is no answer. */
  readonly pusherMissing?: true
}

/** The same when somebody said who pushed. */
export const withPusher = ({ people, authors }: ApprovalFacts, pusher: string): ApprovalFacts => ({
  people,
  authors: [pusher, ...authors],
})

/** Who approved, each once: a person's name, or the principal that no name is known for. */
export type Approvals = readonly string[]

/** Why this principal's approval does not count; undefined when it does. */
export function refusal(
  gate: ApprovalGate,
  given: Approvals,
  principal: string,
  { people, authors, pusherMissing }: ApprovalFacts,
): string | undefined {
  const { name, approvers, approvals, notPusher } = gate
  if (approvers.length > 0 && !approvers.some((one) => is(one, principal))) {
    const who = approvers.map((one) => one.name).join(', ')
    return `${name} asks for ${approvals} of ${who}, and ${principal} is none of them`
  }
  if (given.includes(nameOf(people, principal)))
    return `${nameOf(people, principal)} has approved ${name} already`
  if (!notPusher) return undefined
  const known = aliases(people, principal).map((one) => one.toLowerCase())
  // Git writes an address as its author does.
  if (authors.some((author) => known.includes(author.toLowerCase())))
    return `${name} asks for four eyes, and ${principal} pushed or wrote this commit`
  if (pusherMissing)
    return `${name} asks for four eyes, and the repository’s host has not said who pushed this commit: let it send that push again, or push another commit`
  // A principal of one kind says nothing of a pusher of another: only the policy can tell that they are two people.
  if (authors.length === 0 || !authors.some((author) => isComparable(known, author)))
    return `${name} asks for four eyes, and the App’s policy does not say whether ${principal} is who pushed; add them to policy.people`
  return undefined
}

export const nameOf = (people: People, principal: string): string => personOf(people, principal) ?? principal

/** Whether the gate has all that it asks for. */
export const isApproved = ({ approvals }: ApprovalGate, given: Approvals): boolean =>
  given.length >= approvals

const is = ({ name, principals }: ApprovalGate['approvers'][number], principal: string): boolean =>
  name === principal || principals.includes(principal)

const isComparable = (known: readonly string[], author: string): boolean =>
  known.some((one) => kindOf(one) === kindOf(author))

const kindOf = (principal: string): string => principal.slice(0, principal.indexOf(':'))
