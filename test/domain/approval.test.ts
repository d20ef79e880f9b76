// Whose approval counts at a gate.
import { describe, expect, it } from 'vitest'
import { isApproved, nameOf, refusal, withPusher } from '../../domain/approval.ts'
import type { ApprovalGate } from '../../domain/gate.ts'

const gate: ApprovalGate = {
  kind: 'approval',
  name: 'before-50',
  before: 500,
  timeout: 1,
  otherwise: 'abort',
  approvers: [],
  approvals: 1,
  notPusher: false,
}
const people = {
  ana: ['user:ana@example.com', 'github:ana'],
  bo: ['user:bo@example.com', 'email:bo@example.com'],
}
const facts = { people, authors: ['github:ana'] }

describe('who may approve', () => {
  it('is whoever holds the verb, when the gate names nobody', () => {
    expect(refusal(gate, [], 'user:kim', facts)).toBeUndefined()
  })

  it('is whom the gate names, by any of their principals', () => {
    const named = { ...gate, approvers: [{ name: 'ana', principals: people.ana }] }
    expect(refusal(named, [], 'github:ana', facts)).toBeUndefined()
    expect(refusal(named, [], 'user:bo@example.com', facts)).toContain('asks for 1 of ana')
  })

  it('counts once, under whatever name they come', () => {
    const given = [nameOf(people, 'github:ana')]
    expect(refusal(gate, given, 'user:ana@example.com', facts)).toBe('ana has approved before-50 already')
    expect(isApproved({ ...gate, approvals: 2 }, given)).toBe(false)
    expect(isApproved(gate, given)).toBe(true)
  })
})

describe('four eyes', () => {
  const eyes = { ...gate, notPusher: true }

  it('are not the pusher’s, under another name either', () => {
    expect(refusal(eyes, [], 'github:ana', facts)).toContain('four eyes')
    expect(refusal(eyes, [], 'user:ana@example.com', facts)).toContain('pushed or wrote this commit')
  })

  it('are not the author’s, however they write their address', () => {
    const authors = ['email:Bo@Example.com']
    expect(refusal(eyes, [], 'user:bo@example.com', { people, authors })).toContain('wrote this commit')
  })

  it('are another person’s whom the policy knows by the same kind of name', () => {
    const authors = ['email:ana@example.com']
    expect(refusal(eyes, [], 'user:bo@example.com', { people, authors })).toBeUndefined()
  })

  it('are refused where nobody can tell two people apart', () => {
    expect(refusal(eyes, [], 'user:kim', facts)).toContain('add them to policy.people')
    expect(refusal(eyes, [], 'user:bo@example.com', { people, authors: [] })).toContain(
      'add them to policy.people',
    )
  })

  it('are nobody’s while a host that says who pushes has not, whoever the commit says wrote it', () => {
    const unsaid = { people, authors: ['email:ana@example.com'], pusherMissing: true } as const
    expect(refusal(eyes, [], 'user:bo@example.com', unsaid)).toContain('has not said who pushed')
    expect(refusal(eyes, [], 'github:ana', withPusher(unsaid, 'github:bo'))).toBeUndefined()
    expect(refusal(gate, [], 'user:bo@example.com', unsaid)).toBeUndefined()
  })
})
