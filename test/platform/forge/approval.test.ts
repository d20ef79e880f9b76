import { expect, test } from 'vitest'
import { approvalRun } from '../../../platform/forge/approval.ts'
import { waiting } from './status.ts'

test('who looks at the question sees why an approval did not count', () => {
  const asked = waiting(7)
  if (!asked.waiting) throw new Error('it does not wait')
  const why = 'before-50 asks for four eyes, and github:ana pushed or wrote this commit'
  const run = approvalRun({ ...asked, waiting: { ...asked.waiting, turnedAway: [why] } }, 'before-50')
  expect(run).toMatchObject({ conclusion: 'action_required' })
  expect(run?.output.summary.split('\n\n')).toContain(`Did not count: ${why}.`)
  expect(approvalRun(asked, 'before-50')?.output.summary).not.toContain('Did not count')
})
