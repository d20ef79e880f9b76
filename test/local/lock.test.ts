// One command at a time on a machine, and a lock that was left behind hinders nobody.
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { withLock } from '../../local/lock.ts'

const lockFile = () => join(mkdtempSync(join(tmpdir(), 'slipway-lock-')), 'lock')

test('the second is refused, with who the first is, until the first is done', async () => {
  const file = lockFile()
  await withLock(
    'npm run up',
    async () => {
      const second = withLock('npm run down', async () => 'done', file)
      await expect(second).rejects.toThrow(`process ${process.pid}`)
      await expect(withLock('npm run down', async () => 'done', file)).rejects.toThrow('npm run up')
    },
    file,
  )
  expect(await withLock('npm run down', async () => 'done', file)).toBe('done')
})

test('a failure lets go of the lock', async () => {
  const file = lockFile()
  await expect(withLock('npm run up', () => Promise.reject(new Error('no disk')), file)).rejects.toThrow(
    'no disk',
  )
  expect(existsSync(file)).toBe(false)
})

test('the lock of a process that is gone, even if its id lives on, is taken over', async () => {
  const file = lockFile()
  writeFileSync(
    file,
    JSON.stringify({ pid: process.pid, startTime: '1', verb: 'npm run up', root: '/elsewhere' }),
  )
  expect(await withLock('npm run up', async () => 'done', file)).toBe('done')
})

test('a lock that cannot be read is taken over', async () => {
  const file = lockFile()
  writeFileSync(file, '')
  expect(await withLock('npm run up', async () => 'done', file)).toBe('done')
})
