// Pods ask outside names of a resolver that they can reach, or of none.
import { expect, test } from 'vitest'
import { corefile } from '../../local/cluster/dns.ts'

test('a resolver in the network is asked', () => {
  expect(corefile('search lan\nnameserver 192.168.1.1\n')).toContain('forward . /etc/resolv.conf')
})

test('a resolver on the machine’s loopback is not: a pod would ask itself', () => {
  expect(corefile('nameserver 127.0.0.53\n')).not.toContain('forward')
  expect(corefile('')).not.toContain('forward')
})
