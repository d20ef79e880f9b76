// The listener before senders that do not play by the rules, and when it is asked to stop.

import { spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { createConnection, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { declaredApps } from '../../api/apps.ts'
import { type Listening, listen } from '../../api/listen.ts'
import { prometheusMetrics } from '../../api/metrics.ts'
import { server } from '../../api/server.ts'
import { githubWebhook } from '../../api/webhooks.ts'
import { kinds } from '../../platform/kinds.ts'
import { secret } from './corpus/webhooks.ts'
import { commit, folder, git, memoryCluster, memorySources, remote, silent, workTree } from './support.ts'

const trash: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const remove of trash.splice(0).reverse()) await remove()
})

async function api(more: Parameters<typeof server>[0]['routes'] = []) {
  const cluster = memoryCluster()
  const metrics = prometheusMetrics()
  const answer = githubWebhook({
    secrets: [secret],
    apps: declaredApps(cluster.kubernetes, kinds.App, cluster.watched(kinds.App)),
    ready: () => true,
    sources: memorySources().sources,
    metrics,
    log: silent,
    bodyWithin: 300,
  })
  const routes = [
    { methods: ['POST'], path: '/webhooks/github', access: 'signature', answer },
    ...more,
  ] as const
  const listening: Listening = await listen(server({ routes, metrics, log: silent }).fetch, [
    { host: '127.0.0.1', port: 0 },
  ])
  trash.push(() => listening.drain(100))
  return { listening, port: (listening.addresses[0] as { port: number }).port }
}

/** A connection that has sent this much of a request, and everything that came back until it was closed. */
function connect(port: number, ...head: string[]): { socket: Socket; closed: Promise<string> } {
  const socket = createConnection(port, '127.0.0.1')
  let reply = ''
  socket.setEncoding('latin1').on('data', (text) => {
    reply += text
  })
  const closed = new Promise<string>((resolve) => socket.on('close', () => resolve(reply)))
  socket.on('error', () => undefined)
  socket.write(['POST /webhooks/github HTTP/1.1', 'Host: api', ...head, '', ''].join('\r\n'))
  return { socket, closed }
}
const json = 'Content-Type: application/json'

test('11 a body announced with 2 GiB is refused before any of it is read', async () => {
  const { port } = await api()
  const { closed } = connect(port, json, 'Content-Length: 2147483648')
  expect(await closed).toMatch(/^HTTP\/1\.1 413 .*connection: close.*"code":"body-too-large"/is)
})

test('12 an endless body is cut off after little more than its cap', async () => {
  const { port } = await api()
  const { socket, closed } = connect(port, json, 'Transfer-Encoding: chunked')
  const chunk = `10000\r\n${'a'.repeat(65_536)}\r\n`
  let ended = false
  const reply = closed.finally(() => {
    ended = true
  })
  const pump = () => {
    while (!ended && socket.write(chunk));
    if (!ended) socket.once('drain', pump)
  }
  pump()
  expect(await reply).toMatch(/^HTTP\/1\.1 413 /)
  expect(socket.bytesWritten).toBeLessThan(64 * 1_048_576)
})

test('14 a body that drips is not waited for', async () => {
  const { port } = await api()
  const { socket, closed } = connect(port, json, 'Content-Length: 1000')
  const drip = setInterval(() => socket.write('a'), 20)
  expect(await closed).toMatch(/^HTTP\/1\.1 408 .*"code":"body-too-slow"/s)
  clearInterval(drip)
})

test('a thousand who connect while it is busy wait for it, and need not try again', async () => {
  const { port } = await api()
  // While this waits for the other process it accepts nothing.
  const { stdout } = spawnSync(process.execPath, ['--eval', connecting, String(port)], { timeout: 20_000 })
  expect(Number(stdout)).toBe(1_000)
})

/** Says how many of a thousand connections stand once all do, or after five seconds: nobody accepts any, so who was turned away stays it. */
const connecting = `
  const net = require('node:net')
  let standing = 0
  const end = () => process.stdout.write(String(standing), () => process.exit())
  for (let one = 0; one < 1000; one += 1)
    net.connect(Number(process.argv[1]), '127.0.0.1', () => { if ((standing += 1) === 1000) end() }).on('error', () => {})
  setTimeout(end, 5000)
`

test('a sender that goes away in the middle leaves no trace', async () => {
  const { port } = await api()
  const { socket, closed } = connect(port, json, 'Content-Length: 1000')
  socket.write('{"a":')
  socket.destroy()
  await closed
  const reply = await fetch(`http://127.0.0.1:${port}/webhooks/github`, { method: 'GET' })
  expect(reply.status).toBe(405)
})

test.each([
  ['no request at all', '\0\r\n\r\n'],
  ['a header without end', `POST / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}`],
  [
    'two lengths',
    'POST /webhooks/github HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na',
  ],
  [
    'a length and chunks',
    'POST /webhooks/github HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
])('%s is refused by the protocol', async (_, text) => {
  const { port } = await api()
  const socket = createConnection(port, '127.0.0.1')
  let reply = ''
  socket.on('data', (data) => {
    reply += data
  })
  socket.on('error', () => undefined)
  socket.write(text)
  await new Promise((resolve) => socket.on('close', resolve))
  expect(reply).toMatch(/^HTTP\/1\.1 4\d\d /)
})

test('asked to stop, it ends what is under way and takes nothing new', async () => {
  let open: () => void = () => undefined
  const held = new Promise<void>((resolve) => {
    open = resolve
  })
  const answer = () => held.then(() => new Response('done'))
  const { listening, port } = await api([{ methods: ['GET'], path: '/held', access: 'anyone', answer }])
  const under = fetch(`http://127.0.0.1:${port}/held`)
  await new Promise((resolve) => setTimeout(resolve, 50))
  const drained = listening.drain(5_000)
  await expect(fetch(`http://127.0.0.1:${port}/held`)).rejects.toThrow()
  open()
  expect(await (await under).text()).toBe('done')
  await drained
})

test('a port that is taken is named', async () => {
  const { port } = await api()
  const fetch = () => new Response()
  await expect(listen(fetch, [{ host: '127.0.0.1', port }])).rejects.toThrow(
    `127.0.0.1:${port} (SLIPWAY_LISTEN)`,
  )
})

test('a client that disconnects ends the git that served it', async () => {
  const served = await remote()
  trash.push(served.close)
  const tree = await workTree()
  const into = await folder()
  trash.push(tree.remove, into.remove)
  await writeFile(join(tree.path, 'large'), randomBytes(24 * 1_048_576))
  await commit(tree.path, 'large')
  expect(await git(tree.path, 'push', '-q', served.url('large'), 'main')).toMatchObject({ code: 0 })

  const clone = spawn('git', ['clone', '-q', served.url('large'), 'gone'], {
    cwd: into.path,
    stdio: 'ignore',
  })
  await vi.waitFor(async () => expect(await gitsOf(served.root)).not.toEqual([]), {
    timeout: 5_000,
    interval: 5,
  })
  clone.kill('SIGKILL')
  await vi.waitFor(async () => expect(await gitsOf(served.root)).toEqual([]), { timeout: 10_000 })
}, 60_000)

/** The processes that serve this git root. */
async function gitsOf(root: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const serving = await Promise.all(
    pids.map(async (pid) => {
      const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')
      return environment.includes(`GIT_PROJECT_ROOT=${root}`)
    }),
  )
  return pids.filter((_, index) => serving[index])
}
