// What becomes of a history that is too long for an object.
import { expect, test } from 'vitest'
import type { ReleaseStatus, Transition } from '../../../domain/release.ts'
import { trimmed } from '../../../platform/report/trim.ts'
import { aJudging, anEvidence, aTest } from '../../contract/evidence.ts'
import { aStatus } from '../../contract/fixtures.ts'

const app = { namespace: 'default', name: 'shop' }
const room = 56 * 1024
const bytes = (status: ReleaseStatus) => Buffer.byteLength(JSON.stringify(status))
const mark = /^(\d+) transitions are left out here$/
const isMark = ({ message }: Transition) => mark.test(message)
const gone = (transitions: readonly Transition[]) =>
  transitions.reduce((sum, { message }) => sum + Number(mark.exec(message)?.[1] ?? 0), 0)

/** A decision of the judge: the weight moved, for these reasons. */
const decision = (at: number): Transition => ({
  at,
  phase: 'rolling-out',
  weight: at % 2 === 0 ? 200 : 500,
  message: `look ${at}: ${'the upper bound on the harm allows it, '.repeat(3)}`,
  evidence: anEvidence({ test: aTest({ harm: at + 0.123456789012345 }) }),
})
const remark = (at: number, weight: number): Transition => ({
  at,
  phase: 'rolling-out',
  weight,
  message: `no requests ${'.'.repeat(100)}`,
})
const judged = (transitions: readonly Transition[]) =>
  aStatus(app, 7, { judging: aJudging, evidence: anEvidence(), transitions })
const many = <T>(count: number, make: (at: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, at) => make(at))

test('sixty judged decisions lose nothing, not a digit', () => {
  const status = judged(many(60, decision))
  expect(bytes(status)).toBeLessThan(room)
  expect(trimmed(status)).toEqual(status)
})

test('of seventy, all stay with their numbers; only digits that nobody reads go', () => {
  const status = judged(many(70, decision))
  expect(bytes(status)).toBeGreaterThan(room)
  const { transitions, evidence, judging } = trimmed(status)
  expect(bytes(trimmed(status))).toBeLessThanOrEqual(room)
  expect(transitions).toHaveLength(70)
  expect(transitions.map(({ message, weight }) => ({ message, weight }))).toEqual(
    status.transitions.map(({ message, weight }) => ({ message, weight })),
  )
  for (const [at, transition] of transitions.entries()) {
    expect(transition.evidence?.test?.harm).toBeCloseTo(at + 0.123456789012345, 1)
    expect(transition.evidence?.canary).toEqual(status.transitions[at]?.evidence?.canary)
  }
  expect({ evidence, judging }).toEqual({ evidence: status.evidence, judging: status.judging })
})

test('what decided nothing goes before any decision does', () => {
  const transitions = many(50, decision).flatMap((one) => [
    one,
    ...many(10, (n) => remark(one.at * 100 + n, one.weight)),
  ])
  const status = judged(transitions)
  const { transitions: left } = trimmed(status)
  expect(bytes(trimmed(status))).toBeLessThanOrEqual(room)
  expect(left.filter(({ evidence }) => evidence)).toHaveLength(50)
  expect(left.filter((one) => !isMark(one)).length + gone(left)).toBe(transitions.length)
})

test('then numbers go from the middle, while every decision is still told', () => {
  const status = judged(many(150, decision))
  const { transitions } = trimmed(status)
  expect(bytes(trimmed(status))).toBeLessThanOrEqual(room)
  expect(transitions.map(({ message }) => message)).toEqual(status.transitions.map(({ message }) => message))
  const bare = transitions.flatMap(({ evidence }, at) => (evidence ? [] : [at]))
  expect(bare.length).toBeGreaterThan(0)
  expect(bare[0]).toBeGreaterThan(20)
  expect(bare.at(-1)).toBeLessThan(130)
})

test('at last the middle goes, and what is told says how much; told again, it is the same', () => {
  const status = judged(many(1000, decision))
  const { transitions } = trimmed(status)
  expect(bytes(trimmed(status))).toBeLessThanOrEqual(room)
  expect(transitions.at(0)).toMatchObject({ at: 0, message: status.transitions[0]?.message })
  expect(transitions.at(0)?.evidence).toBeDefined()
  expect(transitions.at(-1)).toMatchObject({ at: 999, message: status.transitions[999]?.message })
  expect(transitions.at(-1)?.evidence).toBeDefined()
  expect(transitions.filter(isMark)).toHaveLength(1)
  expect(transitions.length - 1 + gone(transitions)).toBe(1000)
  expect(trimmed({ ...status, transitions }).transitions).toEqual(transitions)
})

test('a history that goes on after it was cut is counted on', () => {
  const first = trimmed(judged(many(1000, decision))).transitions
  const grown = [...first, ...many(500, (at) => decision(1000 + at))]
  const { transitions } = trimmed(judged(grown))
  expect(transitions.filter((one) => !isMark(one)).length + gone(transitions)).toBe(1500)
})

test('one message of great length is cut', () => {
  const { message } = trimmed(aStatus(app, 7, { message: 'x'.repeat(9000) }))
  expect(message).toHaveLength(4000)
})

test('of a build that failed, its last transition too, the end of the log stays', () => {
  const log = Array.from({ length: 200 }, (_, line) => `#6 ${line} npm error 🚢 in a line of the log`)
  const head = 'cannot build shop-7 (3f2c1d0): step [2/3] RUN npm ci ended with exit code 7 (Dockerfile:2)'
  const message = [head, ...log].join('\n')
  const transitions = [{ at: 1, phase: 'done', weight: 0, message }] as const
  const short = trimmed(aStatus(app, 7, { message, transitions }))
  for (const told of [short.message, short.transitions[0]?.message ?? '']) {
    expect(told.length).toBeLessThanOrEqual(4000)
    const [first, second, ...rest] = told.split('\n')
    expect([first, second]).toEqual([head, '…'])
    expect(rest).toEqual(log.slice(-rest.length))
    expect(rest.length).toBeGreaterThan(80)
  }
})
