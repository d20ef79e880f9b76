// Logs are shown to people: short, without secrets, without what could drive their terminal.
import { describe, expect, it } from 'vitest'
import { tail } from '../../../platform/build/log.ts'

describe('tail', () => {
  it('keeps the last lines', () => {
    expect(tail('a\nb\nc\n', { lines: 2 })).toBe('b\nc')
    expect(tail('', { lines: 2 })).toBe('')
  })

  it('keeps at most so many bytes, whole characters of them', () => {
    const long = Array.from({ length: 1000 }, () => 'ü'.repeat(100)).join('\n')
    const short = tail(long, { lines: 1000, bytes: 1001 })
    expect(Buffer.byteLength(short)).toBeLessThanOrEqual(1001)
    expect(short).not.toContain('\ufffd')
    expect(tail('x'.repeat(100_000), { lines: 1 }).length).toBe(501)
  })

  it('hides a secret as it is and as it travels', () => {
    const secret = 'tok/en+1234567890=='
    const forms = [secret, Buffer.from(secret).toString('base64'), encodeURIComponent(secret)]
    const shown = tail(forms.join('\n'), { lines: 3, secrets: [secret, ''] })
    expect(shown.split('\n').map((line) => line.replace(/=+$/, ''))).toEqual(['***', '***', '***'])
  })

  it('hides a token that another worker made, whatever follows its prefix', () => {
    const token = ['ghs', `_424242_${'eyJhbGciOiJSUzI1NiJ9.'.repeat(3)}x-y`].join('')
    expect(tail(`fatal: ${token} refused`, { lines: 1 })).toBe('fatal: *** refused')
    expect(tail('enough_ghosts', { lines: 1 })).toBe('enough_ghosts')
  })

  it('drops what would drive a terminal', () => {
    expect(tail('\u001b[31mred\u001b[0m \u001b]0;title\u0007x\u0000\r\ny', { lines: 9 })).toBe('red x\ny')
  })
})
