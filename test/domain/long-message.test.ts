// What stays of a message for which there is not room enough.
import { expect, it } from 'vitest'
import { shortened } from '../../domain/long-message.ts'
import { describeProblems } from '../../domain/manifest.ts'

const problem = (line: number) => ({ line, column: 3, path: 'spec.run', reason: 'no '.repeat(20) })
const problems = (count: number) =>
  describeProblems(Array.from({ length: count }, (_, at) => problem(at + 1)))

it('leaves alone what there is room for', () => {
  for (const message of ['', 'x'.repeat(500), problems(5)]) expect(shortened(message, 500)).toBe(message)
})

it.each([12, 40, 57])(
  'tells the first of %i problems in whole lines, and how many it does not tell',
  (count) => {
    const message = problems(count)
    const short = shortened(message, 500)
    expect(short.length).toBeLessThanOrEqual(500)
    const lines = short.split('\n')
    const told = lines.slice(0, -1)
    expect(told).toEqual(message.split('\n').slice(0, told.length))
    expect(told.length).toBeGreaterThan(4)
    expect(lines.at(-1)).toBe(`… and ${count - (told.length - 1)} more`)
  },
)

it('tells the first line of anything else, and its last lines', () => {
  const log = Array.from({ length: 100 }, (_, line) => `line ${line} of the log`)
  const lines = shortened(['cannot build', ...log].join('\n'), 500).split('\n')
  expect(lines.slice(0, 2)).toEqual(['cannot build', '…'])
  expect(lines.slice(2)).toEqual(log.slice(2 - lines.length))
})

it('breaks a line only where it must', () => {
  expect(shortened('x'.repeat(900), 500)).toBe(`${'x'.repeat(499)}…`)
  expect(shortened(`no\n${'x'.repeat(900)}`, 500)).toBe(`no\n…\n${'x'.repeat(495)}`)
  expect(shortened(`${'x'.repeat(498)}\nlog\nlog`, 500)).toBe(`${'x'.repeat(498)}\n…`)
})

it('leaves no half of a letter', () => {
  const ships = '🚢'.repeat(500)
  for (const message of [ships, ` ${ships}`, `no\n${ships}`, `no\n${ships}\n`, `2 problems\n${ships}`])
    for (const room of [499, 500]) {
      const short = shortened(message, room)
      expect(short.length).toBeLessThanOrEqual(room)
      expect(short).not.toMatch(/\p{Surrogate}/u)
    }
})
