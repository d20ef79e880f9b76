import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { kinds } from '../../platform/kinds.ts'
import { kubernetes } from '../../platform/kubernetes.ts'
import { httpServer, sendJson } from './http-server.ts'

const folder = mkdtempSync(join(tmpdir(), 'connections-'))
const [authority, token] = [join(folder, 'ca.crt'), join(folder, 'token')]

const opened: { close: () => Promise<void> }[] = []
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close()
})

/** An account as a pod has it: its certificates and its token are files that are renewed. */
async function account() {
  writeFileSync(authority, 'first')
  writeFileSync(token, 't0ken')
  const server = await httpServer((_, response) => sendJson(response, 200, { metadata: { name: 'shop' } }))
  opened.push(server)
  const cluster = { server: server.url, 'insecure-skip-tls-verify': true, 'certificate-authority': authority }
  const config = {
    clusters: [{ name: 'c', cluster }],
    users: [{ name: 'u', user: { 'auth-provider': { name: 'tokenFile', config: { tokenFile: token } } } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  }
  const kubeconfig = join(folder, 'kubeconfig')
  writeFileSync(kubeconfig, JSON.stringify(config))
  const { get } = kubernetes({ kubeconfig })
  return { server, ask: () => get(kinds.Deployment, 'default', 'shop') }
}

/** The next call may come a moment before the last one's connection is free again: as many again as there are calls at once. */

test('calls that follow each other share a connection', async () => {
  const { server, ask } = await account()
  for (let call = 0; call < 50; call += 1) await ask()
  expect(server.asked).toHaveLength(50)
  expect(server.connections()).toBeLessThanOrEqual(2)
})

test('calls at the same time do not wait for each other', async () => {
  const { server, ask } = await account()
  for (let round = 0; round < 10; round += 1) await Promise.all([ask(), ask(), ask()])
  expect(server.connections()).toBeGreaterThanOrEqual(3)
  expect(server.connections()).toBeLessThanOrEqual(6)
})

test('renewed certificates are used from the next call on', async () => {
  const { server, ask } = await account()
  for (let call = 0; call < 10; call += 1) await ask()
  const before = server.connections()
  writeFileSync(authority, 'second')
  await ask()
  expect(server.connections()).toBe(before + 1)
  for (let call = 0; call < 10; call += 1) await ask()
  expect(server.connections()).toBeLessThanOrEqual(before + 2)
})
