import { expect, test } from 'vitest'
import { failuresOf } from '../../local/test.ts'

const passed = { status: 'passed', fullName: 'adds', failureMessages: [] }

test('each failed test is told with the beginning of its message', () => {
  const message = ['AssertionError: expected 2 to be 3', ...Array.from({ length: 40 }, (_, i) => `at ${i}`)]
  const report = {
    testResults: [
      {
        name: '/slipway/test/sums.test.ts',
        message: '',
        assertionResults: [
          passed,
          { status: 'failed', fullName: 'sums subtracts', failureMessages: [message.join('\n')] },
        ],
      },
    ],
  }
  const [told, ...rest] = failuresOf(report)
  expect(told?.split('\n').slice(0, 2)).toEqual([
    '/slipway/test/sums.test.ts > sums subtracts',
    '    AssertionError: expected 2 to be 3',
  ])
  expect(told?.split('\n').length).toBeLessThan(15)
  expect(rest).toEqual([])
})

test('so is a file that could not be loaded; and of what passed, or was never reported, nothing', () => {
  const lost = { name: '/slipway/test/lost.test.ts', message: 'no such module', assertionResults: [] }
  const good = { name: '/slipway/test/good.test.ts', message: '', assertionResults: [passed] }
  expect(failuresOf({ testResults: [good, lost] })).toEqual([
    '/slipway/test/lost.test.ts\n    no such module',
  ])
  expect(failuresOf(undefined)).toEqual([])
})
