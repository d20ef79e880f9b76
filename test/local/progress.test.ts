// What a person sees: one line a stage, the cause of a failure once.
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createProgress, StageFailure, tail } from '../../local/progress.ts'

function screen(isTTY = false) {
  const written: string[] = []
  return { isTTY, columns: 80, write: (text: string) => written.push(text), text: () => written.join('') }
}

test('a stage is told once, with its time and its last note', async () => {
  const shown = screen()
  let clock = 0
  const progress = createProgress(shown, () => clock)
  const result = await progress.stage('The kubelet', async (note) => {
    note('looking')
    note('started')
    clock = 1_540
    return 7
  })
  progress.end()
  expect(result).toBe(7)
  expect(shown.text()).toBe('✓    1.5 s  The kubelet: started\n')
})

test('a failure shows its cause, the end of its log and what to do', async () => {
  const log = join(mkdtempSync(join(tmpdir(), 'slipway-progress-')), 'part.log')
  writeFileSync(log, Array.from({ length: 40 }, (_, line) => `line ${line + 1}`).join('\n'))
  const shown = screen()
  const progress = createProgress(shown, () => 0)
  const failing = progress.stage('etcd', () => Promise.reject(new Error('it ended')), log)
  await expect(failing).rejects.toBeInstanceOf(StageFailure)
  progress.end()
  expect(shown.text()).toContain('✗    0.0 s  etcd\n  it ended\n')
  expect(shown.text()).toContain(`the last lines of ${log}:\n  | line 26\n`)
  expect(shown.text()).toContain('run the same command again')
})

test('what fails because another stage failed is not told again', async () => {
  const shown = screen()
  const progress = createProgress(shown, () => 0)
  await progress.stage('first', () => Promise.reject(new Error('the cause'))).catch(() => {})
  await progress.stage('second', () => Promise.reject(new Error('ended with it'))).catch(() => {})
  progress.end()
  expect(shown.text()).toContain('the cause')
  expect(shown.text()).not.toContain('ended with it')
})

test('a terminal has its live lines cleared before a line stays', async () => {
  const shown = screen(true)
  const progress = createProgress(shown, () => 0)
  const long = progress.stage('long', () => new Promise((resolve) => setTimeout(resolve, 50)))
  await progress.stage('short', async () => {})
  await long
  progress.end()
  expect(shown.text()).toContain('✓    0.0 s  short\n…    0.0 s  long\n')
  expect(shown.text()).toContain('\u001b[1A\u001b[J✓    0.0 s  long\n')
})

test('the tail of a file that is not there is empty', () => {
  expect(tail('/nowhere/part.log')).toBe('')
})
