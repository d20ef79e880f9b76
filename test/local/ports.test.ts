// Reads the kernel's table of listeners, and finds a real one.
import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { occupant, parseTable } from '../../local/ports.ts'

const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 51034 1 0000 100 0 0 10 0
   1: 0100F40A:1388 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 45093 1 0000 100 0 0 10 0
   2: 0100007F:1F90 0100007F:D2F4 01 00000000:00000000 00:00000000 00000000     0        0 62011 1 0000 20 4 30 10 -1
   3: 00000000:07E8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 7 1 0000 100 0 0 10 0`

test('listeners are read with their address, connections are not', () => {
  expect(parseTable(table)).toEqual([
    { address: '127.0.0.1', port: 8080, inode: '51034' },
    { address: '10.244.0.1', port: 5000, inode: '45093' },
    { address: 'any', port: 2024, inode: '7' },
  ])
})

test('an IPv6 socket on all addresses stands in the way of IPv4 too', () => {
  const all = `header\n 0: ${'0'.repeat(32)}:0050 ${'0'.repeat(32)}:0000 0A 0 0 0 0 0 99`
  const mapped = `header\n 0: 0000000000000000FFFF00000100007F:0050 ${'0'.repeat(32)}:0000 0A 0 0 0 0 0 99`
  expect(parseTable(all)[0]?.address).toBe('any')
  expect(parseTable(mapped)[0]?.address).toBe('127.0.0.1')
})

test('the process that holds a port is named; a free port has none', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  expect(occupant('127.0.0.1', port)).toContain(`process ${process.pid} (`)
  expect(occupant('127.0.0.9', port)).toBeUndefined()
  await new Promise((resolve) => server.close(resolve))
  expect(occupant('127.0.0.1', port)).toBeUndefined()
})
