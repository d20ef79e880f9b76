// Processes are known by id and start time; programs that fail tell why.
import { existsSync, mkdtempSync, readFileSync } from 'node:fs'
import { getPriority, tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ask, isAlive, prefer, run, startDetached, startTimeOf, stop } from '../../local/process.ts'

const folder = mkdtempSync(join(tmpdir(), 'slipway-process-'))

test('a process that was started lives until it is stopped', async () => {
  const id = startDetached(['sleep', '60'], { log: join(folder, 'sleep.log') })
  expect(isAlive(id)).toBe(true)
  await stop(id)
  expect(isAlive(id)).toBe(false)
})

test('a process that others wait for has the larger share of a busy machine', async () => {
  const id = startDetached(['sleep', '60'], { log: join(folder, 'urgent.log') })
  prefer(id)
  expect(getPriority(id.pid)).toBe(-10)
  const group = `/proc/${id.pid}/autogroup`
  // Only some kernels have such groups.
  expect(existsSync(group) ? readFileSync(group, 'utf8') : 'nice -10').toContain('nice -10')
  await stop(id)
  prefer(id)
})

test('another process with the same id is not the one that was recorded', () => {
  const own = { pid: process.pid, startTime: startTimeOf(process.pid) ?? '' }
  expect(isAlive(own)).toBe(true)
  expect(isAlive({ ...own, startTime: '1' })).toBe(false)
})

test('stopping what is not ours any more touches nobody', async () => {
  await stop({ pid: process.pid, startTime: '1' })
  expect(startTimeOf(process.pid)).toBeDefined()
})

test('a process that does not listen is killed', async () => {
  const log = join(folder, 'deaf.log')
  const id = startDetached(['sh', '-c', "trap '' TERM; echo deaf; while :; do sleep 0.1; done"], { log })
  while (!readFileSync(log, 'utf8').includes('deaf')) await new Promise((resolve) => setTimeout(resolve, 10))
  await stop(id, 200)
  expect(isAlive(id)).toBe(false)
})

test('a program that cannot be started is named', () => {
  expect(() => startDetached(['/nowhere/program'], { log: join(folder, 'x.log') })).toThrow(
    '/nowhere/program',
  )
})

test('a failing program is told with its code and its words', async () => {
  await expect(run(['sh', '-c', 'echo no such thing >&2; exit 3'])).rejects.toThrow(
    /ended with 3:\nno such thing/,
  )
  expect(await ask(['sh', '-c', 'exit 1'])).toBeUndefined()
  expect(await ask(['/nowhere/program'])).toBeUndefined()
})

test('what is started never sees a kubeconfig of the caller', async () => {
  process.env.KUBECONFIG = '/home/someone/.kube/config'
  const { stdout } = await run(['sh', '-c', 'echo "[$KUBECONFIG]"'])
  delete process.env.KUBECONFIG
  expect(stdout.trim()).toBe('[]')
})
