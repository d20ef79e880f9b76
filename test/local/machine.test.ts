// Refusals name what is missing and what to do about it.
import { expect, test } from 'vitest'
import { missingRights, missingTools } from '../../local/machine.ts'

test('root on Linux is what it takes', () => {
  expect(missingRights(0, 'linux', 'x64')).toEqual([])
  expect(missingRights(1000, 'linux', 'arm64').join()).toContain('sudo')
  expect(missingRights(0, 'darwin', 'arm64').join()).toContain('darwin is not supported')
  expect(missingRights(0, 'linux', 'ia32').join()).toContain('ia32 processors are not supported')
})

test('a missing tool is told with the package that has it', () => {
  const all = (name: string) => `/usr/bin/${name}`
  expect(missingTools(all)).toEqual([])
  expect(missingTools((name) => (name === 'ip' ? undefined : all(name)))).toEqual([
    'ip is missing: install iproute2',
  ])
})

test('a system without Debian’s packages is told so, and nothing else', () => {
  expect(missingTools(() => undefined)).toEqual([expect.stringContaining('Debian, or a system made from it')])
})
